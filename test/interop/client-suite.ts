/**
 * The client against a running server, by its address: Apache ZooKeeper or Quoll.
 *
 *   node dist/test/interop/client-suite.js 127.0.0.1:2181
 *
 * The server needs `zookeeper.extendedTypesEnabled=true`. Works below a node of its own, which it
 * removes. Ends with the line `N passed, M failed`; exit code 1 when any failed.
 */
import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import {
  AuthFailedError,
  BadArgumentsError,
  BadVersionError,
  ClosedError,
  CodecError,
  ConnectionLossError,
  CREATOR_ALL_ACL,
  InvalidACLError,
  json,
  KeeperError,
  NoAuthError,
  NoChildrenForEphemeralsError,
  NodeExistsError,
  NoNodeError,
  NotEmptyError,
  NoWatcherError,
  OPEN_ACL,
  op,
  SessionExpiredError,
  splitProtected,
  text as utf8,
  type WatchedEvent,
  ZooKeeper,
} from "../../src/client/index.ts";

const address = process.argv[2];
if (address === undefined) {
  process.stderr.write("usage: client-suite.js host:port\n");
  process.exit(2);
}
const ROOT = `/quoll-interop-${process.pid}`;

type Test = (zk: ZooKeeper, root: string) => Promise<void>;
const tests: [string, Test][] = [];
const test = (name: string, run: Test): void => void tests.push([name, run]);

/** Collects events; `next` waits for one. */
function recorder() {
  const seen: WatchedEvent[] = [];
  const waiting: ((event: WatchedEvent) => void)[] = [];
  const watcher = (event: WatchedEvent): void => {
    const first = waiting.shift();
    if (first === undefined) seen.push(event);
    else first(event);
  };
  const next = (): Promise<WatchedEvent> => {
    const first = seen.shift();
    return first === undefined
      ? new Promise((resolve) => void waiting.push(resolve))
      : Promise.resolve(first);
  };
  return { watcher, next, seen };
}

