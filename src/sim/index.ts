/** `quoll/sim`: whole ensembles in a simulated world, from a seed: docs/simulation.md. */
export type { FaultName } from "./fault-names.ts";
export { makeMember } from "./member-maker.ts";
export type { TraceLine } from "./recorder.ts";
export { type Scenario, type ScenarioOptions, scenarioOf } from "./scenario.ts";
export type { Maker } from "./servers.ts";
export { type Finding, type Run, run, type SimulateOptions, simulate } from "./simulate.ts";
export { makeStandalone } from "./standalone-maker.ts";
