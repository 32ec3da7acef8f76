/**
 * Adler-32 (RFC 1950): the checksum of log records and snapshots. Can be carried on over several
 * pieces.
 */

/** Both sums are kept modulo this prime. */
export const MODULUS = 65521;
/** The most bytes that can be added before the sums must be reduced to stay within 32 bits. */
const BYTES_PER_REDUCTION = 5552;

/** The checksum of no bytes. */
export const ADLER32_START = 1;

/** `sum`, carried on over `bytes[start, end)`. Unsigned 32 bit. */
export function adler32(
  bytes: Uint8Array,
  sum = ADLER32_START,
  start = 0,
  end = bytes.length,
): number {
  let a = sum & 0xffff;
  let b = sum >>> 16;
  for (let at = start; at < end; ) {
    const stop = Math.min(at + BYTES_PER_REDUCTION, end);
    // Eight at a time, as sums of sums: one by one each addition would wait for the one before it.
    for (const last = stop - 8; at <= last; at += 8) {
      const one = bytes[at]!;
      const two = one + bytes[at + 1]!;
      const three = two + bytes[at + 2]!;
      const four = three + bytes[at + 3]!;
      const five = four + bytes[at + 4]!;
      const six = five + bytes[at + 5]!;
      const seven = six + bytes[at + 6]!;
      const eight = seven + bytes[at + 7]!;
      b += 8 * a + (one + two) + (three + four) + (five + six) + (seven + eight);
      a += eight;
    }
    for (; at < stop; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}
