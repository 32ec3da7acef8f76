/**
 * The machines that a host runs: a standalone server, or a member of an ensemble. What recovery has
 * found is theirs from here on.
 */
import { toServerId, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import type { Metrics } from "../base/metrics.ts";
import { Prng } from "../base/prng.ts";
import type { PeerEffect, PeerInput } from "../peer/io.ts";
import { Loading } from "../peer/loading.ts";
import { QuorumPeer } from "../peer/quorum-peer.ts";
import { Replica } from "../peer/replica.ts";
import { StandaloneServer } from "../peer/standalone.ts";
import type { PeerStatus } from "../peer/status.ts";
import type { Access } from "../requests/access.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import { readEpochs } from "../txnlog/epoch-files.ts";
import { LogWriter } from "../txnlog/log-writer.ts";
import type { Recovered } from "../txnlog/recovery.ts";
import { CommittedLog } from "../zab/committed-log.ts";
import { decompress } from "./compression.ts";
import type { EnsembleConfig, ServerConfig } from "./config/server-config.ts";
import type { HostedMachine } from "./host.ts";
import { randomSeed, settingsOf } from "./peer-settings.ts";
import type { Storage } from "./storage.ts";

/** The id that a standalone server makes session ids with, as the reference does. */
const STANDALONE_ID = toServerId(1n);

export type MachineParts = {
  readonly config: ServerConfig;
  readonly access: Access;
  readonly metrics: Metrics;
  readonly storage: Storage;
};

/** A machine that is being born: first it loads what the disk holds. */
export interface Birth {
  readonly loading: Loading;
  /** The folder has been read. `before` is to be done on the disk before the machine's first step. */
  finish(recovered: Recovered): Born;
}

export type Born = {
  readonly machine: HostedMachine;
  readonly status: PeerStatus;
  readonly before: readonly DiskOp[];
  /** Clients are let in only when the first snapshot is there. */
  readonly waitsForSnapshot: boolean;
};

export function machineFor(parts: MachineParts): Birth {
  const { ensemble } = parts.config;
  return ensemble === undefined ? standalone(parts) : member(parts, ensemble);
}

function standalone(parts: MachineParts): Birth {
  const { config, access, metrics, storage } = parts;
  const loading = new Loading(treeOptionsOf(config));
  return {
    loading,
    finish(recovered) {
      const { loaded } = loading;
      const machine = new StandaloneServer({
        settings: settingsOf(config, STANDALONE_ID),
        access,
        passwordOf: storage.passwords(),
        log: newLog(config, loaded.tree.lastProcessed),
        metrics,
        loaded,
        startedAt: startedNow(),
      });
      if (recovered.snapshotNeeded || recovered.txnsReplayed > 0) machine.askSnapshot();
      return {
        // It is given no link, and asks for none.
        machine: { step: (input, out) => machine.step(input as PeerInput, out as PeerEffect[]) },
        status: machine.status,
        before: [],
        waitsForSnapshot: recovered.snapshotNeeded,
      };
    },
  };
}

function member(parts: MachineParts, { self, own, config: members }: EnsembleConfig): Birth {
  const { config, access, metrics, storage } = parts;
  const treeOptions = treeOptionsOf(config);
  const history = new CommittedLog();
  const loading = new Loading(treeOptions, history);
  const log = (lastZxid: Zxid): LogWriter => newLog(config, lastZxid);
  return {
    loading,
    finish(recovered) {
      const { lastZxid, snapshotNeeded, txnsReplayed } = recovered;
      const { epochs, ops } = readEpochs(storage.disk, lastZxid);
      const { loaded } = loading;
      const peer = new QuorumPeer({
        settings: settingsOf(config, self),
        ensemble: {
          ...{ self, role: own.role, config: members, leaderServes: config.leaderServes },
          readOnlyMode: config.readOnlyMode,
          timing: {
            tickMs: config.tickTimeMs,
            initLimit: config.initLimit,
            syncLimit: config.syncLimit,
          },
        },
        ...{ access, decompress, treeOptions, metrics, snapshotNeeded },
        passwordOf: storage.passwords(),
        folder: storage.disk,
        newLog: log,
        epochs,
        store: {
          ...{ loaded, history, replica: new Replica(loaded, log(lastZxid), history) },
          logFrom: recovered.snapshot?.zxid ?? ZXID_ZERO,
        },
        snapshotWanted: txnsReplayed > 0,
        startedAt: startedNow(),
      });
      return { machine: peer, status: peer.status, before: ops, waitsForSnapshot: false };
    },
  };
}

function newLog(config: ServerConfig, lastZxid: Zxid): LogWriter {
  return new LogWriter({
    forceSync: config.forceSync,
    preAllocBytes: config.preAllocBytes,
    fileBytesMax: Math.max(config.txnLogSizeLimitBytes, 0),
    batchRecordsMax: config.maxBatchSize,
    snapshots: { records: config.snapCount, bytes: Math.max(config.snapSizeLimitBytes, 0) },
    chance: new Prng(randomSeed()).uint32() / 0x1_0000_0000,
    lastZxid,
  });
}

const treeOptionsOf = (config: ServerConfig) => ({
  hashSeed: randomSeed(),
  extendedTypes: config.extendedTypesEnabled,
});

const startedNow = () => ({ now: performance.now(), wall: Date.now() });
