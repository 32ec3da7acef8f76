/** The CRC-32 that the runtime lends has the sums of ours, whole, of a range, and carried on. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { crc32 } from "../base/crc32.ts";
import { lendRuntimesCrc32 } from "./lend-crc32.ts";

/** Beyond the sizes from which on it is asked. */
const anyBytes = fc.uint8Array({ minLength: 400, maxLength: 2000 });

test("the runtime's CRC-32 has the same sums", () => {
  const own = new Map<Uint8Array, readonly number[]>();
  const sumsOf = (bytes: Uint8Array): readonly number[] => {
    const middle = bytes.length >>> 2;
    const head = crc32(bytes, undefined, 0, middle);
    return [crc32(bytes), head, crc32(bytes, head, middle), crc32(bytes, 0xffff_ffff, 3)];
  };
  const samples = fc.sample(anyBytes, 200);
  for (const bytes of samples) own.set(bytes, sumsOf(bytes));
  lendRuntimesCrc32();
  for (const [bytes, sums] of own) {
    sumsOf(bytes).forEach((sum, at) => {
      equal(sum, sums[at]);
    });
  }
});
