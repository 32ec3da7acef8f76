/** Names of rows, and which of them patterns choose. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { ALL_ROWS, atRate, chooseRows, DEFAULT_ROWS, parseRow, rowName } from "./rows.ts";

test("a row is named as it is asked for", () => {
  for (const row of [...DEFAULT_ROWS, ...ALL_ROWS]) deepEqual(parseRow(rowName(row)), row);
});

const rows: ReadonlyArray<readonly [why: string, asked: string, want: readonly string[]]> = [
  ["a name", "get 50 x 1", ["get 50 x 1"]],
  ["a name that no plan has", "get 3 x 7 2KB", ["get 3 x 7 2KB"]],
  ["blanks around the x may be left out", "set 1x1", ["set 1 x 1"]],
  ["first words", "set 1,cold", ["set 1 x 1", "cold start"]],
  [
    "any text",
    "get * x 1,*1KB",
    ["get 1 x 1", "get 50 x 1", "get 200 x 1", "get 250 x 100 1KB", "set 250 x 100 1KB"],
  ],
  ["each row once", "set 1 x 1, set 1", ["set 1 x 1"]],
];
for (const [why, asked, want] of rows) {
  test(why, () => deepEqual(chooseRows(asked, DEFAULT_ROWS).map(rowName), want));
}

test("what the plan has nothing of is chosen from all rows", () => {
  deepEqual(chooseRows("exists 1", DEFAULT_ROWS).map(rowName), ["exists 1 x 1"]);
});

test("in all rows, an operation may have a blank in its name", () => {
  const mixes = chooseRows("mix 70/30 50,delete * 1", ALL_ROWS).map(rowName);
  deepEqual(mixes.slice(0, 3), ["mix 70/30 50 x 1", "mix 70/30 50 x 10", "delete 1 x 1"]);
  equal(new Set(ALL_ROWS.map(rowName)).size, ALL_ROWS.length);
});

test("a rate takes the place of the requests in flight", () => {
  const rows = chooseRows("get 10 x 1,get 10 x 100,delete 1 x 1,set 5 at 70/s 1KB,cold", ALL_ROWS);
  const names = atRate(rows, 3_000).map(rowName);
  deepEqual(names, ["get 10 at 3000/s", "delete 1 x 1", "set 5 at 3000/s 1KB", "cold start"]);
  for (const name of names) equal(rowName(parseRow(name)!), name);
  equal(parseRow("delete 1 at 5/s"), undefined);
});

test("what asks for nothing is refused, with the names there are", () => {
  throws(() => chooseRows("get 1 x 1,gett", DEFAULT_ROWS), /"gett".*get 1 x 1/);
  throws(() => chooseRows("", DEFAULT_ROWS), /no row/);
  equal(parseRow("get 0 x 1"), undefined);
  equal(parseRow("get 999999999 x 1"), undefined);
});

test("what cannot be measured is no row", () => {
  // Watches are the same for each connection; two connections would create nodes of one name.
  for (const name of ["storm 10 on 3", "create 2 x 1 of 5", "set 1 x 1 of 5", "ensemble churn 5"]) {
    equal(parseRow(name), undefined, name);
  }
});
