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
    // Eight bytes at a time, in whole 32-bit steps: nearly twice as fast as one by one.
    for (const wide = stop - 7; at < wide; at += 8) {
      const one = (a + bytes[at]!) | 0;
      const two = (one + bytes[at + 1]!) | 0;
      const three = (two + bytes[at + 2]!) | 0;
      const four = (three + bytes[at + 3]!) | 0;
      const five = (four + bytes[at + 4]!) | 0;
      const six = (five + bytes[at + 5]!) | 0;
      const seven = (six + bytes[at + 6]!) | 0;
      a = (seven + bytes[at + 7]!) | 0;
      b = (b + one + two + three + four + five + six + seven + a) | 0;
    }
    for (; at < stop; at++) {
      a = (a + bytes[at]!) | 0;
      b = (b + a) | 0;
    }
    a %= MODULUS;
    b = (b >>> 0) % MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}
