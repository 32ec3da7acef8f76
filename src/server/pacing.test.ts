/** When a machine goes on, and when the event loop stays awake. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Pacing } from "./pacing.ts";

const POLL_MS = 0.1;

class World {
  readonly told: string[] = [];
  mayPollNow = true;
  /** How often the loop was about to stay awake. */
  polls = 0;
  readonly pacing: Pacing;

  constructor(pollMs = POLL_MS) {
    const goOn = (isQuiet: boolean): void => void this.told.push(isQuiet ? "quiet" : "at once");
    const mayPoll = (): boolean => {
      this.polls++;
      return this.mayPollNow;
    };
    this.pacing = new Pacing({ goOn, mayPoll }, pollMs);
  }

  /** So many rounds of the event loop go by, each with an input if `input`. */
  async rounds(count: number, input = false): Promise<void> {
    for (let at = 0; at < count; at++) {
      if (input) this.pacing.input(0);
      await new Promise(setImmediate);
    }
  }
}

test("who is in a hurry goes on in the next round, once", async () => {
  const world = new World();
  world.pacing.ask(false);
  world.pacing.ask(true);
  await world.rounds(20);
  deepEqual(world.told, ["at once"]);
});

test("who is patient goes on when a burst of input has ended", async () => {
  const world = new World();
  world.pacing.ask(true);
  await world.rounds(40, true);
  deepEqual(world.told, []);
  await world.rounds(20);
  deepEqual(world.told, ["quiet"]);
});

test("patience has an end", async () => {
  const world = new World();
  world.pacing.ask(true);
  await world.rounds(200, true);
  deepEqual(world.told, ["at once"]);
});

test("a hurry ends the patience", async () => {
  const world = new World();
  world.pacing.ask(true);
  await world.rounds(3, true);
  world.pacing.ask(false);
  await world.rounds(1, true);
  deepEqual(world.told, ["at once"]);
});

/** Inputs, each so long behind the end of the last; the last comes to rest at 0. */
function inputs(world: World, gapsMs: readonly number[]): void {
  let now = -gapsMs.reduce((all, gap) => all + gap, 0);
  world.pacing.rests(now);
  for (const gap of gapsMs) {
    now += gap;
    world.pacing.input(now);
    world.pacing.rests(now);
  }
}

test("the loop stays awake behind inputs close to each other, for as long as it was told", async (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const world = new World();
  inputs(world, [5, ...Array<number>(8).fill(POLL_MS / 2)]);
  await world.rounds(20);
  const awake = world.polls;
  equal(awake > 10, true, `${awake} rounds`);
  now = 2 * POLL_MS;
  await world.rounds(20);
  equal(world.polls, awake + 1, "then it sleeps");
});

const sleeping: ReadonlyArray<readonly [why: string, gapsMs: readonly number[], pollMs: number]> = [
  ["few inputs", Array<number>(5).fill(0.01), POLL_MS],
  ["one in eight comes late", [...Array<number>(7).fill(0.01), 1, 0.01], POLL_MS],
  ["it is not wanted", Array<number>(20).fill(0), 0],
];
for (const [why, gaps, pollMs] of sleeping) {
  test(`the loop sleeps: ${why}`, async () => {
    const world = new World(pollMs);
    inputs(world, [5, ...gaps]);
    await world.rounds(5);
    equal(world.polls, 0);
  });
}

test("the loop sleeps while the processor is needed", async () => {
  const world = new World();
  world.mayPollNow = false;
  inputs(world, [5, ...Array<number>(20).fill(0.01)]);
  const asked = world.polls;
  await world.rounds(5);
  equal(world.polls, asked, "no round comes");
});
