/** One process of a swarm (sim-swarm.ts): runs every so many-th seed until it is ended. */
import type { ScenarioOptions } from "../src/sim/scenario.ts";
import { runOnce, runTwice, scenarioFor } from "./sim-run.ts";

type Task = { readonly from: number; readonly step: number; readonly options: ScenarioOptions };

export type WorkerLine = {
  readonly seed: number;
  readonly failed: boolean;
  readonly simulatedMs: number;
  readonly probes: readonly (readonly [string, number])[];
};

/** Every so many-th world is run twice. */
const TWICE_EVERY = 10;

const { from, step, options } = JSON.parse(process.argv[2] ?? "") as Task;
for (let seed = from, count = 0; ; seed += step, count++) {
  const run =
    count % TWICE_EVERY === 0
      ? runTwice(seed, options, false)
      : runOnce(scenarioFor(seed, options));
  const line: WorkerLine = {
    seed,
    failed: run.violations.length > 0,
    simulatedMs: run.simulatedMs,
    probes: [...run.probes],
  };
  const written = process.stdout.write(`${JSON.stringify(line)}\n`);
  if (!written) await new Promise((resolve) => process.stdout.once("drain", resolve));
}
