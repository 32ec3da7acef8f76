/** What a connection sends next. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Repeated } from "./pump.ts";

test("frames of different lengths come in turn, however many are taken at once", () => {
  const frames = [[1], [2, 2], [3, 3, 3]].map((bytes) => Uint8Array.from(bytes));
  const supply = new Repeated(frames, 4);
  const taken = [2, 4, 1, 3].map((count) => [...supply.take(count)]);
  deepEqual(taken, [[1, 2, 2], [3, 3, 3, 1, 2, 2, 3, 3, 3], [1], [2, 2, 3, 3, 3, 1]]);
});
