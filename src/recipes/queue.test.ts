/** Items are put once, claimed by one, and stay until they are acknowledged. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { atEveryPoint, CutWorld, turn } from "../../test/support/cut-world.ts";
import { Queue } from "./queue.ts";

test("layout: names and folders are those of kazoo's LockingQueue", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const queue = new Queue(zk, "/q");
  await queue.put("later");
  await queue.put("now", { priority: 7 });
  deepEqual([...(await zk.getChildren("/q/entries"))].sort(), [
    "entry-007-0000000001",
    "entry-100-0000000000",
  ]);
  const claim = await queue.claim();
  deepEqual([claim.text, claim.priority, claim.name], ["now", 7, "entry-007-0000000001"]);
  const { data, stat } = await zk.getData("/q/taken/entry-007-0000000001");
  equal(data?.length, 32);
  equal(stat.ephemeralOwner, zk.sessionId);
  await claim.acknowledge();
  deepEqual(await zk.getChildren("/q/taken"), []);
  equal(await queue.size(), 1);
  await rejects(queue.put("x", { priority: 1000 }), RangeError);
  await world.close();
});

test("what others left in the folders is no item", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const queue = new Queue(zk, "/q");
  equal(await queue.tryClaim(), undefined);
  await zk.create("/q/entries/readme", "");
  equal(await queue.tryClaim(), undefined);
  equal(await queue.size(), 0);
  await world.close();
});

test("every item is put once and worked on once, wherever the connection is cut", async () => {
  await atEveryPoint(async (world, zk) => {
    const ours = new Queue(zk, "/q");
    const theirs = new Queue(world.client(), "/q");
    await ours.putAll(["a", "b"]);
    await Promise.all([ours.put("c"), theirs.put("d", { priority: 200 })]);
    const done: string[] = [];
    const work = async (queue: Queue): Promise<void> => {
      for (let claim = await queue.tryClaim(); claim; claim = await queue.tryClaim()) {
        done.push(claim.text);
        await claim.acknowledge();
      }
    };
    await Promise.all([work(ours), work(theirs)]);
    deepEqual(done.sort(), ["a", "b", "c", "d"]);
    equal(await theirs.size(), 0);
  });
});

test("one consumer gets items by priority, then in the order in which they were put", async () => {
  await atEveryPoint(async (world, zk) => {
    const queue = new Queue(world.client(), "/q");
    await queue.putAll(["1", "2", "3"]);
    await queue.put("urgent", { priority: 0 });
    const got: string[] = [];
    for await (const claim of new Queue(zk, "/q").claims()) {
      got.push(claim.text);
      await claim.acknowledge();
      if (got.length === 4) break;
    }
    deepEqual(got, ["urgent", "1", "2", "3"]);
  });
});

test("a claimer that waits gets what is put later, or what another gives back", async () => {
  await atEveryPoint(async (world, zk) => {
    const waiting = new Queue(zk, "/q").claim();
    await turn();
    const other = new Queue(world.client(), "/q");
    await other.put("x");
    const claim = await waiting;
    equal(await other.tryClaim(), undefined);
    const next = other.claim();
    await claim.release();
    const again = await next;
    equal(again.text, "x");
    await again.acknowledge();
  });
});

test("an item whose claimer has died is free again, and the dead cannot acknowledge it", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const claim = await (async () => {
    const queue = new Queue(zk, "/q");
    await queue.put("x");
    return await queue.claim();
  })();
  const other = new Queue(world.client(), "/q");
  const next = other.claim();
  equal(claim.lost.aborted, false);
  await world.expire(zk);
  await turn();
  equal(claim.lost.aborted, true);
  const again = await next;
  await rejects(claim.acknowledge(), { code: "SessionExpired" });
  await claim.release();
  equal(await other.tryClaim(), undefined);
  await again.acknowledge();
  equal(await other.size(), 0);
  await world.close();
});

test("a claimer that stops waiting leaves no claim", async () => {
  const world = new CutWorld();
  const queue = new Queue(world.client(), "/q");
  const abort = new AbortController();
  const waiting = rejects(queue.claim({ signal: abort.signal }), /enough/);
  await turn();
  abort.abort(new Error("enough"));
  await waiting;
  await queue.put("x");
  equal((await queue.claim()).text, "x");
  await world.close();
});
