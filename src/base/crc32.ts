/**
 * CRC-32 with the zlib polynomial, eight bytes at a time: the node digest of the data tree. The
 * state can be kept and carried on, so that a node's path and data need not be read again when only
 * its Stat changed. Of many bytes the runtime's own function is quicker; who has one lends it.
 */

import { utf8 } from "./bytes.ts";

const POLYNOMIAL = 0xedb88320;
const SLICES = 8;

function makeTables(): Uint32Array {
  const tables = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
    tables[byte] = value;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!;
    tables[at] = (before >>> 8) ^ tables[before & 0xff]!;
  }
  return tables;
}

const TABLES = makeTables();

/** The CRC of no bytes. */
export const CRC32_START = 0;

/** `crc`, carried on over all of `bytes`. Unsigned 32 bit. */
export type Crc32 = (bytes: Uint8Array, crc: number) => number;

let lent: Crc32 | undefined;
let lentFrom = Number.POSITIVE_INFINITY;

/** From now on `native` does it where there are at least `bytesMin` bytes: it has the same sums. */
export function lendCrc32(native: Crc32, bytesMin: number): void {
  lent = native;
  lentFrom = bytesMin;
}

/** `crc`, carried on over `bytes[start, end)`. Unsigned 32 bit. */
export function crc32(bytes: Uint8Array, crc = CRC32_START, start = 0, end = bytes.length): number {
  if (end - start >= lentFrom) {
    const isWhole = end - start === bytes.length;
    return lent!(isWhole ? bytes : bytes.subarray(start, end), crc);
  }
  return crc32InPlace(bytes, crc, start, end);
}

function crc32InPlace(bytes: Uint8Array, crc: number, start: number, end: number): number {
  let state = ~crc;
  let at = start;
  for (const stop = end - 7; at < stop; at += 8) {
    const low =
      state ^
      (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    state =
      TABLES[1792 + (low & 0xff)]! ^
      TABLES[1536 + ((low >>> 8) & 0xff)]! ^
      TABLES[1280 + ((low >>> 16) & 0xff)]! ^
      TABLES[1024 + (low >>> 24)]! ^
      TABLES[768 + bytes[at + 4]!]! ^
      TABLES[512 + bytes[at + 5]!]! ^
      TABLES[256 + bytes[at + 6]!]! ^
      TABLES[bytes[at + 7]!]!;
  }
  for (; at < end; at++) state = (state >>> 8) ^ TABLES[(state ^ bytes[at]!) & 0xff]!;
  return ~state >>> 0;
}

/** The CRC of a text's UTF-8. */
export function crc32Text(text: string): number {
  let state = ~CRC32_START;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return crc32(utf8(text));
    state = (state >>> 8) ^ TABLES[(state ^ unit) & 0xff]!;
  }
  return ~state >>> 0;
}
