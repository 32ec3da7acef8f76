/** A cached subtree against the server's, with changes and broken connections at random. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServedClients, turn } from "../../test/support/served-client.ts";
import { Prng } from "../base/prng.ts";
import { CREATOR_ALL_ACL } from "./acl.ts";
import type { CacheChange, TreeCache } from "./cache.ts";
import { ClosedError, KeeperError, SessionExpiredError } from "./keeper-error.ts";
import type { ZooKeeper } from "./zookeeper.ts";

type Held = ReadonlyMap<string, string>;

const sorted = (entries: Iterable<readonly [string, string]>): Held =>
  new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Data and mzxid of each node. */
async function atServer(zk: ZooKeeper, path: string): Promise<[string, string][]> {
  if ((await zk.exists(path)) === undefined) return [];
  const { data, stat } = await zk.getData(path);
  const below = (await zk.getChildren(path)).map((name) => atServer(zk, `${path}/${name}`));
  return [[path, `${data} ${stat.mzxid} ${stat.czxid}`], ...(await Promise.all(below)).flat()];
}
const inCache = (cache: TreeCache): Held =>
  sorted(
    [...cache.entries()].map(([path, { data, stat }]) => [
      path,
      `${data} ${stat.mzxid} ${stat.czxid}`,
    ]),
  );

/** What the changes that were told add up to. Each must fit what was told before. */
function follower(cache: TreeCache): { readonly held: Map<string, string> } {
  const held = new Map<string, string>();
  cache.onChange(({ kind, path, before, now }: CacheChange) => {
    const word = (node: typeof now) => node && `${node.data} ${node.stat.mzxid} ${node.stat.czxid}`;
    assert.equal(held.get(path), word(before), `${kind} ${path}`);
    if (now === undefined) held.delete(path);
    else held.set(path, word(now)!);
  });
  return { held };
}

const PATHS = ["/r", "/r/a", "/r/b", "/r/a/x", "/r/a/y", "/r/b/x", "/r/a/x/deep"];

/** One random write; refusals belong to it. */
async function write(zk: ZooKeeper, chance: Prng): Promise<void> {
  const path = chance.pick(PATHS);
  try {
    const kind = chance.below(5);
    if (kind < 2) await zk.create(path, `${chance.below(100)}`);
    else if (kind < 4) await zk.setData(path, `${chance.below(100)}`);
    else await zk.delete(path);
  } catch (error) {
    assert(error instanceof KeeperError);
  }
}

/** 73: a child outlived its parent in the cache, when a reading of it was lost. */
for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 73]) {
  test(`it becomes the server's tree, wherever the connection breaks (seed ${seed})`, async () => {
    const chance = new Prng(seed);
    const served = new ServedClients();
    const writer = served.client();
    const { zk, cut } = served.cuttable();
    for (let writes = chance.below(15); writes > 0; writes--) await write(writer, chance);
    const cache = zk.cache("/r");
    const { held } = follower(cache);
    for (let round = 0; round < 8; round++) {
      for (let step = chance.below(40); step > 0; step--) {
        if (chance.chance(0.1)) cut(chance.chance(0.5) ? "at once" : "after the requests");
        if (chance.chance(0.3)) await turn();
        await write(writer, chance);
      }
      await cache.sync();
      const want = sorted(await atServer(writer, "/r"));
      assert.deepEqual(inCache(cache), want);
      await turn();
      assert.deepEqual(sorted(held), want);
      for (const path of want.keys()) {
        assert.equal(cache.children(path)?.length, (await writer.getChildren(path)).length);
      }
    }
    await Promise.all([writer.close(), zk.close()]);
  });
}

test("it loads, follows and tells", async () => {
  const zk = new ServedClients().client();
  await zk.create("/a", "1");
  await zk.create("/a/b");
  const cache = zk.cache("/a");
  const told: string[] = [];
  cache.onChange(({ kind, path }) => void told.push(`${kind} ${path}`));
  await cache.ready;
  assert(cache.isCurrent);
  assert.equal(cache.size, 2);
  assert.deepEqual(cache.children("/a"), ["b"]);
  await zk.setData("/a", "2");
  await zk.delete("/a/b");
  await zk.create("/elsewhere");
  await cache.sync();
  assert.equal(`${cache.get("/a")?.data}`, "50");
  assert.equal(cache.get("/a/b"), undefined);
  assert.equal(cache.children("/a/b"), undefined);
  const want = ["added /a", "added /a/b", "changed /a", "removed /a/b"];
  assert.deepEqual(told, want);
  await zk.close();
});

test("a root that does not exist yet, under a chroot, and the root of all", async () => {
  const served = new ServedClients();
  const zk = served.client();
  await zk.create("/app");
  const inner = served.client({}, "/app");
  const cache = inner.cache("/late");
  const all = inner.cache("/");
  await Promise.all([cache.ready, all.ready]);
  assert.equal(cache.size, 0);
  await zk.create("/app/late", "x");
  await zk.create("/app/late/node");
  await Promise.all([cache.sync(), all.sync()]);
  assert.deepEqual(cache.children("/late"), ["node"]);
  assert.deepEqual([...all.entries()].map(([path]) => path).sort(), ["/", "/late", "/late/node"]);
  await Promise.all([zk.close(), inner.close()]);
});

test("nodes that may not be read are left out", async () => {
  const served = new ServedClients();
  const owner = served.client({ auth: [{ scheme: "digest", auth: "a:b" }] });
  await owner.create("/a");
  await owner.create("/a/secret", "", { acl: CREATOR_ALL_ACL });
  const zk = served.client();
  const cache = zk.cache("/a");
  await cache.ready;
  assert.equal(cache.size, 1);
  await Promise.all([owner.close(), zk.close()]);
});

test("closed, it lets go of its watch and keeps what it holds", async () => {
  const served = new ServedClients();
  const zk = served.client();
  await zk.create("/a");
  const cache = zk.cache("/a");
  const early = zk.cache("/a");
  await early.close();
  await assert.rejects(early.ready, ClosedError);
  await cache.ready;
  await cache.close();
  await cache.close();
  assert.equal(served.world.machine.status.watchCount, 0);
  await zk.create("/a/b");
  assert(!cache.isCurrent);
  assert.equal(cache.size, 1);
  await assert.rejects(cache.sync(), ClosedError);
  await zk.close();
});

test("the end of the session ends it", async () => {
  const served = new ServedClients();
  const { zk, cut } = served.cuttable({ timeoutMs: 4000 });
  const cache = zk.cache("/");
  await cache.ready;
  served.refuse(true);
  cut();
  await turn();
  const waiting = cache.sync();
  served.world.pass(10_000);
  served.refuse(false);
  await assert.rejects(waiting, SessionExpiredError);
  assert(!cache.isCurrent);
  await assert.rejects(zk.cache("/").ready, SessionExpiredError);
});
