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
    for (; at < stop; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}
