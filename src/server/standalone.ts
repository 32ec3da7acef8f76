/**
 * A standalone server in this process: recovers its folder, opens its door, serves until it is stopped.
 *
 *   openFolders -> recover -> repair -> first snapshot -> listen
 *
 * Leaves to others: arguments, signals and exit codes (main/).
 */
import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { toServerId } from "../base/ids.ts";
import type { Metrics } from "../base/metrics.ts";
import { Prng } from "../base/prng.ts";
import { Loading } from "../peer/loading.ts";
import type { PeerSettings } from "../peer/settings.ts";
import { StandaloneServer } from "../peer/standalone.ts";
import type { PeerStatus } from "../peer/status.ts";
import type { Word } from "../peer/words.ts";
import { Access } from "../requests/access.ts";
import { digest, world } from "../requests/auth-scheme.ts";
import { ip } from "../requests/ip-scheme.ts";
import { LogWriter } from "../txnlog/log-writer.ts";
import { planPurge } from "../txnlog/purge.ts";
import { type Recovered, recover } from "../txnlog/recovery.ts";
import { compressorFor, decompress } from "./compression.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { openFolders, removeInitialize } from "./data-folders.ts";
import { RealDisk } from "./disk.ts";
import { Host } from "./host.ts";
import { Sockets } from "./sockets.ts";

/** The id that a standalone server makes session ids with, as the reference does. */
const STANDALONE_ID = toServerId(1n);
/** How long recovery works before other events have their turn. */
const SLICE_MS = 10;

export type StandaloneOptions = {
  readonly config: ServerConfig;
  readonly logger: Logger;
  /** Fed with what the server measures. */
  readonly metrics: Metrics;
  /** Answers four-letter words. */
  readonly answer: (word: Word, argument: bigint, status: PeerStatus) => string;
  /** The server cannot go on. It has stopped taking requests already. */
  readonly onFailure: (error: unknown, while_: string) => void;
};

export type RunningServer = {
  readonly status: PeerStatus;
  readonly address: AddressInfo;
  /** Closes the door, lets the disk come to rest. Nothing acknowledged is lost, also without it. */
  stop(): Promise<void>;
};

/** Rejects where the folder, the port or the data do not allow to serve. */
export async function startStandalone(options: StandaloneOptions): Promise<RunningServer> {
  return new Start(options).run();
}

class Start {
  private readonly options: StandaloneOptions;
  private readonly validated = new Set<string>();

  constructor(options: StandaloneOptions) {
    this.options = options;
  }

  async run(): Promise<RunningServer> {
    const { config, logger } = this.options;
    const { folders, surroundings } = openFolders(config, config.datadirAutocreate);
    const disk = new RealDisk(folders, (tookMs, file) => this.synced(tookMs, file));
    const loading = new Loading(this.treeOptions());
    const begun = performance.now();
    const recovered = await inSlices(
      recover(disk, loading, {
        surroundings,
        decompress,
        trustEmptySnapshot: config.trustEmptySnapshot,
        autoCreate: config.dbAutocreate,
      }),
    );
    this.tellRecovered(recovered, loading, performance.now() - begun);
    await disk.run(recovered.ops);
    if (recovered.initializeUsed) removeInitialize(config.dataLogDir);

    const machine = this.machine(loading);
    const sockets = this.sockets(machine.status);
    const host = await this.startHost(machine, disk, sockets, recovered);
    const address = await sockets.listen({
      port: config.clientPort,
      address: config.clientPortAddress,
      backlog: config.clientPortListenBacklog > 0 ? config.clientPortListenBacklog : undefined,
      keepAlive: config.clientTcpKeepAlive,
    });
    const purging = this.schedulePurge(disk);
    logger.info({ address: address.address, port: address.port }, "serving clients");
    return {
      status: machine.status,
      address,
      async stop() {
        clearInterval(purging);
        await sockets.stop();
        await host.stop();
        disk.close();
      },
    };
  }

  private machine(loading: Loading): StandaloneServer {
    const { config, metrics } = this.options;
    const prng = new Prng(randomSeed());
    const log = new LogWriter({
      forceSync: config.forceSync,
      preAllocBytes: config.preAllocBytes,
      fileBytesMax: Math.max(config.txnLogSizeLimitBytes, 0),
      batchRecordsMax: config.maxBatchSize,
      snapshots: { records: config.snapCount, bytes: Math.max(config.snapSizeLimitBytes, 0) },
      chance: prng.uint32() / 0x1_0000_0000,
      lastZxid: loading.loaded.tree.lastProcessed,
    });
    return new StandaloneServer({
      settings: settingsOf(config),
      access: accessOf(config),
      log,
      metrics,
      loaded: loading.loaded,
      startedAt: { now: performance.now(), wall: Date.now() },
    });
  }

  private sockets(status: PeerStatus): Sockets {
    const { logger, answer } = this.options;
    return new Sockets({
      answer: (word, argument) => answer(word, argument, status),
      overrun: (from, bytes) =>
        logger.warn({ from, bytes }, "connection closed: its client does not read"),
    });
  }

