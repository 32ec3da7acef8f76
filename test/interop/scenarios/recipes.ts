/**
 * Curator in Java, kazoo in Python and our own recipes contend for one lock, one election and one
 * double barrier. Under the lock each counts up a node without looking at its version, and makes a
 * node that must not be there: two holders at once would end in an error or a count too low. One of
 * ours holds its locks over connections that are cut all the time.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ZooKeeper } from "../../../src/client/zookeeper.ts";
import { DoubleBarrier } from "../../../src/recipes/double-barrier.ts";
import { Election } from "../../../src/recipes/election.ts";
import { Lock, type LockNames } from "../../../src/recipes/lock.ts";
import { CuttingProxy } from "../../support/cutting-proxy.ts";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY } from "../../support/subjects.ts";
import { CURATOR_CLASSES, CURATOR_NEEDS } from "../curator.ts";
import { installFor } from "../install.ts";
import type { Scenario } from "../scenario.ts";

const INTEROP = join(REPOSITORY, "test/interop");
const LIMIT_MS = 120_000;
const ROUNDS = 100;
const MEETINGS = 5;
const POLL_MS = 10;
/** One of ours is cut off again and again. */
const CHUNKS_MAX = 20;
const CUTS_MIN = 20;

/** A program of others with its three arguments. */
type Others = (server: string, recipe: string, rounds: number) => Promise<void>;

const curator: Others = (...args) =>
  others(["java", "-cp", CURATOR_CLASSES, join(INTEROP, "java/Contest.java")], args);
const kazoo: Others = (...args) =>
  others(["/usr/bin/python3", "-B", join(INTEROP, "kazoo/contest.py")], args);

async function others(program: readonly string[], args: readonly unknown[]): Promise<void> {
  const ran = await runCommand([...program, ...args.map(String)], { limitMs: LIMIT_MS });
  if (ran.code !== 0) throw new Error(`${args[1]}: ${ran.stdout.slice(-500)}\n${ran.stderr}`);
}

/** What a holder of ours does. `token` must be larger than that of ours before it. */
async function inside(zk: ZooKeeper, token: bigint, tokens: bigint[]): Promise<void> {
  assert(token > (tokens.at(-1) ?? 0n), "tokens grow");
  tokens.push(token);
  await zk.create("/inside", null, { mode: "ephemeral" });
  const { data } = await zk.getData("/counter");
  await zk.setData("/counter", `${Number(new TextDecoder().decode(data ?? undefined)) + 1}`);
  await zk.delete("/inside");
}

type Contestant = {
  /** Whose session holds the lock. */
  readonly zk: ZooKeeper;
  readonly names: LockNames;
  readonly tokens: bigint[];
  /** Who counts up. */
  readonly worker: ZooKeeper;
};

async function lock(path: string, { zk, names, tokens, worker }: Contestant): Promise<void> {
  const ours = new Lock(zk, path, { names });
  for (let round = 0; round < ROUNDS; round++) {
    await using held = await ours.acquire({ timeoutMs: LIMIT_MS });
    await inside(worker, held.token, tokens);
  }
}

async function election(zk: ZooKeeper): Promise<void> {
  const tokens: bigint[] = [];
  for await (const term of new Election(zk, "/election", { id: "ours" }).terms()) {
    await inside(zk, term.token, tokens);
    if (tokens.length === ROUNDS) break;
  }
}

async function barrier(zk: ZooKeeper): Promise<void> {
  for (let round = 0; round < MEETINGS; round++) {
    const ours = new DoubleBarrier(zk, `/barrier/${round}`, 3);
    await zk.create(`/came/${round}/ours`);
    await ours.enter({ timeoutMs: LIMIT_MS });
    assert.equal((await zk.getChildren(`/came/${round}`)).length, 3, "all begin");
    await zk.create(`/went/${round}/ours`);
    await ours.leave({ timeoutMs: LIMIT_MS });
    assert.equal((await zk.getChildren(`/went/${round}`)).length, 3, "all end");
  }
}

async function count(zk: ZooKeeper): Promise<string> {
  const { data } = await zk.getData("/counter");
  await zk.setData("/counter", "0");
  return new TextDecoder().decode(data ?? undefined);
}

/** Holds `gate` until all of `contenders` stand in line, so that they do contend. */
async function together(gate: Lock, contenders: readonly (() => Promise<void>)[]): Promise<void> {
  const held = await gate.acquire();
  const done = Promise.all(contenders.map((begin) => begin()));
  const isInLine = async () => (await gate.contenders()).length > contenders.length;
  const all = async () => {
    while (!(await isInLine())) await wait(POLL_MS);
    await held.release();
  };
  await Promise.all([done, Promise.race([all(), done])]);
}

/** The folders that the programs do not make by themselves. */
async function prepare(zk: ZooKeeper): Promise<void> {
  await zk.create("/counter", "0");
  for (const folder of ["/came", "/went", "/barrier"]) {
    await zk.create(folder);
    for (let round = 0; round < MEETINGS; round++) await zk.create(`${folder}/${round}`);
  }
}

export const recipes: Scenario = {
  name: "recipes",
  async run(start) {
    await installFor(CURATOR_NEEDS);
    const subject = await start();
    const server = `127.0.0.1:${subject.port}`;
    try {
      await using zk = await ZooKeeper.connect(server);
      await using second = await ZooKeeper.connect(server);
      await using proxy = await CuttingProxy.start(subject.port, CHUNKS_MAX);
      // Two names for one place: after a cut the client comes back without a pause.
      await using shaky = await ZooKeeper.connect(
        `127.0.0.1:${proxy.port},localhost:${proxy.port}`,
      );
      await prepare(zk);
      const outcome: string[] = [];
      const tokens: bigint[] = [];
      await together(new Lock(zk, "/lock"), [
        () => lock("/lock", { zk, names: "curator", tokens, worker: zk }),
        () => lock("/lock", { zk: shaky, names: "curator", tokens, worker: second }),
        () => curator(server, "lock", ROUNDS),
        () => kazoo(server, "lock", ROUNDS),
      ]);
      assert(proxy.cuts > CUTS_MIN, `${proxy.cuts} connections were cut`);
      outcome.push(`one lock for Curator, kazoo and two of ours: ${await count(zk)}`);
      assert.deepEqual(await zk.getChildren("/lock"), []);
      await together(new Lock(zk, "/kazoo-lock", { names: "kazoo" }), [
        () => lock("/kazoo-lock", { zk, names: "kazoo", tokens: [], worker: zk }),
        () => kazoo(server, "kazoo-lock", ROUNDS),
      ]);
      outcome.push(`one lock for plain kazoo and ours: ${await count(zk)}`);
      await together(new Lock(zk, "/election"), [
        () => election(zk),
        () => curator(server, "election", ROUNDS),
        () => kazoo(server, "election", ROUNDS),
      ]);
      outcome.push(`one election for Curator, kazoo and ours: ${await count(zk)}`);
      await Promise.all([
        barrier(zk),
        curator(server, "barrier", MEETINGS),
        kazoo(server, "barrier", MEETINGS),
      ]);
      outcome.push("one double barrier for Curator, kazoo and ours");
      const wanted = [4 * ROUNDS, 2 * ROUNDS, 3 * ROUNDS];
      assert.deepEqual(
        outcome.slice(0, 3).map((line) => Number(line.split(": ")[1])),
        wanted,
      );
      return outcome;
    } finally {
      await subject.dispose();
    }
  },
};
