/**
 * Many programs, connections cut at random and sessions ended at random: what was counted and what
 * was put must add up. `QUOLL_RECIPE_SEEDS=first-last` runs other seeds, a run each.
 */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../src/base/prng.ts";
import { KeeperError } from "../src/client/keeper-error.ts";
import { Counter } from "../src/recipes/counter.ts";
import { Queue } from "../src/recipes/queue.ts";
import type { Sessions } from "../src/recipes/sessions.ts";
import { Cuts, CutWorld, turn } from "./support/cut-world.ts";

const { QUOLL_RECIPE_SEEDS = "1-4" } = process.env;
const [FIRST, LAST] = QUOLL_RECIPE_SEEDS.split("-").map(Number);
const PROGRAMS = 3;
const ROUNDS = 40;
const CUT_ONE_IN = 12;

/** Programs in one world, whose sessions end at random until all are done. */
async function chaos(
  seed: number,
  program: (sessions: Sessions, id: number) => Promise<void>,
): Promise<CutWorld> {
  const world = new CutWorld();
  const parts = Array.from({ length: PROGRAMS }, (_, id) =>
    world.sessions(Cuts.random(seed * PROGRAMS + id, CUT_ONE_IN)),
  );
  let isDone = false;
  const all = Promise.all(parts.map(program)).finally(() => {
    isDone = true;
  });
  const chance = new Prng(seed);
  while (!isDone) {
    for (let turns = chance.below(400); turns > 0 && !isDone; turns--) await turn();
    const zk = parts[chance.below(PROGRAMS)]!.current;
    if (!isDone && zk.state === "CONNECTED") await world.expire(zk);
  }
  await all;
  return world;
}

/** Does `work` with one client after the other. Errors of sessions that end come to `ended`. */
async function again(
  sessions: Sessions,
  work: (sessions: Sessions) => Promise<void>,
  ended: (error: KeeperError) => void,
): Promise<void> {
  for (;;) {
    try {
      return await work(sessions);
    } catch (error) {
      if (!(error instanceof KeeperError) || error.code !== "SessionExpired") throw error;
      ended(error);
    }
  }
}

for (let seed = FIRST!; seed <= LAST!; seed++) {
  test(`seed ${seed}: the counter is what was counted, give or take what is told as unknown`, async () => {
    let counted = 0;
    let unknown = 0;
    const world = await chaos(seed, async (sessions) => {
      let left = ROUNDS;
      const work = async (): Promise<void> => {
        const counter = new Counter(sessions.current, "/count");
        for (; left > 0; left--) {
          await counter.increment();
          counted++;
        }
      };
      await again(sessions, work, ({ ambiguous }) => {
        if (!ambiguous) return;
        unknown++;
        left--;
      });
    });
    const count = Number(await new Counter(world.client(), "/count").get());
    equal(count >= counted && count <= counted + unknown, true, `${counted}+${unknown}: ${count}`);
    await world.close();
  });

  test(`seed ${seed}: every item that was put is acknowledged, and by one only`, async () => {
    const put = new Set<string>();
    const maybe = new Set<string>();
    const acknowledged: string[] = [];
    const doubtful = new Set<string>();
    const world = await chaos(seed, async (sessions, id) => {
      let round = 0;
      let item = "";
      const work = async (): Promise<void> => {
        const queue = new Queue(sessions.current, "/queue");
        while (round < ROUNDS) {
          maybe.add(`${id}-${round}`);
          item = "";
          await queue.put(`${id}-${round}`);
          put.add(`${id}-${round++}`);
          const claim = await queue.tryClaim();
          item = claim?.text ?? "";
          await claim?.acknowledge();
          if (claim !== undefined) acknowledged.push(item);
        }
      };
      await again(sessions, work, () => {
        if (item !== "") doubtful.add(item);
        item = "";
        // What was under way may be there; another try puts something else.
        if (!put.has(`${id}-${round}`)) round++;
      });
    });
    const queue = new Queue(world.client(), "/queue");
    for (let claim = await queue.tryClaim(); claim; claim = await queue.tryClaim()) {
      acknowledged.push(claim.text);
      await claim.acknowledge();
    }
    equal(new Set(acknowledged).size, acknowledged.length, "acknowledged once");
    const all = new Set([...acknowledged, ...doubtful]);
    deepEqual(
      [...put].filter((item) => !all.has(item)),
      [],
      "none is lost",
    );
    deepEqual(
      [...all].filter((item) => !maybe.has(item)),
      [],
      "none is made up",
    );
    await world.close();
  });
}
