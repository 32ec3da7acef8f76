/** Many requests at once: their bound, their order, and how they end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mapAtOnce } from "./nodes.ts";

const never = new AbortController().signal;
const items = Array.from({ length: 20 }, (_, at) => at);

test("results come in order, and no more than the bound are under way", async () => {
  let underWay = 0;
  let most = 0;
  const results = await mapAtOnce(
    items,
    async (item) => {
      most = Math.max(most, ++underWay);
      // Later ones are faster.
      for (let turn = 20; turn > item; turn--) await Promise.resolve();
      underWay--;
      return item * 2;
    },
    never,
    5,
  );
  assert.deepEqual(
    results,
    items.map((item) => item * 2),
  );
  assert.equal(most, 5);
});

test("after a failure nothing begins, and nothing is under way when it is told", async () => {
  let begun = 0;
  let underWay = 0;
  const work = async (item: number): Promise<void> => {
    begun++;
    underWay++;
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    underWay--;
    if (item === 2) throw new Error("two");
  };
  await assert.rejects(mapAtOnce(items, work, never, 5), /two/);
  assert.equal(underWay, 0);
  assert.ok(begun < items.length, `${begun} begun`);
});

test("what is given up ends with the reason", async () => {
  const given = new AbortController();
  let begun = 0;
  const work = async (): Promise<void> => {
    if (++begun === 3) given.abort(new Error("enough"));
  };
  await assert.rejects(mapAtOnce(items, work, given.signal, 1), /enough/);
  assert.equal(begun, 3);
});
