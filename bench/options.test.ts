/** The command line of the bench. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseOptions } from "./options.ts";
import { DEFAULT_ROWS, rowName } from "./rows.ts";

test("without flags, all rows in five rounds", () => {
  const { rows, rounds, subjects, runtimes } = parseOptions([]);
  deepEqual(rows, DEFAULT_ROWS);
  equal(rounds, 5);
  deepEqual([subjects, runtimes], [[], []]);
});

test("a short run of a few rows", () => {
  const options = parseOptions(["--quick", "--rows", "get 1 x 1,cold", "--rounds", "2"]);
  deepEqual(options.rows.map(rowName), ["get 1 x 1", "cold start"]);
  equal(options.rounds, 2);
  deepEqual(parseOptions(["--rows", "get 9 x 1", "--rate", "50"]).rows.map(rowName), [
    "get 9 at 50/s",
  ]);
  equal(parseOptions(["--seconds", "0.5"]).times.measureMs, 500);
});

test("runtimes and arguments of the JVM may be several, subjects too", () => {
  const options = parseOptions(["--runtime", "bun,node", "--runtime=deno", "--jvm=-Xmx1000m"]);
  deepEqual(options.runtimes, ["bun", "node", "deno"]);
  deepEqual(options.jvm, ["-Xmx1000m"]);
  deepEqual(parseOptions(["--subject", "quoll,quoll@bun"]).subjects, ["quoll", "quoll@bun"]);
});

test("readers beside none", () => {
  deepEqual([parseOptions([]).readers, parseOptions(["--readers", "2"]).readers], [0, 2]);
  throws(() => parseOptions(["--readers", "0"]), /--readers 0/);
});

test("the size of the large data set", () => {
  const names = parseOptions(["--znodes", "5000"]).rows.map(rowName);
  deepEqual(
    names.filter((name) => name.startsWith("fill")),
    ["fill 5000"],
  );
  deepEqual(parseOptions(["--ensemble", "--znodes", "7"]).faults, { znodes: 7 });
});

test("what makes no sense is refused", () => {
  for (const argv of [
    ["--rounds", "0"],
    ["--rounds", "x"],
    ["--seconds", "-1"],
    ["--rows", "x"],
  ]) {
    throws(() => parseOptions(argv));
  }
});
