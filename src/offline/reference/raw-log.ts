/**
 * Reads a log as the reference's toolkit does: a record counts whatever its checksum says, so that
 * it can be shown and mended.
 */
import { adler32 } from "../../base/adler32.ts";
import {
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  RECORD_END,
  RECORD_HEAD_BYTES,
} from "../../txnlog/log-format.ts";
import type { Found } from "../places.ts";

/** The reference's `jute.maxbuffer` and the extra room that it grants when it reads. */
const ENTRY_BYTES_MAX = 0xf_ffff + 1024 * 1024;

/** How much is read at a time, in bytes. */
const WINDOW_BYTES = 1 << 20;

export type RawRecord = {
  readonly entry: Uint8Array;
  readonly checksum: bigint;
  /** What the checksum should be. */
  readonly rightChecksum: bigint;
  /** The end mark is there. */
  readonly isEnded: boolean;
};

export type RawHeader = { readonly version: number; readonly dbid: bigint };

/** Undefined for a file that does not begin as a log. Throws where it ends too early. */
export function readHeader({ disk, file, path }: Found): RawHeader | undefined {
  const bytes = disk.read(file, 0, LOG_HEADER_BYTES);
  if (bytes.length < LOG_HEADER_BYTES) throw new LogUnreadable(`${path} ends in its header`);
  const view = viewOf(bytes);
  if (view.getInt32(0) !== LOG_MAGIC) return undefined;
  return { version: view.getInt32(4), dbid: view.getBigInt64(8) };
}

/** A length that no record has: what follows cannot be found. */
export class LogUnreadable extends Error {
  override readonly name = "LogUnreadable";
  readonly code = "LOG_UNREADABLE";
}

/** The records up to the first of length 0 or the end of the file. They are borrowed. */
export function* rawRecords({ disk, file }: Found): Generator<RawRecord, void> {
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = 0;
  const read = (offset: number, length: number): Uint8Array => {
    if (offset + length > windowAt + window.length) {
      window = disk.read(file, offset, Math.max(length, WINDOW_BYTES));
      windowAt = offset;
    }
    return window.subarray(offset - windowAt, offset - windowAt + length);
  };
  for (let offset = LOG_HEADER_BYTES; ; ) {
    const head = read(offset, RECORD_HEAD_BYTES);
    if (head.length < RECORD_HEAD_BYTES) return;
    const view = viewOf(head);
    const length = view.getInt32(8);
    const checksum = view.getBigInt64(0);
    if (length === 0) return;
    if (length < 0 || length > ENTRY_BYTES_MAX) {
      throw new LogUnreadable(`Unreasonable length = ${length}`);
    }
    const start = offset + RECORD_HEAD_BYTES;
    const body = read(start, length + 1);
    if (body.length < length) return;
    const entry = body.subarray(0, length);
    const rightChecksum = BigInt(adler32(entry));
    yield { entry, checksum, rightChecksum, isEnded: body[length] === RECORD_END };
    offset = start + length + 1;
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
