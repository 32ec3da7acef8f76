/** Prints runs of simulated worlds. */

import { neverReached } from "../src/sim/probes.ts";
import { hostOf } from "../src/sim/recorder.ts";
import { describeScenario } from "../src/sim/shrink.ts";
import type { Run } from "../src/sim/simulate.ts";

const COLUMN = 30;
const FINDINGS_MAX = 10;

export function printRun(run: Run): void {
  console.log(describeScenario(run.scenario));
  for (const { rule, what } of run.violations.slice(0, FINDINGS_MAX)) {
    console.log(`  FAILED ${rule}: ${what}`);
  }
  const more = run.violations.length - FINDINGS_MAX;
  if (more > 0) console.log(`  and ${more} more`);
}

/** The clients' column is the first. */
export function printTrace({ scenario, trace }: Run): void {
  const hosts = scenario.servers.map(hostOf);
  const title = ["clients", ...hosts].map((host) => host.padEnd(COLUMN)).join("");
  console.log(`${" ".repeat(12)}${title}`);
  for (const { at, who, text } of trace) {
    const column = hosts.indexOf(who) + 1;
    const named = column === 0 && who !== "" ? `${who} ${text}` : text;
    console.log(`${at.toFixed(3).padStart(10)}  ${" ".repeat(COLUMN * column)}${named}`);
  }
}

/** The counts, and what of the list was not reached: nobody has tested that. */
export function printProbes(probes: ReadonlyMap<string, number>): void {
  for (const [name, count] of [...probes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(count).padStart(10)}  ${name}`);
  }
  const missing = neverReached(probes);
  if (missing.length > 0) console.log(`never reached: ${missing.join("; ")}`);
}
