/**
 * Worlds in which certain situations are more likely than in one that is drawn from a seed alone:
 * few kinds of faults, often, and programs that do not pause long. The rest is as it is drawn.
 */
import { toServerId } from "../../src/base/ids.ts";
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
    // A disk that syncs each record alone would be all that such a world is busy with.
    tuning: { ...drawn.tuning, tickMs: 500, batchRecordsMax: 10 + drawn.tuning.batchRecordsMax },
    sessionTimeoutsMs: [3000],
  };
}

/** Disks are slow, and the power goes out in all places at once: what was not synced is gone. */
export const powerLosses = (drawn: Scenario): Scenario => ({
  ...busy(drawn, { "power loss everywhere": 5000, "power loss": 5000 }),
  clients: Math.max(4, drawn.clients),
  faultsMs: 40_000,
  thinkMs: Math.min(drawn.thinkMs, 10),
  syncMs: [20, 60, 150][drawn.seed % 3]!,
});

/** Single servers are cut off, leaders among them, which keep transactions that nobody else has. */
export const isolations = (drawn: Scenario): Scenario =>
  busy(drawn, { isolation: 3000, kill: 6000 });

/** As `isolations`, with snapshots and crashes all the time. */
export const snapshots = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { isolation: 4000, "power loss": 3000, kill: 6000 });
  return { ...world, tuning: { ...world.tuning, snapshotRecords: 20 } };
};

/**
 * Clients lose their servers all the time, and find others that lag behind; what they sent before
 * comes late. Sessions are as short as they can be.
 */
export const movers = (drawn: Scenario): Scenario => {
  const world = busy(drawn, {
    ...{ "client cut off": 400, reset: 800, "half-open": 2000, "one-way partition": 2000 },
    ...{ "slow disk": 2000, "stalled disk": 2000, jitter: 500, "slow link": 2000 },
  });
  const workloads = ["pipelines", "watches", "ephemerals", "registers"];
  return { ...world, clients: 6, workloads, sessionTimeoutsMs: [2000], latencyMs: [0.3, 3] };
};

/** Groups of servers hear nothing of each other. */
export const partitions = (drawn: Scenario): Scenario =>
  busy(drawn, { partition: 2500, kill: 8000 });

/** States are large, what goes from one server to another takes long, and it breaks off. */
export const slowLinks = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { isolation: 3000, reset: 300, kill: 5000, "emptied folder": 3000 });
  const tuning = { ...world.tuning, snapshotRecords: 20 };
  const workloads = ["large", "registers"];
  return { ...world, ...{ workloads, tuning, bytesPerMs: 40, thinkMs: 300, faultsMs: 60_000 } };
};

/** Leaders change all the time, whoever comes back has missed some, and all of it stays in logs. */
export const failovers = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { kill: 1200, isolation: 2500, "power loss": 4000 });
  return { ...world, tuning: { ...world.tuning, snapshotRecords: 100_000 } };
};

/** As `failovers`, with five members: two of them miss what the other three commit. */
export const failoversOfFive = (drawn: Scenario): Scenario => {
  const world = failovers(drawn);
  return {
    ...{ ...world, thinkMs: 100, faultsMs: 60_000 },
    servers: [1n, 2n, 3n, 4n, 5n].map(toServerId),
    faults: new Map<FaultName, number>([
      ["kill", 1500],
      ["isolation", 4000],
    ]),
  };
};

/** Power goes out between two operations of a disk, and again while that is read; files are small. */
export const diskCrashes = (drawn: Scenario): Scenario => {
  const world = busy(drawn, {
    ...{ "power loss at a disk operation": 500, "crash while starting": 2500, "power loss": 3000 },
    "bit rot": 3000,
  });
  return { ...world, tuning: { ...world.tuning, snapshotRecords: 20, logFileBytes: 3000 } };
};

/**
 * Servers stand still for seconds, and clients wait for them longer than other servers do; some ask
 * for something only when those have another leader.
 */
export const pauses = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { pause: 1200 });
  return {
    ...{ ...world, clients: 12, workloads: ["fresh"], thinkMs: 3000, faultsMs: 60_000 },
    sessionTimeoutsMs: [10_000],
    tuning: { ...world.tuning, looksLate: true },
  };
};

/** So few writes that a leader which was cut off finds nothing new when it comes back. */
export const rareWrites = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { pause: 3000, isolation: 4000, kill: 8000, "power loss": 8000 });
  return {
    ...{ ...world, clients: 3, workloads: ["registers"], thinkMs: 2500, faultsMs: 120_000 },
    sessionTimeoutsMs: [10_000],
    tuning: { ...world.tuning, snapshotRecords: 100_000 },
  };
};

/** Connections break off behind what was just sent; to write it takes the servers long. */
export const slowDisks = (drawn: Scenario): Scenario => ({
  ...busy(drawn, { reset: 150, "client cut off": 1000, "half-open": 1000 }),
  clients: 5,
  workloads: ["pipelines"],
  latencyMs: [0.3, 3],
  syncMs: [20, 60, 150][drawn.seed % 3]!,
});

/** Links break all the time; of three servers one is often away, and disks are not equally fast. */
export const relinks = (drawn: Scenario): Scenario => {
  const world = busy(drawn, {
    ...{ reset: 60, kill: 3000, "slow disk": 400, "power loss": 4000, isolation: 4000 },
  });
  const tuning = { ...world.tuning, snapshotRecords: 100_000 };
  return { ...world, clients: 3, workloads: ["pipelines"], syncMs: 10, tuning };
};

/** As `failovers`, where a disk takes so long that there is always something that waits for it. */
export const slowFailovers = (drawn: Scenario): Scenario => ({
  ...failovers(drawn),
  faults: new Map<FaultName, number>([
    ["kill", 1500],
    ["slow disk", 200],
  ]),
  workloads: ["pipelines"],
  syncMs: 30,
  faultsMs: 60_000,
});

/** As `powerLosses`, with disks that are busy long after their server has lost its leader. */
export const busyDisks = (drawn: Scenario): Scenario => {
  const world = powerLosses(drawn);
  const { batchRecordsMax } = drawn.tuning;
  return { ...world, syncMs: 100, tuning: { ...world.tuning, batchRecordsMax } };
};

/** Logs and snapshots of single members are damaged, while others are cut off or come and go. */
export const damages = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { "damage at rest": 1500, isolation: 3000, kill: 2500 });
  return { ...world, tuning: { ...world.tuning, snapshotRecords: 200 } };
};

/** Quorums are missing for seconds again and again, and all clients can do without. */
export const withoutQuorum = (drawn: Scenario): Scenario => {
  const world = busy(drawn, {
    ...{ partition: 2000, isolation: 2500, kill: 1500, "power loss everywhere": 6000 },
    ...{ "slow disk": 2000, reset: 1500 },
  });
  return {
    ...{ ...world, clients: 6, workloads: ["readers"], faultsMs: 40_000 },
    sessionTimeoutsMs: [4000, 10_000],
    tuning: { ...world.tuning, readOnlyMode: true },
  };
};

/**
 * Followers hear of the end of their links, and leaders that are cut off do not: they believe for
 * seconds that they lead, while others have gone on, and damaged members come back.
 */
export const staleLeaders = (drawn: Scenario): Scenario => {
  const world = busy(drawn, { "damage at rest": 800, isolation: 1500, "half-open": 100 });
  const tuning = { ...world.tuning, snapshotRecords: 200, tickMs: 2000 };
  return { ...world, tuning, faultsMs: 60_000, sessionTimeoutsMs: [8000] };
};
