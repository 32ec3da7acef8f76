/** Leader and learners together, in random orders, with cuts and crashes. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { ZabWorld } from "../../test/support/zab-world.ts";

const SEEDS = 24;
const TURNS = 2000;

const worlds: ReadonlyArray<readonly [voters: number, observers: number]> = [
  [1, 0],
  [3, 0],
  [3, 1],
  [5, 1],
];

for (const [voters, observers] of worlds) {
  test(`nothing committed is lost: ${voters} voters, ${observers} observers`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new ZabWorld(seed, voters, observers);
      const faults = (seed % 4) * 0.004;
      try {
        for (let turn = 0; turn < TURNS; turn++) world.turn(faults);
      } catch (error) {
        throw new Error(`seed ${seed}, faults ${faults}`, { cause: error });
      }
      ok(world.decided.length > 0, `seed ${seed} commits something`);
    }
  });
}
