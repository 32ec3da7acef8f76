/**
 * Reads one log file record by record, as far as records are whole. What lies behind the last whole
 * one is judged elsewhere (log-remains.ts); which files belong together, too (log-reader.ts).
 *
 * Memory: the entry is a range of a window of the file, borrowed until the next call of `next`.
 * From: specification 5.3.
 */
import { adler32 } from "../base/adler32.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";
import { ZXID_ZERO, type Zxid } from "../base/ids.ts";
import type { FileRef, Folder } from "./disk-ops.ts";
import { LogDamaged } from "./errors.ts";
import {
  ENTRY_BYTES_MAX,
  ENTRY_BYTES_MIN,
  entryType,
  entryZxid,
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  LOG_VERSION,
  RECORD_END,
  RECORD_FRAME_BYTES,
  RECORD_HEAD_BYTES,
} from "./log-format.ts";

/** How much of a file is read at a time, in bytes: what is read is still in the cache when used. */
export const WINDOW_BYTES = 256 << 10;

const NO_VIEW = new DataView(new ArrayBuffer(0));

export class LogScan {
  readonly file: FileRef;
  readonly size: number;
  private readonly folder: Folder;
  private readonly room = new Uint8Array(WINDOW_BYTES);
  private windowAt = 0;
  /** The window; the entry of the current record is `bytes[start, end)`. */
  bytes: Uint8Array = EMPTY_BYTES;
  view: DataView = NO_VIEW;
  start = 0;
  end = 0;
  /** Where the current record starts in the file; after the last whole one, where that ends. */
  offset = 0;
  /** Where the next record starts: the end of the current one. */
  nextOffset = LOG_HEADER_BYTES;
  zxid: Zxid = ZXID_ZERO;
  /** The operation code of the current entry. */
  type = 0;

  constructor(folder: Folder, file: FileRef) {
    this.folder = folder;
    this.file = file;
    this.size = folder.size(file);
  }

  /** False when the header is not there, as in a file that was not written yet. */
  hasHeader(): boolean {
    const at = this.locate(0, LOG_HEADER_BYTES);
    if (at < 0 || this.view.getInt32(at) !== LOG_MAGIC) return false;
    const version = this.view.getInt32(at + 4);
    if (version === LOG_VERSION) return true;
    // A crash may have torn the very first write behind the magic number.
    if (version === 0) return false;
    throw new LogDamaged(
      { file: this.file, offset: 4, zxid: ZXID_ZERO },
      `format version ${version}; this server reads version ${LOG_VERSION}`,
    );
  }

  /**
   * Moves to the next whole record; false, with `offset` behind the last one, when there is none.
   */
  next(): boolean {
    const offset = this.nextOffset;
    this.offset = offset;
    let at = this.locate(offset, RECORD_HEAD_BYTES);
    if (at < 0) return false;
    const length = this.view.getInt32(at + 8);
    if (length < ENTRY_BYTES_MIN || length > ENTRY_BYTES_MAX) return false;
    at = this.locate(offset, length + RECORD_FRAME_BYTES);
    if (at < 0) return false;
    const start = at + RECORD_HEAD_BYTES;
    const end = start + length;
    if (this.bytes[end] !== RECORD_END) return false;
    if (this.view.getInt32(at) !== 0) return false;
    if (this.view.getUint32(at + 4) !== adler32(this.bytes, undefined, start, end)) return false;
    this.start = start;
    this.end = end;
    this.zxid = entryZxid(this.view, start);
    this.type = entryType(this.view, start);
    this.nextOffset = offset + length + RECORD_FRAME_BYTES;
    return true;
  }

  /** The place in the window of `count` bytes at `offset` of the file; -1 beyond the file's end. */
  private locate(offset: number, count: number): number {
    if (offset + count > this.size) return -1;
    const at = offset - this.windowAt;
    if (at >= 0 && at + count <= this.bytes.length) return at;
    this.bytes =
      count > WINDOW_BYTES
        ? this.folder.read(this.file, offset, count)
        : this.folder.read(this.file, offset, WINDOW_BYTES, this.room);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.windowAt = offset;
    return this.bytes.length < count ? -1 : 0;
  }
}
