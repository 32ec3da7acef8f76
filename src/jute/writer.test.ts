/** What is written, and that the buffer grows without losing a byte. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfHex, hexOf, textOf, utf8 } from "../base/bytes.ts";
import { JuteReader } from "./reader.ts";
import { JuteWriter } from "./writer.ts";

type Write = (to: JuteWriter) => void;
const rows: ReadonlyArray<readonly [why: string, write: Write, hex: string]> = [
  ["false", (to) => to.bool(false), "00"],
  ["true", (to) => to.bool(true), "01"],
  ["a byte", (to) => to.byte(0x1ff), "ff"],
  ["a negative int", (to) => to.int(-2), "fffffffe"],
  ["a negative long", (to) => to.long(-2n), "fffffffffffffffe"],
  ["a long of all bits", (to) => to.long(0xffff_ffff_ffff_fffen), "fffffffffffffffe"],
  ["a null buffer", (to) => to.buffer(null), "ffffffff"],
  ["an empty buffer", (to) => to.buffer(new Uint8Array(0)), "00000000"],
  ["a buffer", (to) => to.buffer(bytesOfHex("0102")), "000000020102"],
  ["a null string", (to) => to.ustring(null), "ffffffff"],
  ["an empty string", (to) => to.ustring(""), "00000000"],
  ["an ASCII string", (to) => to.ustring("/a"), "000000022f61"],
  ["a string that turns out not to be ASCII", (to) => to.ustring("/é€"), "000000062fc3a9e282ac"],
  [
    "a string outside the BMP, in standard UTF-8",
    (to) => to.ustring("\u{1d11e}"),
    "00000004f09d849e",
  ],
  ["raw bytes", (to) => to.raw(bytesOfHex("0102")), "0102"],
];
for (const [why, write, hex] of rows) {
  test(`writes: ${why}`, () => {
    for (const capacity of [0, 1, 5, 64]) {
      // A small buffer grows while the value is written.
      const to = new JuteWriter(capacity);
      write(to);
      equal(hexOf(to.written()), hex);
      equal(hexOf(to.taken()), hex);
    }
  });
}

test("room can be reserved and filled in later", () => {
  const to = new JuteWriter(2);
  const at = to.reserve(4);
  to.ustring("/a");
  to.view.setInt32(at, to.at - 4);
  equal(hexOf(to.written()), "00000006000000022f61");
});

test("a cleared writer starts anew and does not touch what was taken", () => {
  const to = new JuteWriter();
  to.int(1);
  const taken = to.taken();
  to.clear();
  to.int(2);
  equal(hexOf(taken), "00000001");
  equal(hexOf(to.written()), "00000002");
});

test("any strings and buffers, one after another, read back", () => {
  const piece = fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array(), fc.constant(null));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const to = new JuteWriter(1);
      for (const each of pieces) {
        if (each instanceof Uint8Array) to.buffer(each);
        else to.ustring(each);
      }
      const from = new JuteReader(to.taken());
      for (const each of pieces) {
        if (each === null) equal(from.ustring(), null);
        else if (each instanceof Uint8Array) equal(hexOf(from.buffer()!), hexOf(each));
        else equal(from.ustring(), textOf(utf8(each)));
      }
      equal(from.remaining, 0);
    }),
  );
});
