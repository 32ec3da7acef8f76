/**
 * Lends the pure rooms what the runtime has of its own: CRC-32 and text of ASCII bytes in native
 * code, where a call of it pays.
 */
import { lendAsciiText } from "../base/bytes.ts";
import { type Crc32, lendCrc32 } from "../base/crc32.ts";

/** What is used of Bun; its documentation: https://bun.sh/docs/api/hashing. */
type BunHashes = { readonly hash: { readonly crc32: Crc32 } };

/** From so many bytes on the call takes less time than JavaScript does: measured on each. */
const BYTES_MIN_ON_BUN = 64;
const BYTES_MIN_ON_NODE = 512;

let zlibs: Crc32 | undefined;

export function lendNatives(): void {
  lendLatin1();
  lendRuntimesCrc32();
}

/** Of ASCII, Latin-1 makes the same text as UTF-8 does, and is the quickest way there. */
function lendLatin1(): void {
  // The runtimes have it, their types do not tell of it.
  const { latin1Slice } = Buffer.prototype as {
    readonly latin1Slice?: (this: Uint8Array, start: number, end: number) => string;
  };
  if (latin1Slice === undefined) return;
  lendAsciiText((bytes, start, end) => latin1Slice.call(bytes, start, end));
}

function lendRuntimesCrc32(): void {
  const { Bun: bun } = globalThis as { readonly Bun?: BunHashes };
  if (bun !== undefined) return lendCrc32(bun.hash.crc32, BYTES_MIN_ON_BUN);
  lendCrc32((bytes, crc) => {
    // Loaded when it is needed, not at the start.
    zlibs ??= process.getBuiltinModule("node:zlib").crc32;
    return zlibs(bytes, crc);
  }, BYTES_MIN_ON_NODE);
}
