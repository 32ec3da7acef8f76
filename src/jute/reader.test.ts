/** The primitives: what is read, and that everything malformed is refused before it is used. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfHex, hexOf } from "../base/bytes.ts";
import { ProtocolError, type ProtocolErrorCode } from "../base/errors.ts";
import { JuteReader } from "./reader.ts";

const INT_MIN = "80000000";

type Read = (from: JuteReader) => unknown;
const good: ReadonlyArray<readonly [why: string, hex: string, read: Read, value: unknown]> = [
  ["a byte is unsigned", "ff", (from) => from.byte(), 255],
  ["false", "00", (from) => from.bool(), false],
  ["true", "01", (from) => from.bool(), true],
  ["any other byte is true", "80", (from) => from.bool(), true],
  ["an int is signed", "fffffffe", (from) => from.int(), -2],
  ["the smallest int", INT_MIN, (from) => from.int(), -0x8000_0000],
  ["a long is signed", "fffffffffffffffe", (from) => from.long(), -2n],
  ["the largest long", "7fffffffffffffff", (from) => from.long(), 0x7fff_ffff_ffff_ffffn],
  ["a null buffer", "ffffffff", (from) => from.buffer(), null],
  ["an empty buffer is not null", "00000000", (from) => from.buffer(), new Uint8Array(0)],
  ["a buffer", "00000002 0102", (from) => from.buffer(), new Uint8Array([1, 2])],
  ["a null string", "ffffffff", (from) => from.ustring(), null],
  ["an empty string is not null", "00000000", (from) => from.ustring(), ""],
  ["a string", "00000003 e282ac", (from) => from.ustring(), "€"],
  ["a null vector", "ffffffff", (from) => from.count(4), null],
  ["an empty vector", "00000000", (from) => from.count(4), 0],
  ["other negative counts are 0", "fffffffe", (from) => from.count(4), 0],
  ["the smallest count is 0", INT_MIN, (from) => from.count(4), 0],
  ["a count that just fits", "00000002 0000000000000000", (from) => from.count(4), 2],
];
for (const [why, hex, read, value] of good) {
  test(`reads: ${why}`, () => deepEqual(read(new JuteReader(bytesOfHex(hex))), value));
}

const bad: ReadonlyArray<readonly [why: string, hex: string, read: Read, code: ProtocolErrorCode]> =
  [
    ["no byte", "", (from) => from.byte(), "RECORD_TOO_SHORT"],
    ["no bool", "", (from) => from.bool(), "RECORD_TOO_SHORT"],
    ["three bytes of an int", "000000", (from) => from.int(), "RECORD_TOO_SHORT"],
    ["seven bytes of a long", "00000000000000", (from) => from.long(), "RECORD_TOO_SHORT"],
    ["half a length", "0000", (from) => from.buffer(), "RECORD_TOO_SHORT"],
    [
      "a buffer longer than the rest",
      "00000003 0102",
      (from) => from.buffer(),
      "LENGTH_OUT_OF_RANGE",
    ],
    ["a buffer of -2", "fffffffe 0102", (from) => from.buffer(), "LENGTH_OUT_OF_RANGE"],
    ["a buffer of the smallest int", INT_MIN, (from) => from.buffer(), "LENGTH_OUT_OF_RANGE"],
    ["a buffer of the largest int", "7fffffff", (from) => from.buffer(), "LENGTH_OUT_OF_RANGE"],
    ["a string longer than the rest", "00000001", (from) => from.ustring(), "LENGTH_OUT_OF_RANGE"],
    ["a string of -2", "fffffffe", (from) => from.ustring(), "LENGTH_OUT_OF_RANGE"],
    ["half a count", "0000", (from) => from.count(4), "RECORD_TOO_SHORT"],
    ["more elements than fit", "00000002 00000000", (from) => from.count(4), "LENGTH_OUT_OF_RANGE"],
    ["two thousand million elements", "7fffffff", (from) => from.count(4), "LENGTH_OUT_OF_RANGE"],
  ];
for (const [why, hex, read, code] of bad) {
  test(`refuses: ${why}`, () =>
    throws(
      () => read(new JuteReader(bytesOfHex(hex))),
      (error) => error instanceof ProtocolError && error.code === code,
    ));
}

test("a range is all there is: bytes around it are not read", () => {
  const bytes = bytesOfHex("ffff 00000001 41 42 ffff");
  const from = new JuteReader(bytes, 2, 7);
  equal(from.remaining, 5);
  equal(from.ustring(), "A");
  equal(from.remaining, 0);
  throws(() => from.byte(), /RECORD_TOO_SHORT/);
  throws(() => new JuteReader(bytes, 2, 6).ustring(), /LENGTH_OUT_OF_RANGE/);
});

test("a view inside a larger buffer is read at its own place", () => {
  const outer = bytesOfHex("dead 00000007 beef");
  equal(new JuteReader(outer.subarray(2, 6)).int(), 7);
});

test("a buffer is a view into the range, not a copy", () => {
  const bytes = bytesOfHex("00000001 41");
  const view = new JuteReader(bytes).buffer()!;
  bytes[4] = 0x42;
  equal(hexOf(view), "42");
});

test("a refused read moves nowhere past the range", () => {
  const calls: readonly Read[] = [
    (from) => from.byte(),
    (from) => from.int(),
    (from) => from.long(),
    (from) => from.buffer(),
    (from) => from.ustring(),
    (from) => from.count(1),
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat(5)), (bytes, picks) => {
      const from = new JuteReader(bytes);
      for (const pick of picks) {
        try {
          calls[pick]!(from);
        } catch (error) {
          equal(error instanceof ProtocolError, true);
        }
        equal(from.at <= from.end, true);
      }
    }),
  );
});
