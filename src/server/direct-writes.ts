/**
 * Writes past the page cache (O_DIRECT). The cache takes new memory for whatever is written, which
 * costs more processor time than all else about a large batch of the log; that batch is not read
 * again before the next start.
 *
 * The system wants whole blocks of the file, from memory that lies on a block's boundary. Only
 * WebAssembly gives such memory to a program in JavaScript.
 */
import { closeSync, constants, openSync, write } from "node:fs";
import { promisify } from "node:util";

declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
};

const writeAsync = promisify(write);

/** No smaller than the blocks of any usual disk, and no larger than a page of memory. */
export const BLOCK_BYTES = 4096;
const STAGE_BYTES = 1 << 20;
const WASM_PAGE_BYTES = 64 << 10;

/** What a file system answers that cannot do it, when a file is opened or written. */
const CANNOT = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP"]);

const cannot = (error: unknown): boolean => CANNOT.has((error as NodeJS.ErrnoException).code ?? "");

export class DirectWrites {
  private isPossible = constants.O_DIRECT !== undefined;
  private stage: Uint8Array | undefined;
  private isBusy = false;

  /**
   * Writes what it can of `bytes`, which begin at `offset` of the file: resolves to how many, a
   * multiple of the block; 0 where the file system does not do it, or while another is written.
   * @param offset a multiple of the block
   */
  async write(path: string, bytes: Uint8Array, offset: number): Promise<number> {
    if (!this.isPossible || this.isBusy) return 0;
    let fd: number | undefined;
    this.isBusy = true;
    try {
      fd = openSync(path, constants.O_WRONLY | constants.O_DIRECT);
      return await this.writeBlocks(fd, bytes, offset);
    } catch (error) {
      if (!cannot(error)) throw error;
      this.isPossible = false;
      return 0;
    } finally {
      if (fd !== undefined) closeSync(fd);
      this.isBusy = false;
    }
  }

  private async writeBlocks(fd: number, bytes: Uint8Array, offset: number): Promise<number> {
    this.stage ??= alignedMemory(STAGE_BYTES);
    const { stage } = this;
    const whole = bytes.length - (bytes.length % BLOCK_BYTES);
    let at = 0;
    while (at < whole) {
      const piece = bytes.subarray(at, Math.min(at + STAGE_BYTES, whole));
      stage.set(piece);
      const { bytesWritten } = await writeAsync(fd, stage, 0, piece.length, offset + at);
      at += bytesWritten;
      // A short write that ends within a block cannot be gone on with from there.
      if (bytesWritten % BLOCK_BYTES !== 0) return at - (at % BLOCK_BYTES);
    }
    return at;
  }
}

const alignedMemory = (bytes: number): Uint8Array =>
  new Uint8Array(new WebAssembly.Memory({ initial: bytes / WASM_PAGE_BYTES }).buffer);
