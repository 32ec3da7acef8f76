/** The table of results. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { table } from "./table.ts";

test("a line for each contender, ratios against Apache, failures at the end", () => {
  const load = {
    ...{ p50Micros: 90, p99Micros: 2_500, p999Micros: 9_000, maxMicros: 12_345 },
    ...{ serverCpu: 0.5, loadCpu: 0.25 },
  };
  const results = [
    {
      name: "get 50 x 1",
      rounds: {
        apache: [
          { ...load, perSecond: 1_000, cpuMicrosPerOp: 40, megabytes: 300 },
          { pauseMs: 9, gcPauseMs: 7.5, gcShare: 0.02 },
        ],
        "quoll@bun": [{ ...load, perSecond: 2_500, cpuMicrosPerOp: 8, megabytes: 100 }],
      },
      failures: ["get 50 x 1, round 2, apache: it fell over\nand lay there"],
    },
    { name: "cold start", rounds: { quoll: [{ ms: 250, megabytes: 50 }] }, failures: [] },
  ];
  const lines = table(results).split("\n");
  equal(lines.length, 5);
  const cells = lines.map((line) => line.split(/ {2,}/));
  equal(
    cells[1]?.join("|"),
    "get 50 x 1|apache|1,000/s|90 us / 2.5 ms / 9 ms / 12 ms|40 us|300 MB|9 ms|7.5 ms, 2.0%|0.50:0.25",
  );
  equal(
    cells[2]?.join("|"),
    "|quoll@bun|2,500/s|90 us / 2.5 ms / 9 ms / 12 ms|8 us|100 MB|0.50:0.25|2.50x|2.50-2.50|1.00x|5.00x|3.00x",
  );
  equal(cells[3]?.join("|"), "cold start|quoll|250 ms|50 MB");
  equal(lines[4], "failed: get 50 x 1, round 2, apache: it fell over");
});
