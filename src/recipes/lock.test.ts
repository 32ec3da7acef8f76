/** Locks: order, names, losses; and that nothing goes wrong wherever a connection is cut. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { atEveryPoint, CutWorld, turn, until } from "../../test/support/cut-world.ts";
import { atEveryExpiry } from "../../test/support/expiry-points.ts";
import { isEmpty, Resource } from "../../test/support/holding.ts";
import { Lock, ReadWriteLock } from "./lock.ts";

const PATH = "/locks/one";

/** A world with clients that each have a lock. */
function setUp(count: number) {
  const world = new CutWorld();
  const clients = Array.from({ length: count }, () => world.client());
  return {
    world,
    clients,
    locks: clients.map((zk, index) => new Lock(zk, PATH, { id: `${index}` })),
  };
}

test("whoever came first is first, and each release wakes the next", async () => {
  const { world, locks } = setUp(3);
  const order: number[] = [];
  const first = await locks[0]!.acquire();
  const waiting = [];
  const wait = async (index: number) => {
    const held = await locks[index]!.acquire();
    order.push(index);
    return held;
  };
  for (const index of [1, 2]) {
    waiting.push(wait(index));
    await until("it stands in line", async () => (await locks[0]!.contenders()).length > index);
  }
  deepEqual(
    (await locks[0]!.contenders()).map(({ id }) => id),
    ["0", "1", "2"],
  );
  equal(await locks[2]!.tryAcquire(), undefined);
  deepEqual(order, []);
  await first.release();
  await (await waiting[0]!).release();
  await (await waiting[1]!).release();
  deepEqual(order, [1, 2]);
  await isEmpty(world, PATH);
  await world.close();
});

test("names: Curator's unless kazoo's are asked for, and both stand in one line", async () => {
  const { world, locks, clients } = setUp(1);
  const held = await locks[0]!.acquire();
  match(held.path, /^\/locks\/one\/_c_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-lock-\d{10}$/);
  const other = new Lock(clients[0]!, PATH, { names: "kazoo" });
  equal(await other.tryAcquire(), undefined);
  await held.release();
  const next = await other.acquire();
  match(next.path, /^\/locks\/one\/[0-9a-f]{32}__lock__\d{10}$/);
  equal(await locks[0]!.tryAcquire(), undefined);
  equal(next.token > held.token, true);
  await world.close();
});

test("a wait that is given up leaves no node", async () => {
  const { world, locks } = setUp(2);
  const held = await locks[0]!.acquire();
  const abort = new AbortController();
  const waiting = locks[1]!.acquire({ signal: abort.signal });
  await rejects(locks[1]!.acquire({ timeoutMs: 1 }), { name: "TimeoutError" });
  equal(await locks[1]!.tryAcquire({ timeoutMs: 1 }), undefined);
  abort.abort(new Error("enough"));
  await rejects(waiting, /enough/);
  await rejects(locks[1]!.acquire({ signal: abort.signal }), /enough/);
  await until("one is left", async () => (await locks[0]!.contenders()).length === 1);
  await held.release();
  await isEmpty(world, PATH);
  await world.close();
});

test("re-entrant: one hold, given away by the last release", async () => {
  const world = new CutWorld();
  const lock = new Lock(world.client(), PATH, { reentrant: true });
  const [one, two] = await Promise.all([lock.acquire(), lock.acquire()]);
  const three = await lock.tryAcquire();
  equal(three?.path, one.path);
  await one.release();
  await one.release();
  await two.release();
  equal((await lock.contenders()).length, 1);
  await three?.release();
  await isEmpty(world, PATH);
  const again = await lock.acquire();
  equal(again.token > one.token, true);
  await world.close();
});

