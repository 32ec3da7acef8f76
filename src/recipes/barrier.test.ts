/** Barriers: who waits and who passes, wherever a connection is cut. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { atEveryPoint, CutWorld, turn, until } from "../../test/support/cut-world.ts";
import { atEveryExpiry } from "../../test/support/expiry-points.ts";
import { Barrier } from "./barrier.ts";
import { DoubleBarrier } from "./double-barrier.ts";

const PATH = "/barriers/one";

test("nobody passes a barrier that is set, wherever the connection is cut", async () => {
  await atEveryPoint(async (world, zk) => {
    const barrier = new Barrier(zk, PATH);
    await barrier.wait();
    await barrier.set();
    await barrier.set();
    await rejects(barrier.wait({ timeoutMs: 1 }), { name: "TimeoutError" });
    const passed: string[] = [];
    const other = new Barrier(world.client(), PATH);
    const waiting = [
      barrier.wait().then(() => passed.push("first")),
      other.wait().then(() => passed.push("second")),
    ];
    const third = world.client();
    // What a barrier holds, and what is made below it, says nothing.
    await third.setData(PATH, "for ever");
    await third.create(`${PATH}/child`);
    await third.delete(`${PATH}/child`);
    deepEqual(passed, []);
    await other.remove();
    await Promise.all(waiting);
    await barrier.remove();
  });
});

test("all begin together and end together, again and again, wherever a cut is", async () => {
  await atEveryPoint(async (world, zk) => {
    let came = 0;
    let left = 0;
    const clients = [zk, world.client(), world.client()];
    const members = clients.map(async (one) => {
      const barrier = new DoubleBarrier(one, PATH, 3);
      for (let round = 1; round <= 2; round++) {
        came++;
        await barrier.enter();
        equal(came >= 3 * round, true, "all have come");
        equal(left >= 3 * (round - 1), true, "nobody is still of the last time");
        await turn();
        left++;
        await barrier.leave();
        equal(left >= 3 * round, true, "all go");
      }
    });
    await Promise.all(members);
    deepEqual(await world.client().getChildren(PATH), []);
  });
});

test("layout: members under names of their own, and the node `ready`", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const one = new DoubleBarrier(zk, PATH, 2);
  const entering = one.enter();
  await until("it is there", async () => (await zk.exists(PATH))?.numChildren === 1);
  const [name] = await zk.getChildren(PATH);
  match(name ?? "", /^[0-9a-f-]{36}$/);
  // Another program's member.
  const other = world.client();
  await other.create(`${PATH}/zz`, null, { mode: "ephemeral" });
  await other.create(`${PATH}/ready`);
  await entering;
  const leaving = one.leave();
  await turn();
  await other.delete(`${PATH}/zz`);
  await leaving;
  deepEqual(await zk.getChildren(PATH), []);
  await world.close();
});

test("a member that gives up is no member; what a crash has left does not open the barrier", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const [one, two] = [1, 2].map(() => new DoubleBarrier(world.client(), PATH, 2));
  await rejects(one!.enter({ timeoutMs: 1 }), { name: "TimeoutError" });
  await until("it has been there", async () => {
    const stat = await zk.exists(PATH);
    return stat?.numChildren === 0 && stat.cversion === 2;
  });
  await zk.create(`${PATH}/ready`);
  const entering = one!.enter();
  await until("it is in", async () =>
    (await zk.getChildren(PATH)).some((name) => name !== "ready"),
  );
  deepEqual((await zk.getChildren(PATH)).includes("ready"), false);
  await two!.enter();
  await entering;
  await Promise.all([one!.leave(), two!.leave()]);
  await world.close();
});

test("a member whose session ends is not waited for", async () => {
  await atEveryExpiry(async (world, zk) => {
    const ended = (async () => {
      const barrier = new DoubleBarrier(zk, PATH, 2);
      await barrier.enter();
      await barrier.leave();
    })().catch((error: unknown) => {
      if (zk.state !== "EXPIRED") throw error;
    });
    const other = new DoubleBarrier(world.client(), PATH, 2);
    const abort = new AbortController();
    const both = (async () => {
      await other.enter({ signal: abort.signal });
      await other.leave();
    })().catch((error: unknown) => {
      if (!abort.signal.aborted) throw error;
    });
    await ended;
    for (let turns = 0; turns < 200; turns++) await turn();
    abort.abort(); // where the one has ended before it came in, the other waits for ever
    await both;
    deepEqual(
      (await world.client().getChildren(PATH)).filter((name) => name !== "ready"),
      [],
    );
  });
});
