/** What a flood of log lines becomes. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { LineLimiter } from "./line-limiter.ts";

test("so many lines a second of each kind, then their number once", () => {
  const limiter = new LineLimiter(2);
  const allowed = [0, 1, 2, 3].map((at) => limiter.allows("bad frame", at));
  deepEqual(allowed, [true, true, false, false]);
  equal(limiter.allows("too many", 4), true, "another kind has its own");
  deepEqual(limiter.takeLeftOut(999), [], "the second is not over");
  deepEqual(limiter.takeLeftOut(1000), [{ kind: "bad frame", lines: 2 }]);
  deepEqual(limiter.takeLeftOut(1001), []);
  equal(limiter.allows("bad frame", 1002), true);
});

test("what was left out is kept until it is told", () => {
  const limiter = new LineLimiter(1);
  for (let at = 0; at < 10_000; at += 100) limiter.allows("k", at);
  equal(limiter.takeLeftOut(11_000)[0]?.lines, 90);
});

test("a clock that goes back does not silence the log", () => {
  const limiter = new LineLimiter(1);
  equal(limiter.allows("k", 5000), true);
  equal(limiter.allows("k", 5001), false);
  equal(limiter.allows("k", 100), true);
});
