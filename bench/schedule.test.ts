/** When requests are due. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Schedule } from "./schedule.ts";

const groups = (perSecond: number, count: number): readonly number[] => {
  const schedule = new Schedule(perSecond);
  return Array.from({ length: count }, () => schedule.take());
};

test("groups are even, and a second has all its requests", () => {
  deepEqual(groups(2_000, 4), [2, 2, 2, 2]);
  deepEqual(groups(2_500, 4), [2, 3, 2, 3]);
  deepEqual(groups(250, 8), [0, 0, 0, 1, 0, 0, 0, 1]);
  for (const rate of [1, 999, 12_345]) {
    equal(
      groups(rate, 1_000).reduce((sum, count) => sum + count),
      rate,
    );
  }
});

test("a group is due each millisecond from the start", () => {
  const schedule = new Schedule(1_000);
  equal(schedule.nextMs, 0);
  schedule.take();
  equal(schedule.nextMs, 1);
});
