/**
 * The real disk: executes the operations that the pure rooms ask for, and reads for recovery.
 *
 * Promises: operations of one list are done in order, a sync is `fdatasync` of that file (or of the
 * folder), and a failed list is never tried again. Lists run beside each other; what one writes to
 * the log in front of its first sync is written before anything of the next one.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  write,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DiskOp, FileRef, Folder, FolderName } from "../txnlog/disk-ops.ts";
import { SHARED_FLIGHT_BYTES_MAX } from "../txnlog/log-writer.ts";
import { BLOCK_BYTES, DirectWrites } from "./direct-writes.ts";

const writeAsync = promisify(write);
const fsyncAsync = promisify(fsync);
const fdatasyncAsync = promisify(fdatasync);

/**
 * Up to this many bytes go to the page cache in place: cheaper than a visit to the thread pool, and
 * what keeps batches of the log in their order.
 */
const WRITE_IN_PLACE_BYTES_MAX = SHARED_FLIGHT_BYTES_MAX;

export type Folders = Readonly<Record<FolderName, string>>;

/** How long one sync took. */
export type SyncWatch = (tookMs: number, file: string) => void;

/** What a server keeps its data on. */
export interface Disk extends Folder {
  /** Executes the operations in order; rejects at the first that fails. */
  run(ops: readonly DiskOp[]): Promise<void>;
  /**
   * The same at once, for few bytes and while no other list for these files is under way: throws at
   * the first operation that fails.
   */
  runInPlace(ops: readonly DiskOp[]): void;
  /** Closes what is open. Nothing is running. */
  close(): void;
}

export class RealDisk implements Disk {
  private readonly folders: Folders;
  private readonly onSync: SyncWatch;
  private readonly open = new Map<string, number>();
  /** Files that are being synced, and what they are open as for a second sync meanwhile. */
  private readonly syncing = new Set<string>();
  private readonly second = new Map<string, number>();

  private readonly direct = new DirectWrites();

  constructor(folders: Folders, onSync: SyncWatch) {
    this.folders = folders;
    this.onSync = onSync;
  }

  async run(ops: readonly DiskOp[]): Promise<void> {
    for (const op of ops) {
      const pending = this.perform(op);
      if (pending !== undefined) await pending;
    }
  }

  runInPlace(ops: readonly DiskOp[]): void {
    for (const op of ops) {
      if (op.kind === "write") writeAllSync(this.fdOf(op.file), op.bytes, op.offset);
      else if (op.kind === "sync") this.syncInPlace(op.file);
      else if (op.kind === "syncFolder") this.syncFolderInPlace(op.folder);
      else void this.perform(op);
    }
  }

  list(folder: FolderName): readonly string[] {
    return readdirSync(this.folders[folder]);
  }

  size(file: FileRef): number {
    return statSync(this.pathOf(file)).size;
  }

