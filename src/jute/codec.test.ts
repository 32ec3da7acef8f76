/** Codecs: null and absent values, vectors, records. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfHex, hexOf } from "../base/bytes.ts";
import { ProtocolError, type ProtocolErrorCode } from "../base/errors.ts";
import {
  bool,
  buffer,
  bufferOrNull,
  type Codec,
  int,
  long,
  millis,
  optionalBool,
  record,
  ustring,
  ustringOrNull,
  vector,
  vectorOrNull,
} from "./codec.ts";
import { JuteReader } from "./reader.ts";
import { JuteWriter } from "./writer.ts";

const Pair = record({ name: ustring, size: int });
const Tailed = record({ size: int, last: optionalBool });

const rows: ReadonlyArray<
  readonly [why: string, codec: Codec<unknown>, hex: string, value: unknown]
> = [
  ["int", int, "ffffffff", -1],
  ["bool", bool, "01", true],
  ["long", long(), "0000000000000001", 1n],
  ["milliseconds", millis, "000001a203f62a97", 1795362794135],
  ["negative milliseconds", millis, "ffffffffffffffff", -1],
  ["null string", ustringOrNull, "ffffffff", null],
  ["string", ustring, "0000000161", "a"],
  ["null buffer", bufferOrNull, "ffffffff", null],
  ["buffer", buffer, "0000000161", new Uint8Array([0x61])],
  ["null vector", vectorOrNull(int), "ffffffff", null],
  ["empty vector", vector(int), "00000000", []],
  ["vector", vector(int), "000000020000000100000002", [1, 2]],
  ["vector of records", vector(Pair), "00000001000000016100000007", [{ name: "a", size: 7 }]],
  ["a tail that is there", Tailed, "0000000101", { size: 1, last: true }],
  ["a tail that is not", Tailed, "00000001", { size: 1, last: undefined }],
];
for (const [why, codec, hex, value] of rows) {
  test(`both ways: ${why}`, () => {
    const from = new JuteReader(bytesOfHex(hex));
    deepEqual(codec.read(from), value);
    equal(from.remaining, 0);
    const to = new JuteWriter();
    codec.write(to, value);
    equal(hexOf(to.written()), hex);
  });
}

const bad: ReadonlyArray<
  readonly [why: string, codec: Codec<unknown>, hex: string, code: ProtocolErrorCode]
> = [
  ["a null string", ustring, "ffffffff", "UNEXPECTED_NULL"],
  ["a null buffer", buffer, "ffffffff", "UNEXPECTED_NULL"],
  ["a null vector", vector(int), "ffffffff", "UNEXPECTED_NULL"],
  [
    "a vector of more than can be there",
    vector(Pair),
    "00000002 0000000000000000 0000000000",
    "LENGTH_OUT_OF_RANGE",
  ],
  ["a record that ends early", Pair, "00000001 61 000000", "RECORD_TOO_SHORT"],
];
for (const [why, codec, hex, code] of bad) {
  test(`refuses: ${why}`, () =>
    throws(
      () => codec.read(new JuteReader(bytesOfHex(hex))),
      (error) => error instanceof ProtocolError && error.code === code,
    ));
}

test("bytes after a record stay unread", () => {
  const from = new JuteReader(bytesOfHex("00000001 61 00000007 ff"));
  deepEqual(Pair.read(from), { name: "a", size: 7 });
  equal(from.remaining, 1);
});

test("the fewest bytes of a record are those of its fields", () => {
  equal(Pair.bytesMin, 8);
  equal(Tailed.bytesMin, 4);
  equal(vector(Pair).bytesMin, 4);
});

const fields = { name: fc.string(), size: fc.integer() };
test("no value takes fewer bytes than its codec says", () => {
  fc.assert(
    fc.property(fc.array(fc.record(fields, { noNullPrototype: true })), (pairs) => {
      const to = new JuteWriter();
      vector(Pair).write(to, pairs);
      equal(to.at >= 4 + pairs.length * Pair.bytesMin, true);
      deepEqual(vector(Pair).read(new JuteReader(to.taken())), pairs);
    }),
  );
});
