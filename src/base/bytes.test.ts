/** UTF-8 in both directions, hexadecimal, comparison. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bytesOfHex,
  EMPTY_BYTES,
  hexOf,
  joinBytes,
  sameBytes,
  sameSecret,
  textOf,
  utf8,
  utf8Into,
} from "./bytes.ts";

const long = "é".repeat(60);
const texts: ReadonlyArray<readonly [why: string, hex: string, text: string]> = [
  ["nothing", "", ""],
  ["ASCII", "2f61", "/a"],
  ["two and three bytes", "c3a9 e282ac", "é€"],
  ["four bytes: outside the BMP", "f09d849e", "\u{1d11e}"],
  ["a zero character", "2f0061", "/\0a"],
  ["a leading byte order mark is kept", "efbbbf61", "\ufeffa"],
  ["malformed bytes are replaced", "61ff62", "a\ufffdb"],
  ["a cut sequence is replaced", "61e282", "a\ufffd"],
  ["Java's surrogates of three bytes are replaced", "eda0b4 edb49e", "\ufffd".repeat(6)],
  ["text above the short limit", "c3a9".repeat(60), long],
];
for (const [why, hex, text] of texts) {
  test(`text: ${why}`, () => equal(textOf(bytesOfHex(hex)), text));
}

test("text of a part", () => equal(textOf(utf8("a/bc/d"), 1, 4), "/bc"));

test("what is encoded reads back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 90 }), (text) =>
      equal(textOf(utf8(text)), text),
    ),
  );
});

test("a lone surrogate is written as the replacement character", () =>
  equal(hexOf(utf8("\ud834")), "efbfbd"));

test("text goes into a target that it fills, and not into a smaller one", () => {
  const target = new Uint8Array(3);
  equal(utf8Into("€", target), 3);
  equal(hexOf(target), "e282ac");
  equal(utf8Into("€a", target), -1);
  equal(utf8Into("é€", target), -1);
  equal(utf8Into("", EMPTY_BYTES), 0);
});

test("hexadecimal, with white space for readers", () => {
  equal(hexOf(bytesOfHex("00 0fF0\n ff")), "000ff0ff");
  equal(hexOf(EMPTY_BYTES), "");
});

const pairs: ReadonlyArray<readonly [a: string, b: string, same: boolean]> = [
  ["", "", true],
  ["00", "00", true],
  ["00", "01", false],
  ["0001", "0002", false],
  ["00", "0000", false],
  ["0000", "00", false],
  ["", "00", false],
  ["00", "", false],
];
for (const [a, b, same] of pairs) {
  test(`"${a}" and "${b}" are ${same ? "the same" : "different"}`, () => {
    equal(sameBytes(bytesOfHex(a), bytesOfHex(b)), same);
    equal(sameSecret(bytesOfHex(a), bytesOfHex(b)), same);
  });
}

test("joined bytes are a copy of all parts in order", () => {
  const part = bytesOfHex("01");
  const joined = joinBytes([part, EMPTY_BYTES, bytesOfHex("0203")]);
  part[0] = 9;
  deepEqual(joined, bytesOfHex("010203"));
  deepEqual(joinBytes([]), EMPTY_BYTES);
});
