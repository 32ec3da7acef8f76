/** The list of situations: each stands there once, and what was not reached is told. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { neverReached, PROBES, Probes } from "./probes.ts";

test("no situation stands in the list twice", () => {
  equal(new Set(PROBES).size, PROBES.length);
});

test("what is reached is counted, also what only a member has words for", () => {
  const probes = new Probes();
  probes.reach("a snapshot was taken");
  probes.reach("a member tells: the moon is full");
  probes.reach("a snapshot was taken");
  deepEqual(
    [...probes.reached],
    [
      ["a member tells: the moon is full", 1],
      ["a snapshot was taken", 2],
    ],
  );
});

test("what is never reached is all the rest of the list, in order", () => {
  const all = new Map(PROBES.map((name) => [name, 1]));
  deepEqual(neverReached(all), []);
  all.set("a watch event came", 0);
  all.delete("a lock was held");
  deepEqual(neverReached(all), ["a lock was held", "a watch event came"]);
  deepEqual(neverReached(new Map()), [...PROBES].sort());
});
