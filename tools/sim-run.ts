/** Runs a seed for the command line, twice: a world that is not the same again is a failure. */

import { makeMember } from "../src/sim/member-maker.ts";
import { type Scenario, type ScenarioOptions, scenarioOf } from "../src/sim/scenario.ts";
import type { Maker } from "../src/sim/servers.ts";
import { playOut, type Run, run } from "../src/sim/simulate.ts";
import { makeStandalone } from "../src/sim/standalone-maker.ts";

/** One server alone is in every other seed a standalone one, else an ensemble of one. */
const makerOf = ({ servers, seed }: Scenario): Maker =>
  servers.length === 1 && seed % 2 === 0 ? makeStandalone : makeMember;

export const scenarioFor = (seed: number, options: ScenarioOptions): Scenario =>
  scenarioOf(seed, options);

export const runOnce = (scenario: Scenario, trace = false): Run =>
  run(scenario, { maker: makerOf(scenario), trace });

export function runTwice(seed: number, options: ScenarioOptions, trace: boolean): Run {
  const scenario = scenarioFor(seed, options);
  const first = runOnce(scenario, trace);
  // The checkers judge the first: of the second it only counts that it is the same.
  const second = playOut(scenario, { maker: makerOf(scenario), trace });
  const isSame =
    first.fingerprint === second.fingerprint &&
    first.events === second.events &&
    first.trace.every(({ at, who, text }, index) => {
      const other = second.trace[index];
      return other?.at === at && other.who === who && other.text === text;
    });
  if (isSame) return first;
  const what = "two runs of the seed were not the same";
  return { ...first, violations: [...first.violations, { rule: "repeat", what }] };
}
