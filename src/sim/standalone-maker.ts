/**
 * Makes standalone servers: an ensemble of one. Writes down what they log and apply. Their
 * proposals have no leader in a history: in an ensemble of one epochs do not change.
 */
import { crc32 } from "../base/crc32.ts";
import { counterOf, epochOf, type ServerId, type Zxid } from "../base/ids.ts";
import { Metrics } from "../base/metrics.ts";
import { Prng } from "../base/prng.ts";
import { JuteReader } from "../jute/reader.ts";
import type { PeerEffect, PeerInput } from "../peer/io.ts";
import { Loading } from "../peer/loading.ts";
import type { PeerSettings } from "../peer/settings.ts";
import { StandaloneServer } from "../peer/standalone.ts";
import { entryBytes, readEntry } from "../records/txn.ts";
import { Access } from "../requests/access.ts";
import { world } from "../requests/auth-scheme.ts";
import { ip } from "../requests/ip-scheme.ts";
import type { DataTree } from "../tree/data-tree.ts";
import { LogWriter } from "../txnlog/log-writer.ts";
import { type Recovered, type RecoveryOptions, recover } from "../txnlog/recovery.ts";
import type { SimDisk } from "./disk.ts";
import type { Recorder } from "./recorder.ts";
import type { Birth, Born, Tuning } from "./servers.ts";

/**
 * Makes servers that know no ensemble: for worlds with one server.
 * @example simulate(16, { maker: makeStandalone, servers: 1 });
 */
export function makeStandalone(birth: Birth): Born {
  const { disk, recorder, server, now, wall, seed, tuning, probes } = birth;
  const loading = new Loading({ hashSeed: seed, extendedTypes: true });
  const recovered = recoverAll(disk, loading);
  if (recovered.txnsReplayed > 0) probes.reach("recovery replayed transactions");
  if (recovered.notes.length > 0) probes.reach("recovery had something to tell the operator");
  const { loaded } = loading;
  const { tree } = loaded;
  recorder.forgetProposals(recovered.lastZxid);
  const ledger = new Ledger();
  const log = recordedLog(birth, tree.lastProcessed, ledger);
  recordApplied(recorder, server, tree, ledger, () => true);
  const machine = new StandaloneServer({
    settings: simSettings(server, tuning, seed),
    access: new Access([world, ip], false),
    log,
    metrics: new Metrics(),
    loaded,
    startedAt: { now, wall },
  });
  if (recovered.snapshotNeeded || recovered.txnsReplayed > 0) machine.askSnapshot();
  return {
    // It is given no link, and asks for none.
    machine: { step: (input, out) => machine.step(input as PeerInput, out as PeerEffect[]) },
    ops: recovered.ops,
    waitsForSnapshot: recovered.snapshotNeeded,
    state: () => loaded,
    isServing: () => true,
    isLeading: () => true,
    answer: (word) => (word === "isro" ? "rw" : ""),
    describe: () => `zxid ${tree.lastProcessed}`,
  };
}

function recoverAll(disk: SimDisk, loading: Loading): Recovered {
  const recovered = wholeOf(recover(disk, loading, recoveryOptions(disk)));
  refuseMismatches(loading);
  return recovered;
}

export const recoveryOptions = (disk: SimDisk): RecoveryOptions => ({
  surroundings: { sameFolder: disk.sameFolder, beside: ["myid"], initialize: false },
  trustEmptySnapshot: false,
  autoCreate: true,
  decompress: () => {
    throw new Error("nothing is compressed in a simulated world");
  },
});

export function refuseMismatches(loading: Loading): void {
  const mismatches = loading.describeMismatches();
  if (mismatches !== undefined) throw new Error(mismatches);
}

