/**
 * `npm run sim`: worlds in one process, each from a seed (src/sim).
 *
 *   npm run sim -- --seed 7 [--trace]     one world; its events, a column a server
 *   npm run sim -- --seeds 1-500          many, one after the other
 *   npm run sim -- --swarm 10 [--from N]  ten minutes on all cores; stops at the first failure
 *   npm run sim -- --rewrite              test/scenarios with the outcomes of now
 *   --servers N, --clients N              instead of what the seed says
 *
 * Every world is run twice and has to be the same both times. The last line is `N passed, M
 * failed`, and the exit code is 1 where something failed.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ScenarioOptions } from "../src/sim/scenario.ts";
import { play } from "../src/sim/script.ts";
import { ROOT } from "./root.ts";
import { printProbes, printRun, printTrace } from "./sim-print.ts";
import { runTwice } from "./sim-run.ts";
import { swarm } from "./sim-swarm.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    swarm: { type: "string" },
    from: { type: "string" },
    servers: { type: "string" },
    clients: { type: "string" },
    trace: { type: "boolean" },
    rewrite: { type: "boolean" },
  },
});

const number = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`"${text}" is not a number`);
  return value;
};

async function main(): Promise<boolean> {
  if (values.rewrite === true) return rewrite();
  const options: ScenarioOptions = {
    servers: number(values.servers),
    clients: number(values.clients),
  };
  const minutes = number(values.swarm);
  if (minutes !== undefined) {
    return await swarm({ minutes, from: number(values.from) ?? 1, options });
  }
  const [from, to] = (values.seeds ?? values.seed ?? "1").split("-").map(Number);
  if (from === undefined || !Number.isInteger(from)) throw new RangeError("which seed?");
  return runSeeds(from, to ?? from, options);
}

function rewrite(): boolean {
  const folder = `${ROOT}test/scenarios/`;
  for (const file of readdirSync(folder)) {
    const path = `${folder}${file}`;
    writeFileSync(path, play(readFileSync(path, "utf8")));
  }
  return true;
}

function runSeeds(from: number, to: number, options: ScenarioOptions): boolean {
  const begun = performance.now();
  const probes = new Map<string, number>();
  let [simulatedMs, failed] = [0, 0];
  for (let seed = from; seed <= to; seed++) {
    const run = runTwice(seed, options, values.trace === true);
    if (values.trace === true) printTrace(run);
    if (run.violations.length > 0) failed++;
    if (run.violations.length > 0 || from === to) printRun(run);
    simulatedMs += run.simulatedMs;
    for (const [name, count] of run.probes) probes.set(name, (probes.get(name) ?? 0) + count);
  }
  const seconds = (performance.now() - begun) / 1000;
  printProbes(probes);
  const speed = (2 * simulatedMs) / 1000 / seconds;
  console.log(
    `${(simulatedMs / 1000).toFixed(0)} simulated seconds, ${speed.toFixed(0)} in a real one`,
  );
  console.log(`${to - from + 1 - failed} passed, ${failed} failed`);
  return failed === 0;
}

process.exitCode = (await main()) ? 0 : 1;
