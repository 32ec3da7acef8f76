/** The kinds of faults of a world. What each does stands in faults.ts. */
export const FAULTS = [
  "kill",
  "power loss",
  "power loss at a disk operation",
  "power loss everywhere",
  "crash while starting",
  "pause",
  "partition",
  "isolation",
  "one-way partition",
  "client cut off",
  "reset",
  "half-open",
  "jitter",
  "slow link",
  "slow disk",
  "stalled disk",
  "failing sync",
  "full disk",
  "bit rot",
  "wall clock jump",
  "emptied folder",
  "older copy",
  "damage at rest",
  "maintenance",
] as const;
/**
 * A kind of fault: docs/simulation.md.
 * @example const faults: ReadonlyMap<FaultName, number> = new Map([["power loss", 2000]]);
 */
export type FaultName = (typeof FAULTS)[number];
