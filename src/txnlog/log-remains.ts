/**
 * Judges what stands behind the last whole record of a log file: nothing, a write that a crash
 * tore, or damage to something that may have been acknowledged.
 *
 * A torn write is told by what is missing. The file is preallocated with zeros and disks keep
 * sectors whole, so that what did not reach the disk reads as zeros: at the end, or as whole
 * sectors in between (a disk may write the later sectors of one write first). A flipped bit leaves
 * no such hole; where the data itself has such zeros, the checksum tells (flipped-bit.ts).
 *
 *   whole records | broken record at `offset` ... last non-zero byte | zeros
 *
 * From: specification 5.3, the table of damage.
 */
import { adler32 } from "../base/adler32.ts";
import type { Zxid } from "../base/ids.ts";
import type { FileRef, Folder } from "./disk-ops.ts";
import { flippedByte } from "./flipped-bit.ts";
import {
  ENTRY_BYTES_MAX,
  ENTRY_BYTES_MIN,
  RECORD_END,
  RECORD_FRAME_BYTES,
  RECORD_HEAD_BYTES,
} from "./log-format.ts";
import { LogScan, WINDOW_BYTES } from "./log-scan.ts";

/** What disks write whole, in bytes; a multiple of it on most. */
const SECTOR_BYTES = 512;
/** Every record begins with this many zero bytes (the checksum's high half): no sign of a hole. */
const ZEROS_IN_RECORD = 4;

export type Verdict =
  | { readonly kind: "clean" }
  /**
   * `behind` is a readable transaction behind the hole, if there is one: of the same torn write.
   */
  | { readonly kind: "torn"; readonly behind: Zxid | null }
  | { readonly kind: "damaged"; readonly reason: string };

/**
 * Judges `file` from `offset` on, where no whole record stands; transactions up to `zxid` stood
 * before it. Yields between slices of work.
 */
export function* judgeRemains(
  folder: Folder,
  file: FileRef,
  offset: number,
  zxid: Zxid,
): Generator<void, Verdict> {
  const size = folder.size(file);
  const dataEnd = yield* findDataEnd(folder, file, offset, size);
  if (dataEnd === offset) return { kind: "clean" };
  const behind = yield* findRecord(folder, file, { from: offset + 1, to: dataEnd, after: zxid });
  if (behind !== null) {
    // The record behind is readable even if its first bytes, which are zeros, went missing too.
    const isTorn = hasHole(folder, file, offset, behind.offset + ZEROS_IN_RECORD);
    if (isTorn && !isBitFlipped(folder, file, offset, dataEnd))
      return { kind: "torn", behind: behind.zxid };
    const where = `a whole record follows at byte ${behind.offset}`;
    return { kind: "damaged", reason: `the record here cannot be read, but ${where}` };
  }
  return judgeLastRecord(folder, file, { offset, dataEnd, size });
}

/**
 * Whether one bit explains it all. If the bit would be the only one in its sector, that sector may
 * as well be missing: then it is no proof.
 */
function isBitFlipped(folder: Folder, file: FileRef, offset: number, dataEnd: number): boolean {
  const at = flippedByte(folder, file, offset, dataEnd);
  if (at === undefined) return false;
  const sector = Math.floor((offset + at) / SECTOR_BYTES) * SECTOR_BYTES;
  const from = Math.max(sector, offset);
  return !folder.read(file, from, sector + SECTOR_BYTES - from).every((byte) => byte === 0);
}

type Last = { readonly offset: number; readonly dataEnd: number; readonly size: number };

/** No whole record follows the broken one at `offset`: is part of it missing, or is it wrong? */
function judgeLastRecord(folder: Folder, file: FileRef, last: Last): Verdict {
  const { offset, dataEnd, size } = last;
  const torn: Verdict = { kind: "torn", behind: null };
  const head = folder.read(file, offset, RECORD_HEAD_BYTES);
  if (dataEnd <= offset + RECORD_HEAD_BYTES || head.length < RECORD_HEAD_BYTES) return torn;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (checksumFitsRest(folder, file, view, last)) {
    return { kind: "damaged", reason: "the length of the last record is wrong" };
  }
  if (isBitFlipped(folder, file, offset, dataEnd)) {
    return { kind: "damaged", reason: "checksum or end mark of a record is wrong" };
  }
  const length = view.getInt32(8);
  if (length >= ENTRY_BYTES_MIN && length <= ENTRY_BYTES_MAX) {
    const end = offset + length + RECORD_FRAME_BYTES;
    if (end > size || end > dataEnd) return torn;
    // The sector in which the record ends may be missing as a whole, with what else stood there.
    const sectorEnd = Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES;
    if (hasHole(folder, file, offset, sectorEnd)) return torn;
    return { kind: "damaged", reason: "checksum or end mark of a record is wrong" };
  }
  if (hasHole(folder, file, offset, dataEnd)) return torn;
  return { kind: "damaged", reason: `a record of length ${length}` };
}

