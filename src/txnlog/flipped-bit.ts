/**
 * Tells a record in which one bit has flipped from one that was torn. Where a transaction's own
 * data has sectors full of zeros both look alike, and more: what stands behind the record would be
 * taken for a part of one torn write, and be cut off though it was acknowledged.
 *
 * Adler-32 is two sums: of the bytes, and of the bytes times their distance from the end. One bit
 * that is wrong in byte i of n changes the first by a power of two, d, and the second by d(n - i):
 * the difference of the checksums tells d and i, or that it was more than one bit.
 */
import { ADLER32_START, adler32, MODULUS } from "../base/adler32.ts";
import type { FileRef, Folder } from "./disk-ops.ts";
import {
  ENTRY_BYTES_MAX,
  ENTRY_BYTES_MIN,
  RECORD_END,
  RECORD_FRAME_BYTES,
  RECORD_HEAD_BYTES,
} from "./log-format.ts";

const BITS = 8;
const LENGTH_BITS = 30;

/**
 * The byte of the file, counted from `offset`, of which one bit must be wrong for the record at
 * `offset` to be whole otherwise; undefined: there is none. `dataEnd`: nothing but zeros follow.
 */
export function flippedByte(
  folder: Folder,
  file: FileRef,
  offset: number,
  dataEnd: number,
): number | undefined {
  const rest = folder.read(file, offset, Math.min(dataEnd - offset, RECORD_BYTES_MAX));
  if (rest.length < RECORD_FRAME_BYTES + ENTRY_BYTES_MIN) return undefined;
  const view = new DataView(rest.buffer, rest.byteOffset, rest.length);
  const length = view.getInt32(8);
  if (endOf(rest, length) !== undefined) {
    const found = inRecord(rest, view, length);
    if (found !== undefined) return found;
  }
  if (view.getInt32(0) !== 0) return undefined;
  for (let bit = 0; bit < LENGTH_BITS + 2; bit++) {
    const other = length ^ (1 << bit);
    if (endOf(rest, other) !== RECORD_END) continue;
    const end = RECORD_HEAD_BYTES + other;
    if (adler32(rest, ADLER32_START, RECORD_HEAD_BYTES, end) !== view.getUint32(4)) continue;
    return RECORD_HEAD_BYTES - 1 - (bit >> 3);
  }
  return undefined;
}

/** Larger ones are not looked at as a whole: no client can write them. */
const RECORD_BYTES_MAX = 4 << 20;

/** The byte behind an entry of this length; undefined where that is none. */
function endOf(rest: Uint8Array, length: number): number | undefined {
  if (length < ENTRY_BYTES_MIN || length > ENTRY_BYTES_MAX) return undefined;
  return rest[RECORD_HEAD_BYTES + length];
}

/** The length is right: is it a bit of the checksum, of the entry or of the end mark? */
function inRecord(rest: Uint8Array, view: DataView, length: number): number | undefined {
  const end = RECORD_HEAD_BYTES + length;
  const high = view.getInt32(0);
  const stored = view.getUint32(4);
  const actual = adler32(rest, ADLER32_START, RECORD_HEAD_BYTES, end);
  const mark = rest[end]! ^ RECORD_END;
  const wrong = [high !== 0, stored !== actual, mark !== 0].filter(Boolean).length;
  if (wrong !== 1) return undefined;
  if (high !== 0) return isBit(high) ? Math.clz32(high) >> 3 : undefined;
  if (mark !== 0) return isBit(mark) ? end : undefined;
  if (isBit(stored ^ actual)) return 4 + (Math.clz32(stored ^ actual) >> 3);
  const at = inEntry(rest.subarray(RECORD_HEAD_BYTES, end), stored, actual);
  return at === undefined ? undefined : RECORD_HEAD_BYTES + at;
}

const isBit = (value: number): boolean => value !== 0 && (value & (value - 1)) === 0;
const modulo = (value: number): number => ((value % MODULUS) + MODULUS) % MODULUS;

function inEntry(entry: Uint8Array, stored: number, actual: number): number | undefined {
  const low = modulo((stored & 0xffff) - (actual & 0xffff));
  const high = modulo((stored >>> 16) - (actual >>> 16));
  for (let bit = 0; bit < BITS; bit++) {
    for (const change of [1 << bit, -(1 << bit)]) {
      if (modulo(change) !== low) continue;
      const distance = (high * inverse(low)) % MODULUS;
      const isSet = change < 0;
      for (let at = entry.length - distance; at >= 0; at -= MODULUS) {
        if (at < entry.length && ((entry[at]! >> bit) & 1) === (isSet ? 1 : 0)) return at;
      }
    }
  }
  return undefined;
}

/** `value` to the power of MODULUS - 2: times `value` it is 1. */
function inverse(value: number): number {
  let result = 1;
  let square = value;
  for (let left = MODULUS - 2; left > 0; left >>= 1) {
    if (left & 1) result = (result * square) % MODULUS;
    square = (square * square) % MODULUS;
  }
  return result;
}
