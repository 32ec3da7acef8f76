/** Ages of writes from stage to stage, and learners that a leader brings up to date. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { makeZxid } from "../base/ids.ts";
import { Metrics } from "../base/metrics.ts";
import { packets } from "../zab/packets.ts";
import { MemberInstruments } from "./instruments.ts";
import { recordAge, SyncFigures, WriteAges } from "./member-figures.ts";

const rows: ReadonlyArray<readonly [why: string, stamped: number, now: number, want: number[]]> = [
  ["later by the same clock", 100, 107, [7]],
  ["the same moment", 100, 100, [0]],
  ["the same moment, rounded to two numbers", 100, 99, [0]],
  ["a clock that is behind tells nothing", 100, 98, []],
];
for (const [why, stamped, now, want] of rows) {
  test(`an age: ${why}`, () => {
    const into = new Metrics().percentiles("age");
    recordAge(into, stamped, now);
    deepEqual(into.count === 0 ? [] : [into.sum], want);
  });
}

test("a stage records each write once, in order, as far as it has come", () => {
  const into = new Metrics().percentiles("age");
  const ages = new WriteAges(into);
  ages.add(makeZxid(1, 1), 100);
  ages.add(makeZxid(1, 2), 110);
  ages.add(makeZxid(1, 3), 120);
  ages.reached(makeZxid(1, 0), 125);
  equal(into.count, 0);
  ages.reached(makeZxid(1, 2), 130);
  deepEqual([into.count, into.sum], [2, 50]);
  ages.reached(makeZxid(1, 2), 150);
  ages.reached(makeZxid(2, 0), 140);
  deepEqual([into.count, into.sum], [3, 70]);
});

test("a learner is counted by how it is brought up to date, and once", () => {
  const instruments = new MemberInstruments(new Metrics());
  const { syncsByDiff, syncsBySnapshot, diffsInFlight, snapshotsInFlight } = instruments;
  const syncs = new SyncFigures(instruments);
  syncs.sent([1], packets.snap(makeZxid(1, 1)));
  syncs.sent([2], packets.trunc(makeZxid(1, 1)));
  syncs.sent([2], packets.diff(makeZxid(1, 1)));
  syncs.sent([3], packets.diff(makeZxid(1, 1)));
  deepEqual([syncsByDiff.value, syncsBySnapshot.value], [2, 1]);
  deepEqual([diffsInFlight.count, diffsInFlight.max, diffsInFlight.min], [2, 2, 1]);
  syncs.sent([1, 2], packets.upToDate());
  syncs.ended(3);
  syncs.ended(3);
  deepEqual([diffsInFlight.count, diffsInFlight.min], [4, 0]);
  deepEqual([snapshotsInFlight.count, snapshotsInFlight.sum], [2, 1]);
});