test("lost: when somebody deletes the node, when the session ends, not at release", async () => {
  const { world, locks, clients } = setUp(2);
  const one = await locks[0]!.acquire();
  await clients[1]!.setData(one.path, "revoke");
  await clients[1]!.delete(one.path);
  await until("it is told", () => one.lost.aborted);
  equal(one.lost.reason.code, "NODE_DELETED");
  await one.release();
  const two = await locks[0]!.acquire();
  const next = locks[1]!.acquire();
  await world.expire(clients[0]!);
  await until("it is told", () => two.lost.aborted);
  equal(two.lost.reason.code, "SESSION_OVER");
  await two.release();
  await rejects(locks[0]!.acquire(), { code: "SessionExpired" });
  const three = await next;
  equal(three.token > two.token, true);
  await three.release();
  await turn();
  equal(three.lost.aborted, false);
  await world.close();
});

test("a waiting node that somebody deletes is made again", async () => {
  const { world, locks } = setUp(2);
  const held = await locks[0]!.acquire();
  const waiting = locks[1]!.acquire();
  await until("it stands in line", async () => (await locks[0]!.contenders()).length === 2);
  const [, second] = await locks[0]!.contenders();
  await world.client().delete(second!.path);
  await held.release();
  await (await waiting).release();
  await isEmpty(world, PATH);
  await world.close();
});

/** Three programs, of which the first is cut, each come in twice. */
test("one holder at a time, and nothing left behind, wherever the connection is cut", async () => {
  const points = await atEveryPoint(async (world, zk) => {
    const resource = new Resource();
    const program = async (lock: Lock): Promise<void> => {
      for (let round = 0; round < 2; round++) await resource.use(await lock.acquire());
    };
    const others = [1, 2].map(() => program(new Lock(world.client(), PATH)));
    await Promise.all([program(new Lock(zk, PATH)), ...others]);
    equal(resource.tokens.length, 6);
    await isEmpty(world, PATH);
  });
  equal(points > 20, true);
});

test("wherever the session ends, the others get the lock and no token is used late", async () => {
  const requests = await atEveryExpiry(async (world, zk) => {
    const resource = new Resource();
    const program = async (lock: Lock): Promise<void> => {
      for (let round = 0; round < 2; round++) await resource.use(await lock.acquire());
    };
    const ended = program(new Lock(zk, PATH)).catch((error: unknown) => {
      if (zk.state !== "EXPIRED") throw error;
    });
    const others = [1, 2].map(() => program(new Lock(world.client(), PATH)));
    await Promise.all([ended, ...others]);
    equal(resource.tokens.length >= 4, true);
    await isEmpty(world, PATH);
  });
  equal(requests > 10, true);
});

test("readers share, a writer does not, and who comes after a writer waits for it", async () => {
  for (const names of ["curator", "kazoo"] as const) {
    const world = new CutWorld();
    const [one, two] = [1, 2].map(() => new ReadWriteLock(world.client(), PATH, { names }));
    const reading = await one!.read.acquire();
    const alsoReading = await two!.read.tryAcquire();
    equal(await two!.write.tryAcquire(), undefined);
    const writing = two!.write.acquire();
    await until("it stands in line", async () => (await one!.read.contenders()).length === 3);
    equal(await one!.read.tryAcquire(), undefined);
    await reading.release();
    await alsoReading?.release();
    const written = await writing;
    match(written.path, names === "curator" ? /-__WRIT__\d{10}$/ : /[0-9a-f]__lock__\d{10}$/);
    equal(await one!.read.tryAcquire(), undefined);
    await written.release();
    match((await one!.read.acquire()).path, names === "curator" ? /__READ__/ : /__rlock__/);
    await world.close();
  }
});

test("read/write: wherever the connection is cut, a writer is alone", async () => {
  await atEveryPoint(async (world, zk) => {
    let readers = 0;
    let writers = 0;
    const program = async (lock: ReadWriteLock): Promise<void> => {
      const reading = await lock.read.acquire();
      readers++;
      await turn();
      equal(writers, 0);
      readers--;
      await reading.release();
      const writing = await lock.write.acquire();
      writers++;
      await turn();
      deepEqual([readers, writers], [0, 1]);
      writers--;
      await writing.release();
    };
    await Promise.all([zk, world.client()].map((one) => program(new ReadWriteLock(one, PATH))));
    await isEmpty(world, PATH);
  });
});
