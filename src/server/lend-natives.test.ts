/** What the runtime lends does what ours does: CRC-32 whole, of a range, carried on; text. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { textOf, utf8 } from "../base/bytes.ts";
import { crc32 } from "../base/crc32.ts";
import { lendNatives } from "./lend-natives.ts";

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
  lendNatives();
  for (const [bytes, sums] of own) {
    sumsOf(bytes).forEach((sum, at) => {
      equal(sum, sums[at]);
    });
  }
});

test("the runtime's text is that of UTF-8, well formed or not", () => {
  lendNatives();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const texts = fc.sample(fc.string({ unit: "binary", maxLength: 60 }), 500).map(utf8);
  const samples = [...texts, ...fc.sample(fc.uint8Array({ maxLength: 60 }), 500)];
  samples.push(utf8("/bench/node-1"), utf8("\ufeff/a"), new Uint8Array(0));
  for (const bytes of samples) {
    equal(textOf(bytes), decoder.decode(bytes));
    const padded = new Uint8Array([0xc3, ...bytes, 0xa4]);
    equal(textOf(padded, 1, padded.length - 1), decoder.decode(bytes));
  }
});
