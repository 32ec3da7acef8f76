/** The queue: order under growth, and taking several at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "./queue.ts";

test("a queue keeps its order over many turns", () => {
  const queue = new Queue<number>();
  let next = 0;
  for (let value = 0; value < 10_000; value++) {
    queue.push(value);
    if (value % 3 !== 0) assert.equal(queue.shift(), next++);
  }
  assert.equal(queue.length, 10_000 - next);
  assert.deepEqual(
    queue.takeWhere((value) => value % 2 === 0).length + queue.takeAll().length,
    10_000 - next,
  );
  assert.equal(queue.shift(), undefined);
});

test("items are seen by their place, also where the ring has closed", () => {
  const queue = new Queue<number>();
  for (let value = 0; value < 1_000; value++) {
    queue.push(value);
    if (value % 4 === 0) queue.shift();
    const all = queue.toArray();
    assert.deepEqual([queue.at(0), queue.at(all.length - 1)], [all[0], all.at(-1)]);
    assert.equal(queue.at(all.length), undefined);
  }
  queue.clear();
  assert.deepEqual([queue.length, queue.peek(), queue.at(0)], [0, undefined, undefined]);
});

test("a queue that was very long gives its slots back when it is empty, and goes on", () => {
  const queue = new Queue<number>();
  for (let value = 0; value < 5_000; value++) queue.push(value);
  for (let value = 0; value < 5_000; value++) assert.equal(queue.shift(), value);
  queue.push(7);
  assert.deepEqual(queue.takeAll(), [7]);
});
