/** Session passwords against captured ones. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { hexOf } from "../base/bytes.ts";
import { toSessionId } from "../base/ids.ts";
import { passwordOf } from "./password.ts";

const rows: ReadonlyArray<readonly [why: string, session: bigint, password: string]> = [
  [
    "captured from Apache 3.8.0 (spec 8.8)",
    0x0100001358de0000n,
    "401ef643cd928d3e1e7b28975ea823d4",
  ],
];
for (const [why, session, password] of rows) {
  test(`password: ${why}`, () => equal(hexOf(passwordOf(toSessionId(session))), password));
}

test("password: only the low 48 bits of an id enter, as in java.util.Random", () => {
  const low = hexOf(passwordOf(toSessionId(1n)));
  equal(hexOf(passwordOf(toSessionId(0xff00_0000_0000_0001n))), low);
  equal(hexOf(passwordOf(toSessionId(2n))) === low, false);
});
