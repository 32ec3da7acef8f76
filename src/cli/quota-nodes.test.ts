/** The text of quotas; what shells and servers do with it is compared by `shell-transcript`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { limitsText, NO_LIMITS, parseLimits } from "./quota-nodes.ts";

const rows: ReadonlyArray<readonly [text: string, limits: readonly bigint[]]> = [
  ["count=5,bytes=100=;byteHardLimit=170;countHardLimit=7", [5n, 100n, 7n, 170n]],
  ["count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=-1", [-1n, -1n, -1n, -1n]],
  ["count=3,bytes=9223372036854775807", [3n, 9223372036854775807n, -1n, -1n]],
  ["count=x,bytes=1", [-1n, 1n, -1n, -1n]],
  ["", [-1n, -1n, -1n, -1n]],
];
for (const [text, [count, bytes, countHard, bytesHard]] of rows) {
  test(`reads "${text}"`, () => {
    assert.deepEqual(parseLimits(text), { count, bytes, countHard, bytesHard });
  });
}

test("writes all four", () => {
  assert.equal(
    limitsText({ ...NO_LIMITS, count: 2n, bytesHard: 9n }),
    "count=2,bytes=-1=;byteHardLimit=9;countHardLimit=-1",
  );
});
