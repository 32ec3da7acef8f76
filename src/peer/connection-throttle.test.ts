/** The connection throttle: what it takes and refuses, by tokens, weight and chance. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../base/prng.ts";
import { ConnectionThrottle, type ConnectionThrottleSettings } from "./connection-throttle.ts";

const OFF: ConnectionThrottleSettings = {
  tokens: 0,
  fillTimeMs: 1,
  fillCount: 1,
  freezeTimeMs: -1,
  dropIncrease: 0.02,
  dropDecrease: 0.002,
  decreaseRatio: 0,
  weights: undefined,
};
const throttle = (settings: Partial<ConnectionThrottleSettings>) =>
  new ConnectionThrottle({ ...OFF, ...settings }, new Prng(1), 0);

test("0 tokens take every handshake", () => {
  const off = throttle({});
  for (let count = 0; count < 1000; count++) equal(off.admits("global", 0), true);
});

test("a bucket of three takes three handshakes at once", () => {
  const three = throttle({ tokens: 3 });
  for (const want of [true, true, true, false, false]) equal(three.admits("renew", 0), want);
  equal(three.deficit, 3);
});

const fills: ReadonlyArray<readonly [why: string, at: number, taken: number]> = [
  ["nothing is filled in while exactly the fill time went by", 10, 0],
  ["more than the fill time: whole tokens only", 14, 2],
  ["a part of a span counts for its part", 15, 3],
  ["never more than the bucket holds", 1000, 4],
];
for (const [why, at, taken] of fills) {
  test(why, () => {
    const bucket = throttle({ tokens: 4, fillTimeMs: 10, fillCount: 2 });
    for (let count = 0; count < 4; count++) equal(bucket.admits("global", 0), true);
    let more = 0;
    while (bucket.admits("global", at)) more++;
    equal(more, taken);
  });
}

test("kinds of handshakes cost their weight, and one that costs too much takes nothing", () => {
  const weights = { global: 3, renew: 2, local: 1 };
  const bucket = throttle({ tokens: 4, weights });
  equal(bucket.admits("global", 0), true);
  equal(bucket.admits("renew", 0), false);
  equal(bucket.deficit, 3);
  equal(bucket.admits("local", 0), true);
  equal(bucket.admits("local", 0), false);
});

test("an empty bucket raises the chance of refusal once in a freeze time, a full one lowers it", () => {
  const blue = throttle({
    ...{ tokens: 2, fillTimeMs: 1000, fillCount: 2 },
    ...{ freezeTimeMs: 5, dropIncrease: 0.4, dropDecrease: 0.3 },
  });
  blue.admits("global", 0);
  blue.admits("global", 0);
  const chances = [5, 6, 7, 12, 18, 24].map((at) => {
    blue.admits("global", at);
    return Number(blue.dropProbability.toFixed(3));
  });
  equal(chances.join(" "), "0 0.4 0.4 0.8 1 1");
  blue.admits("global", 2000);
  equal(Number(blue.dropProbability.toFixed(3)), 0.7);
});

test("at chance 1 every handshake is refused, whatever the bucket holds", () => {
  const shut = throttle({ tokens: 1, fillTimeMs: 10, freezeTimeMs: 0, dropIncrease: 1 });
  equal(shut.admits("global", 0), true);
  equal(shut.admits("global", 5), false);
  equal(shut.dropProbability, 1);
});

test("a missing part up to the decrease ratio lets the chance shrink", () => {
  const half = throttle({
    ...{ tokens: 4, fillTimeMs: 100, fillCount: 2 },
    ...{ freezeTimeMs: 0, dropIncrease: 1, dropDecrease: 0.25, decreaseRatio: 0.5 },
  });
  for (let count = 0; count < 4; count++) half.admits("global", 0);
  half.admits("global", 1);
  equal(half.dropProbability, 1);
  // Two of four tokens have come: exactly the half that may be missing.
  half.admits("global", 101);
  equal(half.dropProbability, 0.75);
});
