/**
 * Makes a scenario that fails smaller, as long as it fails: fewer kinds of faults, fewer clients
 * and workloads, a shorter time.
 */
import type { Scenario } from "./scenario.ts";

/** Runs it costs at the most. */
const RUNS_MAX = 80;
const FAULTS_MS_MIN = 500;

/** `fails` runs a scenario. The result fails; it may be the one given. */
export function shrink(scenario: Scenario, fails: (smaller: Scenario) => boolean): Scenario {
  let best = scenario;
  let runs = 0;
  for (let isSmaller = true; isSmaller && runs < RUNS_MAX; ) {
    isSmaller = false;
    for (const candidate of smallerOnes(best)) {
      if (++runs > RUNS_MAX) break;
      if (!fails(candidate)) continue;
      best = candidate;
      isSmaller = true;
      break;
    }
  }
  return best;
}

/** The boldest first. */
function* smallerOnes(scenario: Scenario): Iterable<Scenario> {
  const { faults, clients, workloads, faultsMs } = scenario;
  if (faultsMs > 2 * FAULTS_MS_MIN) yield { ...scenario, faultsMs: Math.round(faultsMs / 2) };
  if (clients > 1) yield { ...scenario, clients: clients >> 1 };
  for (const name of faults.keys()) {
    yield { ...scenario, faults: new Map([...faults].filter(([other]) => other !== name)) };
  }
  if (workloads.length > 1) {
    for (const name of workloads) {
      yield { ...scenario, workloads: workloads.filter((other) => other !== name) };
    }
  }
  if (clients > 1) yield { ...scenario, clients: clients - 1 };
  if (faultsMs > FAULTS_MS_MIN) yield { ...scenario, faultsMs: Math.round(faultsMs * 0.8) };
}

/** One line about a scenario: its seed and how much is in it. */
export const describeScenario = (scenario: Scenario): string => {
  const { seed, servers, observers, clients, workloads, faults, faultsMs } = scenario;
  const kinds = [...faults].map(([name, everyMs]) => `${name} every ${everyMs} ms`);
  return (
    `seed ${seed}: ${servers.length} servers, ${observers} of them observers, ${clients} clients ` +
    `(${workloads.join(", ")}), ${faultsMs} ms of ${kinds.join(", ") || "no faults"}`
  );
};
