/**
 * Small things done with bytes everywhere: UTF-8, hexadecimal, comparison.
 *
 * The decoder replaces malformed input by U+FFFD and keeps a leading U+FEFF, as Java's does: a path
 * with either must come out as the reference would see it.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Writes `text` into `target`; returns the number of bytes, or -1 when they did not fit. */
export function utf8Into(text: string, target: Uint8Array): number {
  const done = encoder.encodeInto(text, target);
  return done.read === text.length ? done.written : -1;
}

/** Below this many bytes, plain ASCII is put together by hand faster than by the decoder. */
const SHORT_TEXT_BYTES = 8;

/** The text of `bytes[start, end)`, which are ASCII. */
export type AsciiText = (bytes: Uint8Array, start: number, end: number) => string;

let lent: AsciiText | undefined;

/** From now on `native` makes text of ASCII: a runtime may have a quicker way than the decoder's. */
export function lendAsciiText(native: AsciiText): void {
  lent = native;
}

export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const isShort = end - start <= SHORT_TEXT_BYTES;
  if ((!isShort && lent === undefined) || !isAscii(bytes, start, end)) {
    return decoder.decode(bytes.subarray(start, end));
  }
  if (lent !== undefined) return lent(bytes, start, end);
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x7f) return false;
  return true;
}

/** The 32-bit number at `at`, most significant byte first. */
export const int32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;

/**
 * The same bytes without what a runtime's own class of them adds: views of a `Buffer` take several
 * times as long to make.
 */
export const plainBytes = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Bytes of an even number of hexadecimal digits; white space is left out. */
export function bytesOfHex(hex: string): Uint8Array {
  const digits = hex.replace(/\s+/g, "");
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** As `sameBytes`, in a time that tells only the lengths. For secrets. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  let differing = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) differing |= a[at]! ^ (b[at] ?? 0);
  return differing === 0;
}

/** As `sameSecret`, of texts. */
export function sameSecretText(a: string, b: string): boolean {
  let differing = a.length ^ b.length;
  // Beyond the end of `b` charCodeAt is NaN, which counts as 0 here; the length differs anyway.
  for (let at = 0; at < a.length; at++) differing |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return differing === 0;
}

/** One array with the contents of `parts`, in order. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
