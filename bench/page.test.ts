/** Results as they stand in docs/performance.md. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { AIMS } from "./aims.ts";
import { pageOf, type Results, withResults } from "./page.ts";
import { ALL_ROWS, rowName } from "./rows.ts";

const RESULTS: Results = {
  when: "2026-01-02T03:04:05Z",
  rounds: 2,
  times: { measureMs: 4_000 },
  contenders: [
    { name: "apache", runsOn: "Java 21" },
    { name: "quoll", runsOn: "Node.js 20.20.2" },
    { name: "quoll@bun", runsOn: "Bun 1.4" },
  ],
  rows: [
    {
      name: "get 50 x 1",
      rounds: {
        apache: [{ perSecond: 10_000, p99Micros: 900 }, { perSecond: 12_000 }],
        quoll: [{ perSecond: 15_000, p99Micros: 600 }, {}],
        "quoll@bun": [{ perSecond: 30_000 }, { perSecond: 36_000 }],
      },
      failures: [],
    },
    {
      name: "fill 1000000",
      rounds: { apache: [{ pauseMs: 90 }], quoll: [{ pauseMs: 16.2 }] },
      failures: [],
    },
    {
      name: "exists 1 x 1",
      rounds: { apache: [{ perSecond: 5 }], quoll: [{ perSecond: 50 }] },
      failures: [],
    },
  ],
};

test("a line for each aim that was measured, and one for each other figure", () => {
  const lines = pageOf(RESULTS)
    .split("\n")
    .filter((line) => line.startsWith("|"));
  deepEqual(lines, [
    "| row | figure | Apache | Quoll, Node 20.20.2 | Quoll, Bun 1.4 | aim | met |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    "| get 50 x 1 | rate | 11,000/s | 15,000/s (1.5x) | 33,000/s (3.0x) | 2x | yes |",
    "| get 50 x 1 | p99 | 900 us | 600 us (1.5x) |  | 2x | **no** |",
    "| fill 1000000 | longest pause meanwhile | 90 ms | 16 ms (5.6x) |  | 15 ms | **no** |",
    "| row | figure | Apache | Quoll, Node 20.20.2 | Quoll, Bun 1.4 |",
    "| --- | --- | ---: | ---: | ---: |",
    "| exists 1 x 1 | rate | 5/s | 50/s (10x) |  |",
  ]);
});

test("every aim is about a row that can be measured", () => {
  const names = new Set(ALL_ROWS.map(rowName));
  for (const { row } of AIMS) equal(names.has(row.replace("restart", "fill")), true, row);
});

test("only what stands between the marks is replaced", () => {
  const page = "# A\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nrest\n";
  const marked = "# A\n<!-- bench: begin -->\nnew\n<!-- bench: end -->\nrest\n";
  equal(withResults(page, "new"), marked);
  throws(() => withResults("# A\n", "new"), /lacks/);
});
