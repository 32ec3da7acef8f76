/** The seeded generator: the same from every machine, spread well enough for tests. */
import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Prng } from "./prng.ts";

const draw = (seed: number, count: number): readonly number[] => {
  const prng = new Prng(seed);
  return Array.from({ length: count }, () => prng.uint32());
};

test("a seed is a sequence, for ever: saved seeds depend on it", () => {
  deepEqual(draw(1, 4), [1580013426, 350525680, 3524174333, 3011703609]);
});

test("equal seeds draw the same, others do not", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      deepEqual(draw(seed, 20), draw(seed, 20));
      notDeepEqual(draw(seed, 20), draw((seed + 1) | 0, 20));
    }),
  );
});

test("what is below a bound stays below it", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
      const prng = new Prng(seed);
      for (let round = 0; round < 20; round++) {
        const drawn = prng.below(bound);
        ok(Number.isInteger(drawn) && drawn >= 0 && drawn < bound);
      }
    }),
  );
});

test("chance is right in the long run, and sure at its ends", () => {
  const prng = new Prng(7);
  let hits = 0;
  for (let round = 0; round < 10_000; round++) if (prng.chance(0.25)) hits++;
  ok(hits > 2300 && hits < 2700, `${hits} of 10000`);
  for (let round = 0; round < 100; round++) {
    equal(prng.chance(0), false);
    equal(prng.chance(1), true);
  }
});

test("every choice is picked", () => {
  const prng = new Prng(3);
  const picked = new Set(Array.from({ length: 200 }, () => prng.pick(["a", "b", "c"])));
  deepEqual([...picked].sort(), ["a", "b", "c"]);
});
