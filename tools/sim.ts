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

const USAGE = `npm run sim -- --seed N [--trace] | --seeds FROM-TO | --swarm MINUTES [--from N]
  | --rewrite, with [--servers N] [--clients N]`;

function whole(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${flag} ${text}: a whole number is wanted`);
  return Number(text);
}

type Task =
  | { readonly kind: "rewrite" }
  | { readonly kind: "swarm"; readonly minutes: number; readonly from: number }
  | { readonly kind: "seeds"; readonly from: number; readonly to: number; readonly trace: boolean };

/** Throws, with a line that says why, for what it does not understand. */
function parse(): { readonly task: Task; readonly options: ScenarioOptions } {
  const { values: flags } = parseArgs({
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      swarm: { type: "string" },
      from: { type: "string", default: "1" },
      servers: { type: "string" },
      clients: { type: "string" },
      trace: { type: "boolean", default: false },
      rewrite: { type: "boolean", default: false },
    },
  });
  const options: ScenarioOptions = {
    servers: flags.servers === undefined ? undefined : whole("servers", flags.servers),
    clients: flags.clients === undefined ? undefined : whole("clients", flags.clients),
  };
  if (flags.rewrite) return { task: { kind: "rewrite" }, options };
  if (flags.swarm !== undefined) {
    const minutes = Number(flags.swarm);
    if (!(minutes > 0)) throw new Error(`--swarm ${flags.swarm}: minutes are wanted`);
    return { task: { kind: "swarm", minutes, from: whole("from", flags.from) }, options };
  }
  const [first = "", last = first, ...more] = (flags.seeds ?? flags.seed ?? "1").split("-");
  const [from, to] = [whole("seeds", first), whole("seeds", last)];
  if (more.length > 0 || from > to) throw new Error(`--seeds ${flags.seeds}: FROM-TO is wanted`);
  return { task: { kind: "seeds", from, to, trace: flags.trace }, options };
}

function parsedOrExit(): ReturnType<typeof parse> {
  try {
    return parse();
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main(): Promise<boolean> {
  const { task, options } = parsedOrExit();
  switch (task.kind) {
    case "rewrite":
      return rewrite();
    case "swarm":
      return await swarm({ ...task, options });
    case "seeds":
      return runSeeds(task.from, task.to, options, task.trace);
  }
}

function rewrite(): boolean {
  const folder = `${ROOT}test/scenarios/`;
  for (const file of readdirSync(folder)) {
    const path = `${folder}${file}`;
    writeFileSync(path, play(readFileSync(path, "utf8")));
  }
  return true;
}

function runSeeds(from: number, to: number, options: ScenarioOptions, trace: boolean): boolean {
  const begun = performance.now();
  const probes = new Map<string, number>();
  let [simulatedMs, failed] = [0, 0];
  for (let seed = from; seed <= to; seed++) {
    const run = runTwice(seed, options, trace);
    if (trace) printTrace(run);
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
