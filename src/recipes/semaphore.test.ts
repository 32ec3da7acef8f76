/** Semaphores: layout, order, and never too many leases wherever a connection is cut. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { atEveryPoint, CutWorld, until } from "../../test/support/cut-world.ts";
import { atEveryExpiry } from "../../test/support/expiry-points.ts";
import { isEmpty, Resource } from "../../test/support/holding.ts";
import { Semaphore } from "./semaphore.ts";

const PATH = "/semaphores/one";

test("so many leases, then a wait in order; one that is given up leaves nothing", async () => {
  const world = new CutWorld();
  const [one, two] = ["1", "2"].map((id) => new Semaphore(world.client(), PATH, 2, { id }));
  const first = await one!.acquire();
  const second = await two!.acquire();
  match(first.path, /^\/semaphores\/one\/leases\/_c_[0-9a-f-]{36}-lease-\d{10}$/);
  deepEqual(
    (await one!.holders()).map(({ id }) => id),
    ["1", "2"],
  );
  equal(await one!.tryAcquire(), undefined);
  await rejects(one!.acquire({ timeoutMs: 1 }), { name: "TimeoutError" });
  const waiting = two!.acquire();
  await until("it waits", async () => (await one!.holders()).length === 3);
  await first.release();
  await (await waiting).release();
  await second.release();
  equal(second.lost.aborted, false);
  await isEmpty(world, `${PATH}/locks`);
  await isEmpty(world, `${PATH}/leases`);
  await world.close();
});

test("a number of leases that is none is refused", async () => {
  const world = new CutWorld();
  for (const leases of [0, 1.5, -1]) {
    await rejects(async () => new Semaphore(world.client(), PATH, leases), RangeError);
  }
  await world.close();
});

const program = async (semaphore: Semaphore, resource: Resource): Promise<void> => {
  for (let round = 0; round < 2; round++) await resource.use(await semaphore.acquire());
};

test("never more leases than there are, wherever the connection is cut", async () => {
  await atEveryPoint(async (world, zk) => {
    const resource = new Resource(2);
    const clients = [zk, world.client(), world.client()];
    await Promise.all(clients.map((one) => program(new Semaphore(one, PATH, 2), resource)));
    equal(resource.tokens.length, 6);
    await isEmpty(world, `${PATH}/locks`);
    await isEmpty(world, `${PATH}/leases`);
  });
});

test("a session that ends gives back what it had, whatever it was about to do", async () => {
  await atEveryExpiry(async (world, zk) => {
    const resource = new Resource(1);
    const ended = program(new Semaphore(zk, PATH, 1), resource).catch((error: unknown) => {
      if (zk.state !== "EXPIRED") throw error;
    });
    await Promise.all([ended, program(new Semaphore(world.client(), PATH, 1), resource)]);
    equal(resource.tokens.length >= 2, true);
    await isEmpty(world, `${PATH}/leases`);
  });
});
