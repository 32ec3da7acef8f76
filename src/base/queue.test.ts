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
