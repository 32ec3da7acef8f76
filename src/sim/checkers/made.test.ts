/** Histories made by chance that are right: no checker finds anything in them. */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { HistoryMaker } from "../../../test/support/made-history.ts";
import { checkAll } from "./check.ts";

test("right histories break no promise", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const history = new HistoryMaker(seed).make(600);
    deepEqual(checkAll(history).slice(0, 3), [], `seed ${seed}`);
  }
});

test("without the transactions, what nobody knows of may have been done or not", () => {
  // The search takes the first explanation and does not come back: rarely it was another one.
  let misjudged = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const { setup, records, endedAt } = new HistoryMaker(seed, false, 2).make(300);
    const isSeen = new Set(["call", "reply", "lost", "session"]);
    const seen = records.filter((record) => isSeen.has(record.kind));
    const partial = { setup: { ...setup, completeTransactions: false }, records: seen, endedAt };
    if (checkAll(partial).some(({ checker }) => checker !== "watches")) misjudged++;
  }
  ok(misjudged <= 1, `${misjudged} of 20`);
});

test("a hundred thousand operations take seconds, not minutes", () => {
  const history = new HistoryMaker(7, false).make(250_000);
  const began = process.hrtime.bigint();
  deepEqual(checkAll(history).slice(0, 3), []);
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  const calls = history.records.filter(({ kind }) => kind === "call").length;
  ok(took < 20_000, `${took} ms for ${calls} calls`);
  process.stdout.write(
    `# ${calls} calls, ${history.records.length} records: ${took.toFixed(0)} ms\n`,
  );
});
