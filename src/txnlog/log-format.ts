/**
 * The transaction log's bytes.
 *
 *   file    = header, record*, zero bytes up to the preallocated size
 *   header  = int "ZKLG", int version 2, long dbid 0
 *   record  = long Adler-32 of the entry, int length of the entry, entry, byte 'B'
 *   entry   = TxnHeader, body, [TxnDigest]          records/txn.ts
 *
 * From: specification 5.2; golden logs of the reference.
 */
import { ADLER32_START, adler32 } from "../base/adler32.ts";
import { toZxid, type Zxid } from "../base/ids.ts";
import type { JuteWriter } from "../jute/writer.ts";

/** "ZKLG". */
export const LOG_MAGIC = 0x5a4b4c47;
export const LOG_VERSION = 2;
export const LOG_HEADER_BYTES = 16;
/** Checksum and length in front of an entry. */
export const RECORD_HEAD_BYTES = 12;
/** 'B', behind every entry. */
export const RECORD_END = 0x42;
/** What a record takes besides its entry. */
export const RECORD_FRAME_BYTES = RECORD_HEAD_BYTES + 1;
/** A transaction header. */
export const ENTRY_BYTES_MIN = 32;
/**
 * Largest entry that is read, in bytes. Far above `jute.maxbuffer` on purpose: a closeSession with
 * very many ephemerals can exceed that in logs of the reference (4306), and must not keep a server
 * from starting.
 */
export const ENTRY_BYTES_MAX = 0x1fff_ffff;

const ZXID_IN_ENTRY = 12;
const TYPE_IN_ENTRY = 28;

/** When fewer bytes than this would stay free in the file, it is extended. */
const PADDING_BYTES_MIN = 4096;

export function writeLogHeader(to: JuteWriter): void {
  to.int(LOG_MAGIC);
  to.int(LOG_VERSION);
  to.long(0n);
}

/** Appends one record. `entry` is copied. */
export function writeRecord(to: JuteWriter, entry: Uint8Array): void {
  const start = beginRecord(to);
  to.raw(entry);
  endRecord(to, start);
}

/** Begins a record: its entry is written next. Answers what `endRecord` wants to know. */
export const beginRecord = (to: JuteWriter): number => to.reserve(RECORD_HEAD_BYTES);

/** Ends a record behind its entry; answers the length of the entry. */
export function endRecord(to: JuteWriter, start: number): number {
  const entryAt = start + RECORD_HEAD_BYTES;
  const length = to.at - entryAt;
  // The checksum is a long of which only the low half is used: two ints spare a bigint per record.
  to.view.setInt32(start, 0);
  to.view.setInt32(start + 4, adler32(to.bytes, ADLER32_START, entryAt, to.at));
  to.view.setInt32(start + 8, length);
  to.byte(RECORD_END);
  return length;
}

/** The zxid in an entry that starts at `at`. */
export const entryZxid = (view: DataView, at: number): Zxid =>
  toZxid(view.getBigInt64(at + ZXID_IN_ENTRY));

/** The operation code in an entry that starts at `at`. */
export const entryType = (view: DataView, at: number): number => view.getInt32(at + TYPE_IN_ENTRY);

/**
 * The size that a file of `size` bytes should have before it is written up to `end`: as it is, or
 * `preAllocBytes` larger, in steps of `preAllocBytes` when the end lies beyond that too. 0 bytes:
 * never.
 */
export function paddedSize(size: number, end: number, preAllocBytes: number): number {
  if (preAllocBytes === 0 || end + PADDING_BYTES_MIN < size) return size;
  if (end <= size + preAllocBytes) return size + preAllocBytes;
  return end + preAllocBytes - ((end + preAllocBytes) % preAllocBytes);
}