/**
 * The checksum is right for an entry that ends where the file's data end: only the length is wrong.
 */
function checksumFitsRest(folder: Folder, file: FileRef, head: DataView, last: Last): boolean {
  const start = last.offset + RECORD_HEAD_BYTES;
  const length = last.dataEnd - 1 - start;
  if (length < ENTRY_BYTES_MIN || length > ENTRY_BYTES_MAX || head.getInt32(0) !== 0) return false;
  const rest = folder.read(file, start, length + 1);
  if (rest[length] !== RECORD_END) return false;
  return head.getUint32(4) === adler32(rest, undefined, 0, length);
}

/** The place behind the last byte that is not zero; `from` when there is none. */
function* findDataEnd(
  folder: Folder,
  file: FileRef,
  from: number,
  size: number,
): Generator<void, number> {
  let end = from;
  const room = new Uint8Array(WINDOW_BYTES);
  for (let at = from; at < size; at += WINDOW_BYTES) {
    const bytes = folder.read(file, at, WINDOW_BYTES, room);
    const last = lastNonZero(bytes);
    if (last >= 0) end = at + last + 1;
    yield;
  }
  return end;
}

/** Index of the last byte that is not zero; -1 when all are. */
function lastNonZero(bytes: Uint8Array): number {
  let last = bytes.length - 1;
  // Most of a preallocated file is zeros: look at four bytes at a time where they are aligned.
  if (bytes.byteOffset % 4 === 0) {
    while (last >= 0 && last % 4 !== 3 && bytes[last] === 0) last--;
    if (last % 4 === 3) {
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, (last + 1) / 4);
      let word = words.length - 1;
      while (word >= 0 && words[word] === 0) word--;
      last = word * 4 + 3;
    }
  }
  while (last >= 0 && bytes[last] === 0) last--;
  return last;
}

type Range = { readonly from: number; readonly to: number; readonly after: Zxid };
type Found = { readonly offset: number; readonly zxid: Zxid };

/** The first whole record in a range of the file, at whatever byte, whose zxid is past `after`. */
function* findRecord(
  folder: Folder,
  file: FileRef,
  { from, to, after }: Range,
): Generator<void, Found | null> {
  const scan = new LogScan(folder, file);
  for (let at = from; at < to; at += WINDOW_BYTES) {
    const window = folder.read(file, at, WINDOW_BYTES + RECORD_HEAD_BYTES);
    const view = new DataView(window.buffer, window.byteOffset, window.length);
    const stop = Math.min(WINDOW_BYTES, window.length - RECORD_HEAD_BYTES);
    for (let index = 0; index < stop; index++) {
      if (!mayBeRecord(window, view, index, to - at)) continue;
      scan.nextOffset = at + index;
      if (scan.next() && scan.zxid > after) return { offset: at + index, zxid: scan.zxid };
    }
    yield;
  }
  return null;
}

/** A cheap look: most places are no start of a record. */
function mayBeRecord(window: Uint8Array, view: DataView, index: number, to: number): boolean {
  if (window[index] !== 0 || window[index + 1] !== 0) return false;
  if (window[index + 2] !== 0 || window[index + 3] !== 0) return false;
  const length = view.getInt32(index + 8);
  return length >= ENTRY_BYTES_MIN && index + length + RECORD_FRAME_BYTES <= to;
}

/** Whether a sector, or the rest of the first one, reads as zeros between `from` and `to`. */
function hasHole(folder: Folder, file: FileRef, from: number, to: number): boolean {
  const bytes = folder.read(file, from, to - from);
  let at = 0;
  let sectorEnd = SECTOR_BYTES - (from % SECTOR_BYTES);
  while (sectorEnd <= bytes.length) {
    const zeros = bytes.subarray(at, sectorEnd).every((byte) => byte === 0);
    if (zeros && sectorEnd - at > ZEROS_IN_RECORD) return true;
    at = sectorEnd;
    sectorEnd += SECTOR_BYTES;
  }
  return false;
}