  /** Feeds the machine; waits for the first snapshot where the folder needs one before any log. */
  private async startHost(
    machine: StandaloneServer,
    disk: RealDisk,
    sockets: Sockets,
    recovered: Recovered,
  ): Promise<Host> {
    const { config, logger, onFailure } = this.options;
    let taken = (): void => {};
    const first = new Promise<void>((resolve, reject) => {
      taken = resolve;
      this.failed = reject;
    });
    const host = new Host(machine, disk, sockets, {
      note: ({ level, event, about }) => logger[level](about ?? {}, event),
      snapshotTaken: (name) => {
        this.validated.add(name);
        logger.info({ snapshot: name }, "snapshot written");
        taken();
      },
      failed: (error, while_) => {
        this.failed(error);
        onFailure(error, while_);
      },
    });
    if (recovered.snapshotNeeded || recovered.txnsReplayed > 0) machine.askSnapshot();
    host.start(config.tickTimeMs);
    if (recovered.snapshotNeeded) await first;
    else void first.catch(() => {});
    return host;
  }

  private failed: (error: unknown) => void = () => {};

  private treeOptions() {
    return { hashSeed: randomSeed(), extendedTypes: this.options.config.extendedTypesEnabled };
  }

  private synced(tookMs: number, file: string): void {
    const { config, logger, metrics } = this.options;
    metrics.summary("fsynctime").record(tookMs);
    if (tookMs < config.fsyncWarningMs) return;
    logger.warn({ file, tookMs: Math.round(tookMs) }, "a disk sync was slow: writes waited for it");
  }

  private tellRecovered(recovered: Recovered, loading: Loading, tookMs: number): void {
    const { logger } = this.options;
    for (const note of recovered.notes) logger.warn({}, note);
    const mismatches = loading.describeMismatches();
    if (mismatches !== undefined) logger.warn({}, mismatches);
    if (recovered.snapshot !== undefined) this.validated.add(recovered.snapshot.name);
    const { lastZxid, snapshot, txnsReplayed } = recovered;
    logger.info(
      {
        lastZxid: `0x${lastZxid.toString(16)}`,
        snapshot: snapshot?.name ?? "none",
        txnsReplayed,
        znodes: loading.loaded.tree.nodeCount,
        tookMs: Math.round(tookMs),
      },
      "data loaded",
    );
  }

  private schedulePurge(disk: RealDisk): NodeJS.Timeout | undefined {
    const { config, logger } = this.options;
    if (config.purgeIntervalMs <= 0) return undefined;
    const purge = async (): Promise<void> => {
      const ops = planPurge({
        logNames: disk.list("log"),
        snapNames: disk.list("snap"),
        validated: this.validated,
        keep: config.snapRetainCount,
      });
      await disk.run(ops);
      const deleted = ops.flatMap((op) => (op.kind === "delete" ? [op.file.name] : []));
      if (deleted.length > 0) logger.info({ deleted }, "old snapshots and logs purged");
    };
    const run = (): void => {
      purge().catch((error: unknown) =>
        logger.warn({ err: error }, "purging failed; will try again"),
      );
    };
    run();
    return setInterval(run, config.purgeIntervalMs);
  }
}

function settingsOf(config: ServerConfig): PeerSettings {
  return {
    serverId: STANDALONE_ID,
    tickTimeMs: config.tickTimeMs,
    minSessionTimeoutMs: config.minSessionTimeoutMs,
    maxSessionTimeoutMs: config.maxSessionTimeoutMs,
    sessionlessTimeoutMs: config.sessionlessTimeoutMs,
    maxClientCnxns: config.maxClientCnxns,
    maxCnxns: config.maxCnxns,
    globalOutstandingLimit: config.globalOutstandingLimit,
    frameBytesMax: config.maxFrameBytes,
    extendedTypes: config.extendedTypesEnabled,
    reconfigEnabled: config.reconfigEnabled,
    containerNeverUsedMs: config.containerNeverUsedMs,
    containerCheckIntervalMs: config.containerCheckIntervalMs,
    containersPerMinute: config.containersPerMinute,
    enforceQuota: config.enforceQuota,
    closeSessionPaths: config.closeSessionTxnEnabled,
    digestEnabled: config.digestEnabled,
    lastProcessedTrailer: config.serializeLastProcessedZxid,
    compress: compressorFor(config.snapshotCompression),
    seed: randomSeed(),
  };
}

function accessOf(config: ServerConfig): Access {
  const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("base64");
  const schemes = [world, ip];
  if (config.digestAuthEnabled) schemes.push(digest(sha1, config.superDigest));
  return new Access(schemes, config.skipAcl);
}

const randomSeed = (): number => Math.floor(Math.random() * 0x1_0000_0000);

/** Runs sliced work to its end, giving way to other events. */
async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let begun = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() - begun < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    begun = performance.now();
  }
}
