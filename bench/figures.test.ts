/** Medians and ratios over rounds. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { median, ratio, summary } from "./figures.ts";

test("the median", () => {
  equal(median([3, 1, 2]), 2);
  equal(median([4, 1, 2, 3]), 2.5);
  equal(median([7]), 7);
});

test("a summary has medians, of what is the longest the longest", () => {
  const rounds = [
    { perSecond: 10, maxMicros: 5 },
    { perSecond: 30, maxMicros: 9 },
    { perSecond: 20, maxMicros: 7, ms: 3 },
  ];
  deepEqual(summary(rounds), { perSecond: 20, maxMicros: 9, ms: 3 });
  deepEqual(summary([]), {});
});

test("a ratio compares within rounds, and is above 1 where ours is better", () => {
  const theirs = [{ perSecond: 100, p99Micros: 50 }, { perSecond: 10 }, { perSecond: 1 }];
  const ours = [{ perSecond: 200, p99Micros: 10 }, { perSecond: 40 }, {}];
  deepEqual(ratio(theirs, ours, "perSecond"), { median: 3, least: 2, most: 4 });
  deepEqual(ratio(theirs, ours, "p99Micros"), { median: 5, least: 5, most: 5 });
  equal(ratio(theirs, ours, "ms"), undefined);
});
