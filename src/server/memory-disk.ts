/**
 * A disk in memory: the operations of the real one, and nothing of it reaches the file system. For
 * servers that are thrown away.
 *
 * Log and snapshot folder are one, as where dataLogDir is not set. A sync has nothing to do: what
 * is kept here ends with the process.
 */
import type { DiskOp, FileRef } from "../txnlog/disk-ops.ts";
import type { Disk } from "./disk.ts";

/** The first room that a file gets, in bytes; it doubles when it is full. */
const ROOM_BYTES_MIN = 4096;

/** The bytes beyond `size` are zeros. */
type File = { bytes: Uint8Array; size: number };

export class MemoryDisk implements Disk {
  private readonly files = new Map<string, File>();

  async run(ops: readonly DiskOp[]): Promise<void> {
    for (const op of ops) this.perform(op);
  }

  list(): readonly string[] {
    return [...this.files.keys()];
  }

  size({ name }: FileRef): number {
    return this.file(name).size;
  }

  read({ name }: FileRef, offset: number, length: number): Uint8Array {
    const { bytes, size } = this.file(name);
    return bytes.slice(offset, Math.min(offset + length, size));
  }

  close(): void {}

  private perform(op: DiskOp): void {
    switch (op.kind) {
      case "create":
        this.files.set(op.file.name, { bytes: new Uint8Array(ROOM_BYTES_MIN), size: 0 });
        return;
      case "write": {
        const file = this.file(op.file.name);
        makeRoom(file, op.offset + op.bytes.length);
        file.bytes.set(op.bytes, op.offset);
        return;
      }
      case "extend":
        return makeRoom(this.file(op.file.name), op.size);
      case "truncate":
        return resize(this.file(op.file.name), op.size);
      case "rename": {
        const file = this.file(op.from);
        this.files.delete(op.from);
        this.files.set(op.to, file);
        return;
      }
      case "delete":
        this.file(op.file.name);
        this.files.delete(op.file.name);
        return;
      case "sync":
      case "syncFolder":
      case "close":
        return;
    }
  }

  /** Throws as the file system does where there is none. */
  private file(name: string): File {
    const file = this.files.get(name);
    if (file === undefined) throw new Error(`no file ${name} on the disk in memory`);
    return file;
  }
}

/** Makes the file at least `size` bytes long. */
function makeRoom(file: File, size: number): void {
  if (size > file.bytes.length) {
    const bytes = new Uint8Array(Math.max(size, file.bytes.length * 2));
    bytes.set(file.bytes.subarray(0, file.size));
    file.bytes = bytes;
  }
  file.size = Math.max(file.size, size);
}

function resize(file: File, size: number): void {
  makeRoom(file, size);
  file.bytes.fill(0, size, file.size);
  file.size = size;
}
