/** A script is shrunk to what its difference needs, and keeps the numbers of its steps. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { minimise } from "../interop/differential/minimise.ts";
import type { Step } from "../interop/differential/script.ts";

const STEPS: readonly Step[] = Array.from({ length: 40 }, () => ({ kind: "reattach", session: 0 }));
const isThere = (script: readonly Step[], at: number): boolean => script[at]?.kind === "reattach";
const left = (script: readonly Step[]): readonly number[] =>
  [...script.keys()].filter((at) => isThere(script, at));

/** Differs at step 31, if 3 and 17 come before it. */
const differs = async (script: readonly Step[]): Promise<number> =>
  [3, 17, 31].every((at) => isThere(script, at)) ? 31 : -1;

test("only the steps that the difference needs are left, where they were", async () => {
  const small = await minimise(STEPS, 31, 1_000, differs);
  deepEqual(left(small), [3, 17, 31]);
  equal(small.length, 32);
});

test("no more runs than allowed, and what is left still differs", async () => {
  let runs = 0;
  const small = await minimise(STEPS, 31, 7, (script) => {
    runs++;
    return differs(script);
  });
  ok(runs <= 7);
  equal(await differs(small), 31);
});
