/** Shared values and counters: layouts, races, and every count made once whatever is cut. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { atEveryPoint, CutWorld, until } from "../../test/support/cut-world.ts";
import { AtomicValue, jsonCodec } from "./atomic-value.ts";
import { Counter, type CounterLayout } from "./counter.ts";

const rows: ReadonlyArray<readonly [layout: CounterLayout, value: bigint, hex: string]> = [
  ["kazoo", -12n, "2d3132"],
  ["kazoo", 1n << 70n, Buffer.from(`${1n << 70n}`).toString("hex")],
  ["curator-long", -2n, "fffffffffffffffe"],
  ["curator-long", 1n << 40n, "0000010000000000"],
  ["curator-int", 258n, "00000102"],
];
for (const [layout, value, hex] of rows) {
  test(`${layout}: ${value} is ${hex}`, async () => {
    const world = new CutWorld();
    const zk = world.client();
    const counter = new Counter(zk, "/folder/count", { layout });
    deepEqual(await counter.set(value), { before: 0n, after: value });
    const { data } = await zk.getData("/folder/count");
    equal(Buffer.from(data ?? []).toString("hex"), hex);
    equal(await new Counter(zk, "/folder/count", { layout }).get(), value);
    await world.close();
  });
}

test("a sum that does not fit is refused and not written", async () => {
  const world = new CutWorld();
  const counter = new Counter(world.client(), "/c", {
    layout: "curator-int",
    initial: 2 ** 31 - 1,
  });
  await rejects(counter.increment(), RangeError);
  equal(await counter.get(), 2n ** 31n - 1n);
  await world.close();
});

test("each increment is made once, wherever the connection is cut", async () => {
  const points = await atEveryPoint(async (world, zk) => {
    const other = new Counter(world.client(), "/count");
    const counter = new Counter(zk, "/count");
    const ours = [counter.increment(), counter.add(10), counter.decrement()];
    await other.add(100);
    await Promise.all(ours);
    equal(await other.get(), 110n);
    await counter[Symbol.asyncDispose]();
    deepEqual((await world.client().getChildren("/count")).length, 1);
  });
  equal(points > 12, true);
});

test("compare and set: one of many wins", async () => {
  const world = new CutWorld();
  const counters = [1, 2, 3].map(() => new Counter(world.client(), "/c"));
  const won = await Promise.all(counters.map((one, index) => one.compareAndSet(0, index + 1)));
  equal(won.filter(Boolean).length, 1);
  await world.close();
});

test("an update ends with what the change throws", async () => {
  const world = new CutWorld();
  const value = new AtomicValue(world.client(), "/v", jsonCodec<{ n: number }>(), { n: 1 });
  await rejects(
    value.update(() => {
      throw new Error("no");
    }),
    /no/,
  );
  deepEqual(await value.get(), { n: 1 });
  await world.close();
});

test("a watch tells the value now and later, from before the node is there", async () => {
  await atEveryPoint(async (world, zk) => {
    const seen: bigint[] = [];
    const abort = new AbortController();
    const watching = (async () => {
      for await (const value of new Counter(zk, "/c").watch({ signal: abort.signal })) {
        seen.push(value);
      }
    })();
    await until("the first value", () => seen.length === 1);
    const other = new Counter(world.client(), "/c");
    await other.add(5);
    await until("five", () => seen.at(-1) === 5n);
    await other.add(5);
    await until("ten", () => seen.at(-1) === 10n);
    abort.abort(new Error("enough"));
    await rejects(watching, /enough/);
  });
});

test("a session that ends in the middle is told as such", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const counter = new Counter(zk, "/c");
  await counter.increment();
  const watching = counter.watch();
  equal((await watching.next()).value, 1n);
  const next = rejects(watching.next(), { code: "SessionExpired" });
  await world.expire(zk);
  await next;
  await rejects(counter.increment(), { code: "SessionExpired", ambiguous: false });
  await world.close();
});