  read(file: FileRef, offset: number, length: number, into?: Uint8Array): Uint8Array {
    const fd = openSync(this.pathOf(file), "r");
    try {
      const there = Math.max(0, Math.min(length, fstatSync(fd).size - offset));
      const bytes = into ?? new Uint8Array(there);
      const count = readSync(fd, bytes, 0, there, offset);
      return bytes.subarray(0, count);
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    for (const fd of [...this.open.values(), ...this.second.values()]) closeSync(fd);
    this.open.clear();
    this.second.clear();
  }

  private perform(op: DiskOp): Promise<void> | undefined {
    switch (op.kind) {
      case "create":
        this.closeFile(op.file);
        this.fdOf(op.file, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC);
        return undefined;
      case "write":
        return this.write(op.file, op.bytes, op.offset);
      case "extend":
        writeSync(this.fdOf(op.file), ZERO_BYTE, 0, 1, op.size - 1);
        return undefined;
      case "sync":
        return this.sync(op.file);
      case "syncFolder":
        return this.syncFolder(op.folder);
      case "rename":
        renameSync(join(this.folders[op.folder], op.from), join(this.folders[op.folder], op.to));
        return undefined;
      case "delete":
        this.closeFile(op.file);
        unlinkSync(this.pathOf(op.file));
        return undefined;
      case "truncate":
        ftruncateSync(this.fdOf(op.file), op.size);
        return undefined;
      case "close":
        this.closeFile(op.file);
        return undefined;
    }
  }

  private async sync(file: FileRef): Promise<void> {
    const begun = performance.now();
    const path = this.pathOf(file);
    if (this.syncing.has(path)) await fdatasyncAsync(this.secondFdOf(path));
    else {
      this.syncing.add(path);
      await fdatasyncAsync(this.fdOf(file));
      this.syncing.delete(path);
    }
    this.onSync(performance.now() - begun, file.name);
  }

  private syncInPlace(file: FileRef): void {
    const begun = performance.now();
    fdatasyncSync(this.fdOf(file));
    this.onSync(performance.now() - begun, file.name);
  }

  /**
   * The system tells a write's failure once for each time a file was opened: of two syncs through
   * one descriptor the wrong one could hear of it.
   */
  private secondFdOf(path: string): number {
    const known = this.second.get(path);
    if (known !== undefined) return known;
    const fd = openSync(path, constants.O_RDWR);
    this.second.set(path, fd);
    return fd;
  }

  private async syncFolder(folder: FolderName): Promise<void> {
    const fd = openSync(this.folders[folder], "r");
    try {
      await fsyncAsync(fd);
    } finally {
      closeSync(fd);
    }
  }

  private syncFolderInPlace(folder: FolderName): void {
    const fd = openSync(this.folders[folder], "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Writes all of `bytes`; a short write goes on where it stopped. */
  private write(file: FileRef, bytes: Uint8Array, offset: number): Promise<void> | undefined {
    const fd = this.fdOf(file);
    if (bytes.length > WRITE_IN_PLACE_BYTES_MAX) {
      return file.folder === "log"
        ? this.writeLargeBatch(file, bytes, offset)
        : writeAll(fd, bytes, offset);
    }
    const count = writeSync(fd, bytes, 0, bytes.length, offset);
    return count === bytes.length ? undefined : writeAll(fd, bytes.subarray(count), offset + count);
  }

  /** The whole blocks of it past the page cache, what is before and behind them as usual. */
  private async writeLargeBatch(file: FileRef, bytes: Uint8Array, offset: number): Promise<void> {
    const fd = this.fdOf(file);
    const before = (BLOCK_BYTES - (offset % BLOCK_BYTES)) % BLOCK_BYTES;
    writeAllSync(fd, bytes.subarray(0, before), offset);
    const blocks = bytes.subarray(before);
    const written = await this.direct.write(this.pathOf(file), blocks, offset + before);
    await writeAll(fd, blocks.subarray(written), offset + before + written);
  }

  private fdOf(file: FileRef, flags: number = constants.O_RDWR): number {
    const path = this.pathOf(file);
    const known = this.open.get(path);
    if (known !== undefined) return known;
    const fd = openSync(path, flags, 0o644);
    this.open.set(path, fd);
    return fd;
  }

  private closeFile(file: FileRef): void {
    const path = this.pathOf(file);
    for (const fds of [this.open, this.second]) {
      const fd = fds.get(path);
      if (fd === undefined) continue;
      fds.delete(path);
      closeSync(fd);
    }
  }

  private pathOf({ folder, name }: FileRef): string {
    return join(this.folders[folder], name);
  }
}

const ZERO_BYTE = new Uint8Array(1);

function writeAllSync(fd: number, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(fd, bytes, at, bytes.length - at, offset + at);
  }
}

async function writeAll(fd: number, bytes: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await writeAsync(fd, bytes, at, bytes.length - at, offset + at);
    at += bytesWritten;
  }
}
