/** What the machines of hosts are made with and of, whichever they are. */
import type { Zxid } from "../base/ids.ts";
import type { Metrics } from "../base/metrics.ts";
import { Prng } from "../base/prng.ts";
import type { Loading } from "../peer/loading.ts";
import type { PeerStatus } from "../peer/status.ts";
import type { Access } from "../requests/access.ts";
import type { TreeOptions } from "../tree/data-tree.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import { LogWriter } from "../txnlog/log-writer.ts";
import type { Recovered, RecoveryOptions } from "../txnlog/recovery.ts";
import type { ServerConfig } from "./config/server-config.ts";
import type { HostedMachine } from "./host.ts";
import { randomSeed } from "./peer-settings.ts";
import type { Readers } from "./readers.ts";
import type { Storage } from "./storage.ts";

export type MachineParts = {
  readonly config: ServerConfig;
  readonly access: Access;
  readonly metrics: Metrics;
  readonly storage: Storage;
  /** Threads that will read the tree. */
  readonly readers: Readers | undefined;
};

/** A machine that is being born: first it loads what the disk holds. */
export interface Birth {
  readonly loading: Loading;
  /** Reads the folder, yielding between slices of work. Throws `DiskRefused`. */
  recover(options: RecoveryOptions): Generator<void, Recovered>;
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

export function newLog(config: ServerConfig, lastZxid: Zxid): LogWriter {
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

export const treeOptionsOf = ({ config, readers }: MachineParts): TreeOptions => ({
  extendedTypes: config.extendedTypesEnabled,
  ...(readers?.treeOptions ?? { hashSeed: randomSeed() }),
});

export const startedNow = () => ({ now: performance.now(), wall: Date.now() });
