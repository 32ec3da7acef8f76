/** Numbers at the end of names, as servers and other clients make them. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { candidates, sequenceAfter } from "./sequence.ts";

test("names of different programs are ordered by their numbers alone", () => {
  const names = [
    "_c_ffffffff-0000-4000-8000-000000000000-lock-0000000002",
    "00000000000000000000000000000000__lock__0000000003",
    "_c_00000000-0000-4000-8000-000000000000-lock-0000000010",
    "something else",
    "leases",
  ];
  deepEqual(
    candidates(names, ["lock-", "__lock__"]).map(({ sequence }) => sequence),
    [2, 3, 10],
  );
});

const rows: ReadonlyArray<readonly [why: string, name: string, want: number | undefined]> = [
  ["a Curator name", "_c_6a8c-lock-0000000012", 12],
  ["a kazoo name", "6a8c__lock__0000000012", 12],
  ["a counter that has gone over", "6a8c__lock__-2147483648", -2147483648],
  ["a counter of another kind", "6a8c__rlock__0000000012", undefined],
  ["a name that ends too early", "_c_6a8c-lock-12", undefined],
  ["a name that goes on", "_c_6a8c-lock-0000000012x", undefined],
];
for (const [why, name, want] of rows) {
  test(`sequence: ${why}`, () => deepEqual(sequenceAfter(name, ["lock-", "__lock__"]), want));
}