/** A way to the server that can be cut and opened again. */
async function proxy(target: string) {
  const [host = "", port = ""] = target.split(":");
  const open = new Set<Socket>();
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) return void near.destroy();
    const far = connect({ host, port: Number(port) });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on("data", (bytes) => void to.write(bytes));
      from.on("error", () => {});
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = server.address();
  assert(at !== null && typeof at === "object");
  return {
    address: `127.0.0.1:${at.port}`,
    cut(): void {
      for (const socket of open) socket.destroy();
    },
    refuse(on: boolean): void {
      refusing = on;
    },
    close(): void {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

const rejects = (promise: Promise<unknown>, type: new (...args: never[]) => Error): Promise<void> =>
  assert.rejects(promise, type);
const text = (data: Uint8Array | null): string | null =>
  data === null ? null : new TextDecoder().decode(data);
const waitUntil = (zk: ZooKeeper, wanted: string): Promise<void> =>
  new Promise((resolve) => {
    if (zk.state === wanted) return resolve();
    const stop = zk.onState((state) => {
      if (state !== wanted) return;
      stop();
      resolve();
    });
  });

test("create, getData, setData, exists, delete", async (zk, root) => {
  assert.equal(await zk.create(`${root}/a`, "one"), `${root}/a`);
  const { data, stat } = await zk.getData(`${root}/a`);
  assert.equal(text(data), "one");
  assert.equal(stat.version, 0);
  assert.equal(stat.dataLength, 3);
  const changed = await zk.setData(`${root}/a`, new Uint8Array([1, 2]), 0);
  assert.equal(changed.version, 1);
  assert.deepEqual((await zk.getData(`${root}/a`)).data, new Uint8Array([1, 2]));
  assert.equal((await zk.exists(`${root}/a`))?.mzxid, changed.mzxid);
  await zk.delete(`${root}/a`, 1);
  assert.equal(await zk.exists(`${root}/a`), undefined);
});

test("null data and empty data are kept apart", async (zk, root) => {
  await zk.create(`${root}/null`);
  await zk.create(`${root}/empty`, "");
  assert.equal((await zk.getData(`${root}/null`)).data, null);
  assert.deepEqual((await zk.getData(`${root}/empty`)).data, new Uint8Array(0));
});

test("modes: sequential, ephemeral, container, TTL", async (zk, root) => {
  assert.equal(
    await zk.create(`${root}/s-`, "", { mode: "persistentSequential" }),
    `${root}/s-0000000000`,
  );
  const path = await zk.create(`${root}/e-`, "", { mode: "ephemeralSequential" });
  assert.equal(path, `${root}/e-0000000001`);
  assert.equal((await zk.exists(path))?.ephemeralOwner, zk.sessionId);
  assert.equal(await zk.create(`${root}/c`, "", { mode: "container" }), `${root}/c`);
  const ttl = await zk.createWithStat(`${root}/t`, "x", {
    mode: "persistentWithTtl",
    ttlMs: 1e7,
  });
  assert.equal(ttl.path, `${root}/t`);
  assert.equal(ttl.stat.dataLength, 1);
  assert.equal(
    await zk.create(`${root}/ts-`, "", { mode: "persistentSequentialWithTtl", ttlMs: 1e7 }),
    `${root}/ts-0000000004`,
  );
  const plain = await zk.createWithStat(`${root}/p`, "xy");
  assert.equal(plain.stat.dataLength, 2);
  assert.deepEqual(await zk.getEphemerals(root), [path]);
});

test("every refusal has its class, code and path", async (zk, root) => {
  await zk.create(`${root}/x`);
  await zk.create(`${root}/eph`, "", { mode: "ephemeral" });
  await rejects(zk.create(`${root}/x`), NodeExistsError);
  await rejects(zk.create(`${root}/no/where`), NoNodeError);
  await rejects(zk.create(`${root}/eph/child`), NoChildrenForEphemeralsError);
  await rejects(zk.setData(`${root}/x`, "", 7), BadVersionError);
  await rejects(zk.delete(root), NotEmptyError);
  await rejects(zk.create(`${root}/acl`, "", { acl: [] }), InvalidACLError);
  const error = await zk.getData(`${root}/none`).catch((one: unknown) => one);
  assert(error instanceof KeeperError);
  assert.equal(error.code, "NoNode");
  assert.equal(error.path, `${root}/none`);
  assert.equal(error.retryable, false);
  assert.equal(error.ambiguous, false);
});

test("wrong arguments are refused before anything is sent", async (zk, root) => {
  await rejects(zk.getData("x"), BadArgumentsError);
  await rejects(zk.getData(`${root}/`), BadArgumentsError);
  await rejects(zk.getData(`${root}//a`), BadArgumentsError);
  await rejects(zk.getData(`${root}/../a`), BadArgumentsError);
  await rejects(zk.setData(root, "", 2 ** 40), BadArgumentsError);
  await rejects(zk.create(`${root}/t`, "", { ttlMs: 5 }), BadArgumentsError);
  await rejects(zk.create(`${root}/t`, "", { mode: "persistentWithTtl" }), BadArgumentsError);
  await rejects(zk.create(`${root}/big`, new Uint8Array(2 ** 20)), BadArgumentsError);
  assert.equal(zk.state, "CONNECTED");
});

test("children, with and without Stat", async (zk, root) => {
  await Promise.all(["b", "a", "c"].map((name) => zk.create(`${root}/${name}`)));
  assert.deepEqual([...(await zk.getChildren(root))].sort(), ["a", "b", "c"]);
  const { children, stat } = await zk.getChildrenWithStat(root);
  assert.equal(children.length, 3);
  assert.equal(stat.numChildren, 3);
  assert.equal(await zk.getAllChildrenNumber(root), 3);
});

test("requests are pipelined and answered in order", async (zk, root) => {
  const order: number[] = [];
  const paths = await Promise.all(
    Array.from({ length: 2000 }, async (_, index) => {
      const path = await zk.create(`${root}/p-`, "", { mode: "persistentSequential" });
      order.push(index);
      return path;
    }),
  );
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.deepEqual(paths, [...paths].sort());
  await Promise.all(paths.map((path) => zk.delete(path)));
});

test("ACLs, identities and whoAmI", async (zk, root) => {
  await using other = await ZooKeeper.connect(address);
  await other.addAuth("digest", "bob:pw");
  const ids = (await other.whoAmI()).map(({ authScheme, user }) => `${authScheme}:${user}`);
  assert(ids.includes("digest:bob"));
  await other.create(`${root}/prot`, "secret", { acl: CREATOR_ALL_ACL });
  await rejects(zk.getData(`${root}/prot`), NoAuthError);
  const { acl } = await other.getACL(`${root}/prot`);
  assert.deepEqual(acl, [{ perms: 31, scheme: "digest", id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=" }]);
  await rejects(other.setACL(`${root}/prot`, OPEN_ACL, 5), BadVersionError);
  assert.equal((await other.setACL(`${root}/prot`, OPEN_ACL, 0)).aversion, 1);
  assert.equal(text((await zk.getData(`${root}/prot`)).data), "secret");
});

test("a refused identity ends the session", async () => {
  const events = recorder();
  const other = await ZooKeeper.connect(address, { watcher: events.watcher });
  await rejects(other.addAuth("nonsense", "x"), AuthFailedError);
  assert.equal(other.state, "AUTH_FAILED");
  await rejects(other.getData("/"), AuthFailedError);
  assert.equal((await events.next()).state, "SyncConnected");
  assert.equal((await events.next()).state, "AuthFailed");
  await other.close();
});

test("multi: all or nothing", async (zk, root) => {
  const results = await zk.multi([
    op.create(`${root}/m`, "1"),
    op.check(`${root}/m`, 0),
    op.setData(`${root}/m`, "2"),
    op.create(`${root}/m/s-`, "", { mode: "ephemeralSequential" }),
    op.create(`${root}/mc`, "", { mode: "container" }),
  ]);
  assert.deepEqual(
    results.map((result) => result.kind),
    ["create", "check", "setData", "create", "create2"],
  );
  const failed = await zk
    .transaction()
    .setData(`${root}/m`, "3")
    .delete(`${root}/none`)
    .create(`${root}/never`)
    .commit()
    .catch((error: unknown) => error);
  assert(failed instanceof NoNodeError);
  assert.equal(failed.element?.index, 1);
  assert.equal(failed.element?.results.length, 3);
  assert.equal(text((await zk.getData(`${root}/m`)).data), "2");
  assert.deepEqual(await zk.multi([]), []);
});

test("multiRead: each for itself", async (zk, root) => {
  await zk.create(`${root}/r`, "data");
  const results = await zk.multiRead([
    op.getData(`${root}/r`),
    op.getData(`${root}/none`),
    op.getChildren(root),
  ]);
  const [first, second, third] = results;
  assert(first?.kind === "getData" && text(first.data) === "data");
  assert(second?.kind === "error" && second.error instanceof NoNodeError);
  assert.equal(second.error.path, `${root}/none`);
  assert(third?.kind === "getChildren" && third.children.length === 1);
});

test("one-shot watches: data, children, existence", async (zk, root) => {
  const events = recorder();
  assert.equal(await zk.exists(`${root}/w`, { watch: events.watcher }), undefined);
  await zk.getChildren(root, { watch: events.watcher });
  await zk.create(`${root}/w`, "1");
  assert.deepEqual((await events.next()).type, "NodeCreated");
  assert.deepEqual((await events.next()).type, "NodeChildrenChanged");
  await zk.getData(`${root}/w`, { watch: events.watcher });
  await zk.setData(`${root}/w`, "2");
  await zk.setData(`${root}/w`, "3");
  const changed = await events.next();
  assert.equal(changed.type, "NodeDataChanged");
  assert.equal(changed.path, `${root}/w`);
  await rejects(zk.getData(`${root}/none`, { watch: events.watcher }), NoNodeError);
  await zk.create(`${root}/none`);
  assert.equal(events.seen.length, 0);
});

test("an event comes before the reply to the write that caused it", async (zk, root) => {
  const order: string[] = [];
  await zk.create(`${root}/o`, "");
  await zk.getData(`${root}/o`, { watch: () => order.push("event") });
  await zk.setData(`${root}/o`, "x").then(() => order.push("reply"));
  assert.deepEqual(order, ["event", "reply"]);
});

test("persistent watches, and their removal", async (zk, root) => {
  const one = recorder();
  const deep = recorder();
  await zk.addWatch(`${root}/pw`, "persistent", one.watcher);
  await zk.addWatch(`${root}/rw`, "persistentRecursive", deep.watcher);
  await zk.create(`${root}/pw`);
  await zk.setData(`${root}/pw`, "1");
  await zk.create(`${root}/pw/kid`);
  for (const type of ["NodeCreated", "NodeDataChanged", "NodeChildrenChanged"]) {
    assert.equal((await one.next()).type, type);
  }
  await zk.create(`${root}/rw`);
  await zk.create(`${root}/rw/kid`);
  await zk.delete(`${root}/rw/kid`);
  for (const wanted of ["NodeCreated /rw", "NodeCreated /rw/kid", "NodeDeleted /rw/kid"]) {
    const { type, path } = await deep.next();
    assert.equal(`${type} ${path?.slice(root.length)}`, wanted);
  }
  await zk.removeWatches(`${root}/pw`);
  assert.equal((await one.next()).type, "PersistentWatchRemoved");
  await zk.setData(`${root}/pw`, "2");
  await rejects(zk.removeWatches(`${root}/pw`), NoWatcherError);
  assert.equal(one.seen.length, 0);
});

test("one of two watchers leaves", async (zk, root) => {
  await zk.create(`${root}/two`);
  const stays = recorder();
  const goes = recorder();
  await zk.getData(`${root}/two`, { watch: stays.watcher });
  await zk.getData(`${root}/two`, { watch: goes.watcher });
  await zk.removeWatches(`${root}/two`, { watcher: goes.watcher });
  assert.equal((await goes.next()).type, "DataWatchRemoved");
  await zk.setData(`${root}/two`, "x");
  assert.equal((await stays.next()).type, "NodeDataChanged");
  assert.equal(goes.seen.length, 0);
});

test("a chroot hides what is above it", async (zk, root) => {
  await using inner = await ZooKeeper.connect(`${address}${root}`);
  const events = recorder();
  await inner.getChildren("/", { watch: events.watcher });
  await inner.exists("/in", { watch: events.watcher });
  assert.equal(await inner.create("/in", "x"), "/in");
  assert.equal((await events.next()).path, "/in");
  assert.equal((await events.next()).path, "/");
  assert.equal(text((await zk.getData(`${root}/in`)).data), "x");
  await inner.create("/eph", "", { mode: "ephemeral" });
  assert.deepEqual(await inner.getEphemerals(), ["/eph"]);
  const [made] = await inner.multi([op.create("/multi")]);
  assert(made?.kind === "create" && made.path === "/multi");
  assert.equal(await inner.sync("/"), "/");
  assert((await inner.getConfig()).stat !== undefined);
});

test("a lost connection: the session goes on, watches are set again", async (zk, root) => {
  const way = await proxy(address);
  const events = recorder();
  try {
    await using other = await ZooKeeper.connect(way.address, {
      watcher: events.watcher,
      auth: [{ scheme: "digest", auth: "bob:pw" }],
    });
    assert.equal((await events.next()).state, "SyncConnected");
    const session = other.sessionId;
    await other.create(`${root}/eph`, "", { mode: "ephemeral", acl: CREATOR_ALL_ACL });
    await zk.create(`${root}/data`, "1");
    const data = recorder();
    const deep = recorder();
    await other.getData(`${root}/data`, { watch: data.watcher });
    await other.addWatch(root, "persistentRecursive", deep.watcher);
    way.refuse(true);
    way.cut();
    await waitUntil(other, "CONNECTING");
    assert.equal((await events.next()).state, "Disconnected");
    assert.equal((await data.next()).state, "Disconnected");
    await zk.setData(`${root}/data`, "2");
    const queued = other.getData(`${root}/data`);
    way.refuse(false);
    assert.equal(text((await queued).data), "2");
    assert.equal(other.sessionId, session);
    assert.equal((await data.next()).state, "SyncConnected");
    assert.equal((await data.next()).type, "NodeDataChanged");
    await other.setData(`${root}/eph`, "mine by identity");
    await zk.create(`${root}/after`);
    for (;;) if ((await deep.next()).path === `${root}/after`) break;
  } finally {
    way.close();
  }
});

test("requests under way when the connection breaks are ambiguous writes", async (_, root) => {
  const way = await proxy(address);
  try {
    await using other = await ZooKeeper.connect(way.address);
    const write = other.create(`${root}/maybe`).catch((error: unknown) => error);
    const read = other.getData("/").catch((error: unknown) => error);
    process.nextTick(() => way.cut());
    const lost = await write;
    if (lost instanceof ConnectionLossError) {
      assert.equal(lost.ambiguous, true);
      assert.equal(lost.retryable, true);
      assert(lost.message.includes("may have been done"));
      const lostRead = await read;
      assert(lostRead instanceof ConnectionLossError && !lostRead.ambiguous);
    }
    await other.connected();
  } finally {
    way.close();
  }
});

test("an expired session is told by the server", async (zk, root) => {
  const way = await proxy(address);
  try {
    const events = recorder();
    const other = await ZooKeeper.connect(way.address, {
      timeoutMs: 4000,
      watcher: events.watcher,
    });
    assert.equal(other.timeoutMs, 4000);
    await other.create(`${root}/gone`, "", { mode: "ephemeral" });
    const gone = recorder();
    await zk.exists(`${root}/gone`, { watch: gone.watcher });
    way.refuse(true);
    way.cut();
    await waitUntil(other, "CONNECTING");
    const queued = other.getData("/").catch((error: unknown) => error);
    assert.equal((await gone.next()).type, "NodeDeleted");
    way.refuse(false);
    assert((await queued) instanceof SessionExpiredError);
    assert.equal(other.state, "EXPIRED");
    await rejects(other.getData("/"), SessionExpiredError);
    await other.close();
  } finally {
    way.close();
  }
});

test("an idle session is kept alive by pings", async () => {
  await using other = await ZooKeeper.connect(address, { timeoutMs: 4000 });
  const session = other.sessionId;
  await new Promise((resolve) => setTimeout(resolve, 7000));
  assert.equal(other.state, "CONNECTED");
  await other.exists("/");
  assert.equal(other.sessionId, session);
});

test("close removes ephemerals, answers what was asked, refuses what comes later", async (zk, root) => {
  const other = await ZooKeeper.connect(address);
  await other.create(`${root}/eph`, "", { mode: "ephemeral" });
  const last = other.getData(`${root}/eph`);
  await other.close();
  await last;
  assert.equal(other.state, "CLOSED");
  await zk.sync(root);
  assert.equal(await zk.exists(`${root}/eph`), undefined);
  await rejects(other.getData("/"), ClosedError);
  await other.close();
});

test("an aborted wait", async (zk, root) => {
  const gone = AbortSignal.abort(new Error("no more"));
  await assert.rejects(zk.getData(root, { signal: gone }), /no more/);
  const way = await proxy(address);
  try {
    way.refuse(true);
    await assert.rejects(
      ZooKeeper.connect(way.address, { signal: AbortSignal.timeout(100) }),
      /timeout/,
    );
    const other = new ZooKeeper(way.address);
    const abort = new AbortController();
    const waiting = other.create(`${root}/never`, "", { signal: abort.signal });
    abort.abort(new Error("changed my mind"));
    await assert.rejects(waiting, /changed my mind/);
    way.refuse(false);
    await other.connected();
    assert.equal(await other.exists(`${root}/never`), undefined);
    await other.close();
  } finally {
    way.close();
  }
});

test("nobody there: connect gives up and says why", async () => {
  const error = await ZooKeeper.connect("127.0.0.1:1", { connectTimeoutMs: 300 }).catch(
    (one: unknown) => one,
  );
  assert(error instanceof ConnectionLossError);
  assert.match(error.message, /ECONNREFUSED/);
});

test("the next server is tried", async () => {
  await using other = await ZooKeeper.connect(`127.0.0.1:1,${address},127.0.0.1:2`);
  assert.equal(other.state, "CONNECTED");
});

test("a watch as a loop, over a broken connection", async (zk, root) => {
  const way = await proxy(address);
  try {
    await using other = await ZooKeeper.connect(way.address);
    const stream = other.watch(root, { recursive: true });
    await zk.create(`${root}/early`);
    await stream.ready;
    await zk.create(`${root}/a`);
    const seen: string[] = [];
    for await (const { type, state, path, missed } of stream) {
      assert.equal(missed, 0);
      if (path === `${root}/early`) continue;
      seen.push(path === null ? state : `${type} ${path.slice(root.length)}`);
      if (seen.length === 1) way.cut();
      if (state === "SyncConnected" && path === null) {
        await other.sync(root);
        await zk.setData(`${root}/a`, "x");
      }
      if (type === "NodeDataChanged") break;
    }
    const want = ["NodeCreated /a", "Disconnected", "SyncConnected", "NodeDataChanged /a"];
    assert.deepEqual(seen, want);
    await rejects(other.removeWatches(root), NoWatcherError);
  } finally {
    way.close();
  }
});

test("protected creation makes one node for each call over broken connections", async (zk, root) => {
  const way = await proxy(address);
  try {
    await using other = await ZooKeeper.connect(way.address);
    const made: string[] = [];
    for (let round = 0; round < 20; round++) {
      const options = { mode: "persistentSequential", protected: true } as const;
      const call = other.create(`${root}/job-`, "", options);
      if (round % 2 === 0) setTimeout(() => way.cut(), round / 10);
      made.push(await call);
    }
    const there = (await zk.getChildren(root)).map((name) => `${root}/${name}`);
    assert.deepEqual([...there].sort(), [...made].sort());
    assert(made.every((path) => splitProtected(path.slice(root.length + 1)) !== undefined));
  } finally {
    way.close();
  }
});

test("retries: reads and versioned writes get over broken connections", async (zk, root) => {
  const way = await proxy(address);
  try {
    const retry = { times: 20, baseMs: 5, maxMs: 50 };
    await using other = await ZooKeeper.connect(way.address, { retry });
    await zk.create(`${root}/n`, "");
    for (let round = 0, version = 0; round < 10; round++) {
      setTimeout(() => way.cut(), round / 10);
      const set = await other.setData(`${root}/n`, `${round}`, version).catch((error) => error);
      if (set instanceof BadVersionError) assert.equal(set.ambiguous, true);
      const { data, stat } = await other.getData(`${root}/n`);
      assert.equal(text(data), `${round}`);
      version = stat.version;
    }
    assert.equal((await zk.exists(`${root}/n`))?.version, 10);
  } finally {
    way.close();
  }
});

test("a cached subtree follows changes and comes back after a broken connection", async (zk, root) => {
  const way = await proxy(address);
  try {
    await using other = await ZooKeeper.connect(way.address);
    await zk.create(`${root}/a`, "1");
    await using cache = other.cache(root);
    await cache.ready;
    assert.equal(cache.size, 2);
    for (let round = 0; round < 5; round++) {
      if (round % 2 === 1) way.cut();
      await zk.create(`${root}/a/${round}`, "x");
      await zk.setData(`${root}/a`, `${round}`);
      if (round > 0) await zk.delete(`${root}/a/${round - 1}`);
      await cache.sync();
      assert.equal(text(cache.get(`${root}/a`)?.data ?? null), `${round}`);
      assert.deepEqual(cache.children(`${root}/a`), [`${round}`]);
    }
  } finally {
    way.close();
  }
});

test("another list of servers: the session moves", async (_, root) => {
  const [first, second] = await Promise.all([proxy(address), proxy(address)]);
  try {
    await using other = await ZooKeeper.connect(first.address);
    const session = other.sessionId;
    const path = await other.create(`${root}/eph`, "", { mode: "ephemeral" });
    other.updateServers(`${first.address},${first.address}`);
    assert.equal(other.state, "CONNECTED");
    other.updateServers(second.address);
    await other.connected();
    assert.equal(`${other.server?.name}:${other.server?.port}`, second.address);
    assert.equal(other.sessionId, session);
    assert.equal((await other.exists(path))?.ephemeralOwner, session);
    assert.throws(() => other.updateServers(`${first.address}/elsewhere`), RangeError);
  } finally {
    first.close();
    second.close();
  }
});

test("values through a codec", async (zk, root) => {
  const values = zk.withCodec(json<{ readonly limit: number }>());
  const path = await values.create(`${root}/config`, { limit: 1 });
  const { value, stat } = await values.get(path);
  await values.set(path, { limit: value.limit + 1 }, stat.version);
  assert.equal((await zk.withCodec(utf8).get(path)).value, '{"limit":2}');
  await zk.setData(path, "{");
  await rejects(values.get(path), CodecError);
});

async function removeAll(zk: ZooKeeper, path: string): Promise<void> {
  for (const name of await zk.getChildren(path)) await removeAll(zk, `${path}/${name}`);
  await zk.delete(path);
}

const LIMIT_MS = 30_000;
let failed = 0;
{
  await using zk = await ZooKeeper.connect(address);
  await zk.create(ROOT);
  for (const [index, [name, run]] of tests.entries()) {
    const root = await zk.create(`${ROOT}/${index}`);
    const limit = AbortSignal.timeout(LIMIT_MS);
    const late = new Promise<never>((_, reject) => {
      limit.addEventListener("abort", () => reject(new Error(`not done in ${LIMIT_MS} ms`)));
    });
    try {
      await Promise.race([run(zk, root), late]);
      process.stdout.write(`ok      ${name}\n`);
    } catch (error) {
      failed++;
      process.stdout.write(`FAILED  ${name}\n${error instanceof Error ? error.stack : error}\n`);
    }
  }
  await removeAll(zk, ROOT);
}
process.stdout.write(`${tests.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
