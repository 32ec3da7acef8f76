/**
 * What a run is made of, drawn from its seed: how many of whom, which faults and how often. A
 * scenario can be made smaller by hand or by shrink.ts and runs on the same seed.
 */
import { type Millis, type ServerId, toServerId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import type { Beginning } from "./beginning.ts";
import { FAULTS, type FaultName } from "./fault-names.ts";
import type { Tuning } from "./servers.ts";

/**
 * All that a world is made of. Change what `scenarioOf` gives, and `run` plays it on the same seed.
 * @example const short: Scenario = { ...scenarioOf(7), faultsMs: 1000, clients: 2 };
 */
export type Scenario = {
  readonly seed: number;
  readonly servers: readonly ServerId[];
  /** How many of them, counted from the last, only watch. */
  readonly observers: number;
  readonly clients: number;
  readonly workloads: readonly string[];
  /** Mean time between two faults of a kind; a kind that is absent is not in it. */
  readonly faults: ReadonlyMap<FaultName, Millis>;
  readonly calmMs: Millis;
  readonly faultsMs: Millis;
  /** A program pauses up to twice this between its steps. */
  readonly thinkMs: Millis;
  readonly sessionTimeoutsMs: readonly Millis[];
  /** The share of clients that now and then do not read. */
  readonly slowReaders: number;
  readonly latencyMs: readonly [min: Millis, max: Millis];
  readonly cutChance: number;
  readonly lingerMs: Millis;
  /** How wide each way of the network is; unless given, there is room for all. */
  readonly bytesPerMs?: number;
  readonly syncMs: Millis;
  /** How fast and slow clocks are, in millionths. */
  readonly driftPpm: number;
  readonly tuning: Tuning;
  /** A history that the servers begin with; unless given, with nothing. */
  readonly beginning?: Beginning;
};

/**
 * What is not left to the seed.
 * @example const options: ScenarioOptions = { servers: 3, clients: 4, faultsMs: 10_000 };
 */
export type ScenarioOptions = {
  /** How many servers; else 1 to 7 by the seed, more often few. */
  readonly servers?: number | undefined;
  readonly clients?: number | undefined;
  readonly faultsMs?: Millis | undefined;
};

const WORKLOADS = [
  ...["registers", "counters", "sequences", "multis", "ephemerals"],
  ...["watches", "locks", "large", "churn"],
];

/** Drawn in a stream of their own, so that all else is drawn as before they were there. */
const MORE_WORKLOADS = ["pipelines", "refusals", "fresh"];

/** They go on without a quorum, at servers that let them. */
const READERS = "readers";
const READERS_MORE_CLIENTS = 2;
/** Without them such a world would seldom lack a quorum for long enough. */
const QUORUM_LOSSES = ["partition", "power loss everywhere"] as const;
const READERS_CHANCE = 0.2;
/** A stream in which no seed that was kept before them (test/seeds) has readers. */
const READERS_STREAM = 0x0ead_0019;

/** As with readers: no seed that was kept before has it. */
const MAINTENANCE_STREAM = 0x0ead_100b;

/** Epochs shortly before a bit more is needed, and close to the last one that there can be. */
const EPOCHS = [1, 0x7ffc, 0xfffc, 0x00ff_fffc, 0x3fff_fffc, 0x7fff_0000];
const SEQUENCE_END = 0x7fff_ffff;
/** The last counter that a leader proposes, and that a standalone server does. */
const COUNTER_ENDS = [0xffff_fff0, 0xffff_fffe];

/** Numbers that come to an end while the world is played: in one of twelve. */
function endingNumbers(
  seed: number,
  servers: number,
): { readonly lastCounter?: number; readonly beginning?: Beginning } {
  const prng = new Prng(seed ^ 0x0e4d_0f17);
  const lastCounter = prng.chance(0.04) ? { lastCounter: 10 + prng.below(300) } : {};
  if (!prng.chance(0.04)) return lastCounter;
  const counter = COUNTER_ENDS[servers === 1 ? 1 : 0]! - prng.below(servers === 1 ? 300 : 2);
  const sequence = SEQUENCE_END - prng.below(100);
  return { ...lastCounter, beginning: { epoch: prng.pick(EPOCHS), counter, sequence } };
}

/**
 * The scenario that a seed stands for. `seed`: an integer from 0 to 2^32 - 1.
 * @example
 * const { servers, workloads, faults } = scenarioOf(7);
 * console.log(servers.length, workloads, [...faults.keys()]);
 */
export function scenarioOf(seed: number, options: ScenarioOptions = {}): Scenario {
  const prng = new Prng(seed ^ 0x0ddb_a115);
  const drawnServers = prng.pick([1, 3, 3, 3, 3, 5, 5, 7, 2, 4]);
  const servers = options.servers ?? drawnServers;
  const reads = hasReaders(seed, servers);
  const drawnClients = 1 + prng.below(10) + (reads ? READERS_MORE_CLIENTS : 0);
  const workloads = WORKLOADS.filter(() => prng.chance(0.35));
  if (workloads.length === 0) workloads.push(prng.pick(WORKLOADS));
  const faults = new Map<FaultName, Millis>();
  const late = new Prng(seed ^ 0x1a7e_fa17);
  for (const name of FAULTS) {
    // What came later is drawn apart: for the sake of one more kind no seed becomes another world.
    if (name === "maintenance") continue;
    const meanMs = (name === "damage at rest" ? late : prng).pick([0, 0, 800, 4000, 15_000]);
    if (meanMs > 0) faults.set(name, meanMs);
  }
  if (new Prng(seed ^ MAINTENANCE_STREAM).chance(0.08)) faults.set("maintenance", 5000);
  if (reads) for (const name of QUORUM_LOSSES) faults.set(name, faults.get(name) ?? 4000);
  const tickMs = prng.pick([500, 1000, 2000]);
  const timeouts = [4 * tickMs, 6 * tickMs, 10 * tickMs];
  const drawnFaultsMs = prng.pick([5000, 20_000, 40_000]);
  const { lastCounter, beginning } = endingNumbers(seed, servers);
  const observers = servers > 3 && prng.chance(0.4) ? 1 + prng.below(2) : 0;
  return {
    seed,
    servers: Array.from({ length: servers }, (_, at) => toServerId(BigInt(at + 1))),
    observers,
    clients: options.clients ?? drawnClients,
    workloads: [...workloads, ...moreWorkloads(seed), ...(reads ? [READERS] : [])],
    faults,
    calmMs: 1000 + prng.below(3000),
    faultsMs: options.faultsMs ?? drawnFaultsMs,
    thinkMs: prng.pick([1, 10, 50, 300]),
    sessionTimeoutsMs: prng.chance(0.5) ? timeouts : [prng.pick(timeouts)],
    slowReaders: prng.pick([0, 0, 0.5]),
    latencyMs: prng.pick([
      [0.05, 0.3],
      [0.3, 3],
      [2, 40],
    ] as const),
    cutChance: prng.pick([0, 0.05, 0.5]),
    lingerMs: prng.pick([0, 0, 2, 20]),
    syncMs: prng.pick([0.2, 2, 10]),
    driftPpm: prng.pick([0, 100, 500]),
    tuning: {
      tickMs,
      initLimit: 10,
      syncLimit: 5,
      snapshotRecords: prng.pick([20, 200, 100_000]),
      logFileBytes: prng.pick([0, 0, 5000]),
      preAllocBytes: prng.pick([0, 4096, 65_536]),
      batchRecordsMax: prng.pick([1, 10, 1000]),
      ...(lastCounter === undefined ? {} : { lastCounter }),
      ...(reads ? { readOnlyMode: true } : {}),
    },
    ...(beginning === undefined ? {} : { beginning }),
  };
}

/** Whether a quorum can be missing, and there are servers and clients that can do without. */
const hasReaders = (seed: number, servers: number): boolean =>
  servers > 1 && new Prng(seed ^ READERS_STREAM).chance(READERS_CHANCE);

function moreWorkloads(seed: number): readonly string[] {
  const prng = new Prng(seed ^ 0x3e1d_0b2f);
  return MORE_WORKLOADS.filter(() => prng.chance(0.25));
}
