/** Kept seeds: worlds of which each has shown something once. Run twice, they are the same twice. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { makeMember } from "./member-maker.ts";
import { scenarioOf } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { makeStandalone } from "./standalone-maker.ts";

const OPTIONS = { maker: makeStandalone, servers: 1, trace: true };
const KEPT = [
  ["standalone", OPTIONS],
  ["ensemble", { maker: makeMember, trace: true }],
] as const;

for (const [name, options] of KEPT) {
  const lines = readFileSync(`test/seeds/${name}.txt`, "utf8").split("\n");
  for (const line of lines.filter((text) => /^\d/.test(text))) {
    const [seed, ...why] = line.split(" ");
    test(`${name}, seed ${seed}: ${why.join(" ")}`, () => {
      const first = simulate(Number(seed), options);
      assert.deepEqual(first.violations, []);
      const second = simulate(Number(seed), options);
      assert.equal(second.fingerprint, first.fingerprint);
      assert.deepEqual(second.trace, first.trace);
    });
  }
}

test("another seed is another world", () => {
  const runs = [3, 4].map((seed) => simulate(seed, { ...OPTIONS, faultsMs: 500, clients: 1 }));
  assert.notEqual(runs[0]?.fingerprint, runs[1]?.fingerprint);
});

test("a scenario shrinks to what its failure needs", () => {
  const whole = scenarioOf(8);
  assert.ok(whole.faults.has("bit rot"));
  const small = shrink(whole, ({ faults, clients }) => faults.has("bit rot") && clients >= 2);
  assert.deepEqual([...small.faults.keys()], ["bit rot"]);
  assert.equal(small.clients, 2);
  assert.equal(small.workloads.length, 1);
});
