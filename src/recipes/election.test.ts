/** Elections: layouts, terms, latches; one leader at a time wherever a connection is cut. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { atEveryPoint, CutWorld, turn, until } from "../../test/support/cut-world.ts";
import { atEveryExpiry } from "../../test/support/expiry-points.ts";
import { isEmpty } from "../../test/support/holding.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { Election, type ElectionNames } from "./election.ts";

const PATH = "/elections/one";

const rows: ReadonlyArray<readonly [names: ElectionNames, node: RegExp]> = [
  ["selector", /^\/elections\/one\/_c_[0-9a-f-]{36}-lock-\d{10}$/],
  ["latch", /^\/elections\/one\/_c_[0-9a-f-]{36}-latch-\d{10}$/],
  ["kazoo", /^\/elections\/one\/[0-9a-f]{32}__lock__\d{10}$/],
];
for (const [names, node] of rows) {
  test(`layout: ${names}`, async () => {
    const world = new CutWorld();
    const election = new Election(world.client(), PATH, { names, id: "me" });
    for await (const { path } of election.terms()) {
      match(path, node);
      deepEqual(await election.contenders(), [{ path, id: "me" }]);
      break;
    }
    await isEmpty(world, PATH);
    await world.close();
  });
}

test("a term ends with the loop's body; the next candidate leads; tokens grow", async () => {
  const world = new CutWorld();
  const order: string[] = [];
  const tokens: bigint[] = [];
  const candidate = async (id: string): Promise<void> => {
    const election = new Election(world.client(), PATH, { id });
    for await (const term of election.terms()) {
      order.push(id);
      tokens.push(term.token);
      await until(
        "both stand",
        async () => (await election.contenders()).length > 1 || order.length > 3,
      );
      if (order.length > 3) break;
    }
  };
  await Promise.all([candidate("a"), candidate("b")]);
  deepEqual(
    tokens,
    [...tokens].sort((a, b) => (a < b ? -1 : 1)),
  );
  equal(order.length >= 4, true);
  await world.close();
});

test("the signal ends a term and the candidacy; a lost term is told", async () => {
  const world = new CutWorld();
  const election = new Election(world.client(), PATH);
  const abort = new AbortController();
  const reasons: string[] = [];
  for await (const term of election.terms({ signal: abort.signal })) {
    if (reasons.length === 0) await world.client().delete(term.path);
    else abort.abort(new Error("enough"));
    await until("the term is over", () => term.signal.aborted);
    reasons.push(`${term.signal.reason.message}`.replace(/^.*: /, ""));
  }
  deepEqual(reasons, ["the node was deleted", "enough"]);
  await isEmpty(world, PATH);
  await world.close();
});

test("a latch leads, leads again after a loss, and leaves when it is closed", async () => {
  const world = new CutWorld();
  const election = new Election(world.client(), PATH, { names: "latch" });
  const latch = election.latch();
  const term = await latch.leading();
  equal(latch.isLeader, true);
  await using other = new Election(world.client(), PATH, { names: "latch" }).latch();
  await rejects(other.leading({ timeoutMs: 1 }), { name: "TimeoutError" });
  await world.client().delete(term.path);
  await until("it is told", () => term.signal.aborted && !latch.isLeader);
  await other.leading();
  await other.close();
  await rejects(other.leading(), { name: "AbortError" });
  await latch.leading();
  await latch.close();
  await isEmpty(world, PATH);
  await world.close();
});

test("a latch whose session ends says so", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const latch = new Election(zk, PATH).latch();
  await latch.leading();
  await world.expire(zk);
  await until("it is told", () => !latch.isLeader);
  await rejects(latch.leading(), { code: "SessionExpired" });
  await latch.close();
  await world.close();
});

/** Candidates that each lead twice; `leading` holds those who believe that they lead. */
async function elect(world: CutWorld, clients: readonly ZooKeeper[]): Promise<number> {
  const tokens: bigint[] = [];
  const leading = new Set<AbortSignal>();
  const leaders = (): number => [...leading].filter((signal) => !signal.aborted).length;
  const candidate = async (zk: ZooKeeper): Promise<void> => {
    let terms = 0;
    for await (const { token, signal } of new Election(zk, PATH).terms()) {
      leading.add(signal);
      await until("one leads", () => leaders() <= 1);
      equal(token > (tokens.at(-1) ?? 0n), true);
      tokens.push(token);
      await turn();
      leading.delete(signal);
      if (++terms === 2) break;
    }
  };
  const done = clients.map((zk) =>
    candidate(zk).catch((error: unknown) => {
      if (zk.state !== "EXPIRED") throw error;
    }),
  );
  await Promise.all(done);
  await isEmpty(world, PATH);
  return tokens.length;
}

test("one leader at a time, wherever the connection is cut", async () => {
  await atEveryPoint(async (world, zk) => {
    equal(await elect(world, [zk, world.client(), world.client()]), 6);
  });
});

test("wherever the session ends, the others lead", async () => {
  await atEveryExpiry(async (world, zk) => {
    equal((await elect(world, [zk, world.client()])) >= 2, true);
  });
});
