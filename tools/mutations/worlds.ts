/**
 * Worlds in which certain situations are more likely than in one that is drawn from a seed alone:
 * few kinds of faults, often, and programs that do not pause long. The rest is as it is drawn.
 */
import type { FaultName } from "../../src/sim/fault-names.ts";
import type { Scenario } from "../../src/sim/scenario.ts";

type Faults = Readonly<Partial<Record<FaultName, number>>>;

const WRITERS = ["registers", "counters", "sequences"];

function busy(drawn: Scenario, faults: Faults): Scenario {
  return {
    ...drawn,
    clients: 3 + (drawn.clients % 3),
    workloads: [...new Set([...WRITERS, ...drawn.workloads])],
    faults: new Map(Object.entries(faults) as [FaultName, number][]),
    faultsMs: 25_000,
    thinkMs: 10,
    slowReaders: 0,
    tuning: { ...drawn.tuning, tickMs: 500 },
    sessionTimeoutsMs: [3000],
  };
}

/** Disks are slow, and the power goes out in all places at once: what was not synced is gone. */
export const powerLosses = (drawn: Scenario): Scenario => ({
  ...busy(drawn, { "power loss everywhere": 5000, "power loss": 5000 }),
  clients: Math.max(4, drawn.clients),
  faultsMs: 40_000,
  thinkMs: Math.min(drawn.thinkMs, 10),
  syncMs: [20, 100, 400][drawn.seed % 3]!,
});

/** Single servers are cut off, leaders among them, which keep transactions that nobody else has. */
export const isolations = (drawn: Scenario): Scenario =>
  busy(drawn, { isolation: 3000, kill: 6000 });

/** As `isolations`, with snapshots and crashes all the time. */
export const snapshots = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { isolation: 4000, "power loss": 3000, kill: 6000 });
  return { ...world, tuning: { ...world.tuning, snapshotRecords: 20 } };
};

/** Groups of servers hear nothing of each other. */
export const partitions = (drawn: Scenario): Scenario =>
  busy(drawn, { partition: 2500, kill: 8000 });

/** What goes from one server to another takes long, and breaks off. */
export const slowLinks = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { isolation: 3000, "slow link": 800, reset: 1000, kill: 6000 });
  return { ...world, workloads: [...new Set([...world.workloads, "large"])] };
};

/** Logs and snapshots of single members are damaged, while others are cut off or come and go. */
export const damages = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { "damage at rest": 1500, isolation: 3000, kill: 2500 });
  return { ...world, tuning: { ...world.tuning, snapshotRecords: 200 } };
};
