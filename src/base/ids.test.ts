/** Zxids and session ids over the whole signed 64-bit range. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  counterOf,
  describeId,
  epochOf,
  makeZxid,
  nextZxid,
  toServerId,
  toSessionId,
  toZxid,
} from "./ids.ts";

const rows: ReadonlyArray<
  readonly [why: string, epoch: number, counter: number, zxid: bigint, text: string]
> = [
  ["nothing happened yet", 0, 0, 0n, "0x0"],
  ["the first transaction", 0, 1, 1n, "0x1"],
  ["the first of an epoch", 1, 1, 0x1_0000_0001n, "0x100000001"],
  ["the last of an epoch", 1, 0xffff_ffff, 0x1_ffff_ffffn, "0x1ffffffff"],
  ["the largest epoch", 0x7fff_ffff, 0, 0x7fff_ffff_0000_0000n, "0x7fffffff00000000"],
  ["an epoch below 0 is a zxid below 0", -1, 0, -0x1_0000_0000n, "0xffffffff00000000"],
  ["the smallest", -0x8000_0000, 0, -0x8000_0000_0000_0000n, "0x8000000000000000"],
  ["the zxid -1 of events", -1, 0xffff_ffff, -1n, "0xffffffffffffffff"],
];
for (const [why, epoch, counter, zxid, text] of rows) {
  test(`zxid: ${why}`, () => {
    equal(makeZxid(epoch, counter), zxid);
    equal(epochOf(toZxid(zxid)), epoch);
    equal(counterOf(toZxid(zxid)), counter);
    equal(describeId(zxid), text);
  });
}

test("epoch and counter make the zxid again", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (value) => {
      const zxid = toZxid(value);
      equal(makeZxid(epochOf(zxid), counterOf(zxid)), zxid);
    }),
  );
});

test("unsigned values come in as the signed value of the same bits", () => {
  equal(toSessionId(0xff00_0000_0000_0001n), -0xff_ffff_ffff_ffffn);
  equal(toZxid(1n << 64n), 0n);
  equal(toServerId(0x8000_0000_0000_0000n), -0x8000_0000_0000_0000n);
});

test("the next zxid counts on, and wraps at the end of the range", () => {
  equal(nextZxid(makeZxid(3, 7)), makeZxid(3, 8));
  equal(nextZxid(makeZxid(3, 0xffff_ffff)), makeZxid(4, 0));
  equal(nextZxid(toZxid((1n << 63n) - 1n)), -(1n << 63n));
});

test("zxids compare as signed numbers, as they do in the reference", () => {
  equal(makeZxid(-1, 0) < makeZxid(0, 0), true);
  equal(makeZxid(1, 0xffff_ffff) < makeZxid(2, 0), true);
});
