/**
 * Explores seeds on all cores until the time is over or one fails; shrinks what failed.
 *
 * Each core has a process of its own, which is told what to run on its command line and prints a
 * line of JSON a seed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Scenario, ScenarioOptions } from "../src/sim/scenario.ts";
import { shrink } from "../src/sim/shrink.ts";
import { printProbes, printRun } from "./sim-print.ts";
import { runOnce, scenarioFor } from "./sim-run.ts";
import type { WorkerLine } from "./sim-worker.ts";

export type Swarm = {
  readonly minutes: number;
  readonly from: number;
  readonly options: ScenarioOptions;
};

const WORKER = fileURLToPath(new URL("./sim-worker.js", import.meta.url));
const PROGRESS_MS = 10_000;

/** Resolves to false where a seed failed. */
export async function swarm({ minutes, from, options }: Swarm): Promise<boolean> {
  const begun = performance.now();
  const cores = availableParallelism();
  const probes = new Map<string, number>();
  const failed: number[] = [];
  let [passed, simulatedMs, last] = [0, 0, from];
  const workers: ChildProcess[] = [];
  const stop = (): void => {
    for (const worker of workers) worker.kill();
  };
  const take = (line: WorkerLine): void => {
    simulatedMs += line.simulatedMs;
    last = Math.max(last, line.seed);
    for (const [name, count] of line.probes) probes.set(name, (probes.get(name) ?? 0) + count);
    if (line.failed) failed.push(line.seed);
    else passed++;
    if (failed.length > 0) stop();
  };
  const told = (): string =>
    `${((performance.now() - begun) / 1000).toFixed(0)} s: ${passed} seeds passed, ` +
    `${(simulatedMs / 1000).toFixed(0)} simulated seconds`;
  console.log(`seeds from ${from}`);
  const progress = setInterval(() => console.log(told()), PROGRESS_MS);
  const over = setTimeout(stop, minutes * 60_000);
  const ends = Array.from({ length: cores }, (_, core) => {
    const worker = spawn(process.execPath, [
      WORKER,
      JSON.stringify({ from: from + core, step: cores, options }),
    ]);
    workers.push(worker);
    return watch(worker, take);
  });
  await Promise.all(ends);
  clearInterval(progress);
  clearTimeout(over);
  printProbes(probes);
  const [first] = failed;
  if (first !== undefined) printShrunk(first, options);
  console.log(`${told()}, of ${from} to ${last}`);
  console.log(`${passed} passed, ${failed.length} failed`);
  return failed.length === 0;
}

/** Resolves when the process is gone. What it writes to its stderr is for everybody to see. */
async function watch(worker: ChildProcess, take: (line: WorkerLine) => void): Promise<void> {
  worker.stderr?.pipe(process.stderr);
  const ended = new Promise((resolve) => worker.once("close", resolve));
  if (worker.stdout !== null) {
    for await (const line of createInterface({ input: worker.stdout })) {
      // A line that the end of the process cut in two is not one.
      if (line.endsWith("}")) take(JSON.parse(line) as WorkerLine);
    }
  }
  await ended;
}

function printShrunk(seed: number, options: ScenarioOptions): void {
  const whole = scenarioFor(seed, options);
  const run = runOnce(whole);
  printRun(run);
  // What breaks another promise is another failure.
  const rules = new Set(run.violations.map(({ rule }) => rule));
  const failsAlike = (smaller: Scenario): boolean =>
    runOnce(smaller).violations.some(({ rule }) => rules.has(rule));
  console.log("the smallest that still fails:");
  printRun(runOnce(shrink(whole, failsAlike)));
}
