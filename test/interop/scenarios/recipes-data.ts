/**
 * Counters, a queue and groups shared by Curator in Java, kazoo in Python and our own recipes at
 * the same time: no count and no item is lost or doubled, and all see each other.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ZooKeeper } from "../../../src/client/zookeeper.ts";
import { Counter, type CounterLayout } from "../../../src/recipes/counter.ts";
import { Group, type GroupLayout } from "../../../src/recipes/group.ts";
import { Queue } from "../../../src/recipes/queue.ts";
import { Sessions } from "../../../src/recipes/sessions.ts";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY } from "../../support/subjects.ts";
import { CURATOR_CLASSES, CURATOR_NEEDS } from "../curator.ts";
import { installFor } from "../install.ts";
import type { Scenario } from "../scenario.ts";

const INTEROP = join(REPOSITORY, "test/interop");
const LIMIT_MS = 120_000;
const ROUNDS = 50;
const POLL_MS = 20;

async function others(program: readonly string[], server: string): Promise<readonly string[]> {
  const ran = await runCommand([...program, server, `${ROUNDS}`], { limitMs: LIMIT_MS });
  if (ran.code !== 0) throw new Error(`${program.at(-1)}: ${ran.stdout}\n${ran.stderr}`);
  return ran.stdout.trimEnd().split("\n");
}

async function count(zk: ZooKeeper, path: string, layout: CounterLayout): Promise<void> {
  await using counter = new Counter(zk, path, { layout });
  for (let round = 0; round < ROUNDS; round++) await counter.increment();
}

async function work(zk: ZooKeeper, taken: string[], signal: AbortSignal): Promise<void> {
  await using queue = new Queue(zk, "/queue");
  await queue.putAll(Array.from({ length: ROUNDS }, (_, round) => `ours-${round}`));
  try {
    for await (const claim of queue.claims({ signal })) {
      taken.push(claim.text);
      await claim.acknowledge();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Joins, waits for one other, tells whom it met, and leaves. */
async function meet(sessions: Sessions, path: string, layout: GroupLayout): Promise<string> {
  const group = new Group(sessions, path, layout);
  await using _ = await group.join("ours", "hi");
  for await (const { members } of group.changes({ signal: AbortSignal.timeout(LIMIT_MS) })) {
    if (members.size < 2) continue;
    // Whoever has not seen us yet would wait for ever if we left now.
    while ((await sessions.current.exists(`/met-${path.slice(1)}`)) === undefined) {
      await wait(POLL_MS);
    }
    const seen = [...members].map(([id, data]) => `${id} ${data === null ? "-" : textOf(data)}`);
    return `${path}: ${seen.join(", ")}`;
  }
  throw new Error("the sessions were closed");
}

const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

export const recipesData: Scenario = {
  name: "recipes-data",
  async run(start) {
    await installFor(CURATOR_NEEDS);
    const subject = await start();
    const server = `127.0.0.1:${subject.port}`;
    const stop = new AbortController();
    try {
      await using zk = await ZooKeeper.connect(server);
      await using sessions = new Sessions(() => new ZooKeeper(server));
      const taken: string[] = [];
      const working = work(zk, taken, stop.signal);
      const [python, java, ...met] = await Promise.all([
        others(["/usr/bin/python3", "-B", join(INTEROP, "kazoo/data.py")], server),
        others(["java", "-cp", CURATOR_CLASSES, join(INTEROP, "java/Data.java")], server),
        meet(sessions, "/party", "kazoo"),
        meet(sessions, "/group", "curator"),
        count(zk, "/kazoo-count", "kazoo"),
        count(zk, "/curator-long", "curator-long"),
        count(zk, "/curator-int", "curator-int"),
      ]);
      stop.abort(new Error("the others have gone"));
      await working;
      for (const line of python.filter((one) => one.startsWith("took "))) taken.push(line.slice(5));
      assert.equal(new Set(taken).size, taken.length, "no item is taken twice");
      const counts = await Promise.all([
        new Counter(zk, "/kazoo-count").get(),
        new Counter(zk, "/curator-long", { layout: "curator-long" }).get(),
        new Counter(zk, "/curator-int", { layout: "curator-int" }).get(),
      ]);
      return [
        `items: ${taken.length} of ${2 * ROUNDS + 1}`,
        `counts: ${counts.join(" ")}`,
        ...[...python, ...java].filter((line) => line.startsWith("met ")),
        ...met.filter((line) => line !== undefined),
      ];
    } finally {
      stop.abort(new Error("over"));
      await subject.dispose();
    }
  },
};