/** Does all of a work that is told in slices. */
export function wholeOf<T>(work: Generator<void, T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

/** What follows the greatest counter of a parent: the create leaves that as it is. */
const PAST_SEQUENCE = -(2 ** 31);

/** What a server's log was given in this life and the server has not applied yet. */
export class Ledger {
  private readonly sums = new Map<Zxid, number>();
  private durable: Zxid | undefined;

  appended(zxid: Zxid, sum: number): void {
    this.sums.set(zxid, sum);
  }

  written(upTo: Zxid): void {
    this.durable = upTo;
  }

  /** Undefined for one that the log held already. */
  take(zxid: Zxid): { readonly sum: number; readonly onDisk: boolean } | undefined {
    const sum = this.sums.get(zxid);
    if (sum === undefined) return undefined;
    this.sums.delete(zxid);
    return { sum, onDisk: this.durable !== undefined && zxid <= this.durable };
  }
}

/** A log that tells of what is appended, as a proposal: in an ensemble where the server leads. */
export function recordedLog(
  { recorder, server, seed, tuning, probes }: Birth,
  lastZxid: Zxid,
  ledger: Ledger,
  isLeading?: () => boolean,
): LogWriter {
  const log = new LogWriter({
    forceSync: true,
    preAllocBytes: tuning.preAllocBytes,
    fileBytesMax: tuning.logFileBytes,
    batchRecordsMax: tuning.batchRecordsMax,
    snapshots: { records: tuning.snapshotRecords, bytes: 0 },
    chance: new Prng(seed).uint32() / 0x1_0000_0000,
    lastZxid,
  });
  const tell = (entry: Uint8Array, zxid: Zxid): void => {
    const sum = crc32(entry);
    ledger.appended(zxid, sum);
    recorder.mix(sum);
    if (isLeading === undefined || isLeading()) {
      const { header, txn } = readEntry(new JuteReader(entry.slice()));
      const { clientId: session, cxid } = header;
      const proposed = { kind: "transaction", zxid, sum, session, cxid, txn } as const;
      recorder.add(isLeading === undefined ? proposed : { ...proposed, server });
      if ("parentCversion" in txn && txn.parentCversion === PAST_SEQUENCE) {
        probes.reach("numbers of sequential nodes came to their end");
      }
      if (isLeading === undefined && counterOf(zxid) === 1 && epochOf(zxid) > 0) {
        probes.reach("a server alone passed into an epoch");
      }
    }
  };
  const append = log.append.bind(log);
  log.append = (entry, zxid) => {
    tell(entry, zxid);
    append(entry, zxid);
  };
  const appendEntry = log.appendEntry.bind(log);
  log.appendEntry = (entry) => {
    tell(entryBytes(entry), entry.header.zxid);
    appendEntry(entry);
  };
  const done = log.done.bind(log);
  log.done = () => {
    const upTo = done();
    ledger.written(upTo);
    if (isLeading !== undefined) recorder.add({ kind: "held", server, zxid: upTo });
    return upTo;
  };
  return log;
}

/** Writes down what is applied to the tree while it is known to be committed. */
export function recordApplied(
  recorder: Recorder,
  server: ServerId,
  tree: DataTree,
  ledger: Ledger,
  isCommitted: () => boolean,
): void {
  const apply = tree.apply.bind(tree);
  tree.apply = (entry, sink) => {
    const counts = isCommitted();
    const applied = apply(entry, sink);
    const { zxid } = entry.header;
    // Of one that the log held already there is no sum, and it stands there as it is written here.
    const { sum, onDisk } = ledger.take(zxid) ?? { sum: crc32(entryBytes(entry)), onDisk: true };
    if (counts) {
      recorder.add({ kind: "applied", server, zxid, sum, tree: tree.digest, onDisk });
    }
    return applied;
  };
}

/** What every server of a world is set to. */
export const simSettings = (server: ServerId, tuning: Tuning, seed: number): PeerSettings => ({
  serverId: server,
  tickTimeMs: tuning.tickMs,
  minSessionTimeoutMs: 2 * tuning.tickMs,
  maxSessionTimeoutMs: 20 * tuning.tickMs,
  localSessions: tuning.localSessions === true,
  localSessionsUpgrading: tuning.localSessions === true,
  sessionlessTimeoutMs: 10_000,
  maxClientCnxns: 0,
  maxCnxns: 0,
  connectionThrottle: {
    ...{ tokens: 0, fillTimeMs: 1, fillCount: 1, freezeTimeMs: -1 },
    ...{ dropIncrease: 0.02, dropDecrease: 0.002, decreaseRatio: 0, weights: undefined },
  },
  requestThrottle: {
    ...{ maxRequests: 0, stallTimeMs: 100, dropStale: true, lateAfterMs: 0 },
    ...{ staleLatencyCheck: false, staleConnectionCheck: true },
  },
  largeRequests: { thresholdBytes: -1, bytesMax: 100 << 20 },
  globalOutstandingLimit: 1000,
  frameBytesMax: 0xf_ffff,
  extendedTypes: true,
  reconfigEnabled: false,
  containerNeverUsedMs: 0,
  containerCheckIntervalMs: 60_000,
  containersPerMinute: 10_000,
  enforceQuota: false,
  closeSessionPaths: true,
  digestEnabled: true,
  lastProcessedTrailer: true,
  compress: undefined,
  enforcedSchemes: [],
  seed,
});
