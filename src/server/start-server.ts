/**
 * A server in this process, standalone or a member of an ensemble: recovers its folder, opens its
 * doors, serves until it is stopped.
 *
 *   openFolders -> recover -> repair -> doors for members -> first snapshot -> doors for clients
 *
 * Leaves to others: arguments, signals and exit codes (main/).
 * Size: the order of a start reads best in one place.
 */
import type { Logger } from "pino";
import type { Metrics } from "../base/metrics.ts";
import type { NoteDetails } from "../peer/io.ts";
import type { Loading } from "../peer/loading.ts";
import type { PeerStatus } from "../peer/status.ts";
import type { Word } from "../peer/words.ts";
import type { Access } from "../requests/access.ts";
import type { Recovered } from "../txnlog/recovery.ts";
import { accessOf } from "./auth-schemes.ts";
import { ClientLines } from "./client-lines.ts";
import { decompress } from "./compression.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { type Doors, openDoors } from "./doors.ts";
import { Host } from "./host.ts";
import { lendNatives } from "./lend-natives.ts";
import { linkSettingsOf } from "./link-settings.ts";
import { Links } from "./links.ts";
import type { Born } from "./machine-parts.ts";
import { machineFor } from "./machines.ts";
import { Purging } from "./purging.ts";
import type { Readers } from "./readers.ts";
import { readersFor } from "./readers-wanted.ts";
import { inSlices } from "./slices.ts";
import { type SocketEvents, Sockets } from "./sockets.ts";
import { openStorage, type Storage, storageInMemory } from "./storage.ts";
import { hasClientTls, hasMemberTls } from "./tls/enabled.ts";
import type { TlsKeeper } from "./tls/keeper.ts";
import type { MemberTls } from "./tls/member-tls.ts";

export type StartOptions = {
  readonly config: ServerConfig;
  readonly logger: Logger;
  /** Fed with what the server measures. */
  readonly metrics: Metrics;
  /** Answers four-letter words. */
  readonly answer: (word: Word, argument: bigint, status: PeerStatus) => string;
  /** Keep the data in this process alone; `dataDir` is not looked at. */
  readonly inMemory?: boolean;
  /** The server cannot go on. It has stopped taking requests already. */
  readonly onFailure: (error: unknown, while_: string) => void;
};

export type RunningServer = Doors & {
  readonly status: PeerStatus;
  /** Closes the door, lets the disk come to rest. Nothing acknowledged is lost, also without it. */
  stop(): Promise<void>;
};

/** A port for other members of the ensemble cannot be opened. */
export class MemberPortError extends Error {
  override readonly name = "MemberPortError";
  readonly code = "MEMBER_PORT";

  constructor(cause: unknown) {
    const told = cause instanceof Error ? cause.message : String(cause);
    super(`cannot listen for the other members: ${told}`, { cause });
  }
}

/** Rejects where the folder, the port or the data do not allow to serve. */
export async function startHosted(options: StartOptions): Promise<RunningServer> {
  const { config, logger, metrics } = options;
  lendNatives();
  const lines = new ClientLines(logger);
  const event = "an authentication provider failed";
  const access = await accessOf({
    config,
    metrics,
    tell: (line) => logger.warn(line),
    providerFailed: (about) => lines.note({ level: "warn", event, about }),
  });
  // Before the data: what is wrong with it should not be told after minutes of loading.
  const tls = hasClientTls(config) ? await clientTls(config) : undefined;
  const memberTlsOf = hasMemberTls(config) ? await memberTls(config, lines) : undefined;
  const readers = await readersFor(config, logger);
  return new Start(options, { access, lines, tls, memberTls: memberTlsOf, readers }).run();
}

async function clientTls(config: ServerConfig): Promise<TlsKeeper> {
  const { TlsKeeper } = await import("./tls/keeper.ts");
  return new TlsKeeper(config);
}

async function memberTls(config: ServerConfig, lines: ClientLines): Promise<MemberTls> {
  const { MemberTls } = await import("./tls/member-tls.ts");
  const event = "a connection to a port for members was closed before it came in";
  return new MemberTls(config, (from, why) =>
    lines.note({ level: "warn", event, about: { from, why } }),
  );
}

type Parts = {
  readonly born: Born;
  readonly sockets: Sockets;
  readonly links: Links;
  readonly lines: ClientLines;
};

/** What is made before a folder is touched. */
type Before = {
  readonly access: Access;
  readonly lines: ClientLines;
  readonly tls: TlsKeeper | undefined;
  readonly memberTls: MemberTls | undefined;
  readonly readers: Readers | undefined;
};

class Start {
  private readonly options: StartOptions;
  private readonly access: Access;
  private readonly lines: ClientLines;
  private readonly storage: Storage;
  private readonly purging: Purging;
  private readonly tls: TlsKeeper | undefined;
  private readonly memberTls: MemberTls | undefined;
  private readonly readers: Readers | undefined;

  constructor(options: StartOptions, before: Before) {
    const { config } = options;
    this.options = options;
    this.access = before.access;
    this.lines = before.lines;
    this.tls = before.tls;
    this.memberTls = before.memberTls;
    this.readers = before.readers;
    this.storage = options.inMemory
      ? storageInMemory()
      : openStorage(config, (tookMs, file) => this.synced(tookMs, file));
    this.purging = new Purging(this.storage.disk, config.snapRetainCount);
  }

  async run(): Promise<RunningServer> {
    const { config, logger } = this.options;
    const { disk, surroundings } = this.storage;
    const birth = await machineFor({
      ...{ config, access: this.access, metrics: this.options.metrics, storage: this.storage },
      readers: this.readers,
    });
    const { loading } = birth;
    const begun = performance.now();
    const recovered = await inSlices(
      birth.recover({
        surroundings,
        decompress,
        trustEmptySnapshot: config.trustEmptySnapshot,
        autoCreate: config.dbAutocreate,
      }),
    );
    this.tellRecovered(recovered, loading, performance.now() - begun);
    const born = birth.finish(recovered);
    await disk.run(born.before);
    disk.close();
    if (recovered.initializeUsed) this.storage.forgetInitialize();

    const { lines, readers } = this;
    const sockets = this.sockets(born.status, lines);
    const links = new Links(linkSettingsOf(config, this.memberTls));
    await this.listenForMembers(links);
    const host = await this.startHost({ born, sockets, links, lines });
    const where = await this.listen(sockets, links, host);
    const purging = this.schedulePurge();
    const stopReloading = [
      config.certReload ? this.tls?.startReloading(logger) : undefined,
      config.memberCertReload ? this.memberTls?.startReloading(logger) : undefined,
    ];
    this.tellServing(where);
    return {
      status: born.status,
      ...where,
      async stop() {
        clearInterval(purging);
        for (const stop of stopReloading) stop?.();
        const atRest = host.stop();
        await Promise.all([sockets.stop(), readers?.stop(), links.stop(), atRest]);
        lines.stop();
        disk.close();
      },
    };
  }

  private tellServing({ address, secureAddress }: Doors): void {
    const { logger } = this.options;
    if (address !== undefined) {
      logger.info({ address: address.address, port: address.port }, "serving clients");
    }
    if (secureAddress !== undefined) {
      const { address: host, port } = secureAddress;
      logger.info({ address: host, port }, "serving clients with TLS");
    }
  }

  /** A server that cannot listen does not go on without clients. */
  private async listen(sockets: Sockets, links: Links, host: Host): Promise<Doors> {
    try {
      return await openDoors(sockets, this.options.config, this.readers);
    } catch (error) {
      await Promise.all([host.stop(), sockets.stop(), this.readers?.stop(), links.stop()]);
      this.storage.disk.close();
      throw error;
    }
  }

  /** Members dial each other before any of them serves: these doors are open first. */
  private async listenForMembers(links: Links): Promise<void> {
    const { config, logger } = this.options;
    try {
      await links.listen(config.electionPortBindRetry, (error) =>
        logger.warn({ err: error }, "a port for members cannot be opened; will try again"),
      );
    } catch (cause) {
      await links.stop();
      throw new MemberPortError(cause);
    }
  }

  private sockets(status: PeerStatus, lines: ClientLines): Sockets {
    const { answer, config, metrics } = this.options;
    const warn = (event: string, about: NoteDetails): void =>
      lines.note({ level: "warn", event, about });
    const turnedAway = (from: string, why: string): void => {
      metrics.counter("connection_rejected").add();
      warn("connection refused", { from, why });
    };
    const entrance = this.tls?.open(metrics, (from, why) =>
      warn("connection closed before it came in", { from, why }),
    );
    const events: SocketEvents = {
      answer: (word, argument) => answer(word, argument, status),
      overrun: (from, bytes) =>
        warn("connection closed: its client does not read", { from, bytes }),
      notAccepted: ({ message }) => warn("a connection could not be accepted", { message }),
      turnedAway,
    };
    const { maxCnxns, maxClientCnxns } = config;
    return new Sockets(events, { limits: { maxCnxns, maxClientCnxns }, metrics, entrance });
  }

  /** Feeds the machine; waits for the first snapshot where the folder needs one before any log. */
  private async startHost(parts: Parts): Promise<Host> {
    const { born, sockets, links, lines } = parts;
    const { disk } = this.storage;
    const { config, logger, metrics, onFailure } = this.options;
    metrics.summary("snapshottime");
    let taken = (): void => {};
    let broken: (error: unknown) => void = () => {};
    const first = new Promise<void>((resolve, reject) => {
      [taken, broken] = [resolve, reject];
    });
    const failed = (error: unknown, while_: string): void => {
      broken(error);
      void sockets.stop();
      void this.readers?.stop();
      void links.stop();
      onFailure(error, while_);
    };
    this.readers?.start({
      opened: (wire) => {
        const conn = sockets.acceptPlain(wire);
        return (reads) => sockets.served(conn, reads);
      },
      notAccepted: (error) => sockets.notAccepted(error),
      failed: (error) => {
        void host.stop();
        failed(error, "reading in a thread");
      },
    });
    const host = new Host(
      born.machine,
      { disk, sockets, links, readers: this.readers },
      {
        note: (note) => lines.note(note),
        snapshotTaken: (name, tookMs) => {
          metrics.summary("snapshottime").record(tookMs);
          this.purging.knowWhole(name);
          logger.info({ snapshot: name }, "snapshot written");
          taken();
        },
        failed,
      },
      config.busyPollMs,
    );
    host.start(config.tickTimeMs);
    if (born.waitsForSnapshot) await first;
    else void first.catch(() => {});
    return host;
  }

  private synced(tookMs: number, file: string): void {
    const { config, logger, metrics } = this.options;
    metrics.summary("fsynctime").record(tookMs);
    if (tookMs < config.fsyncWarningMs) return;
    logger.warn({ file, tookMs: Math.round(tookMs) }, "a disk sync was slow: writes waited for it");
  }

  private tellRecovered(recovered: Recovered, loading: Loading, tookMs: number): void {
    const { logger, metrics } = this.options;
    metrics.summary("dbinittime").record(tookMs);
    metrics.summary("startup_txns_loaded").record(recovered.txnsReplayed);
    metrics.counter("digest_mismatches_count").add(loading.mismatches);
    for (const note of recovered.notes) logger.warn({}, note);
    const mismatches = loading.describeMismatches();
    if (mismatches !== undefined) logger.warn({}, mismatches);
    if (recovered.snapshot !== undefined) this.purging.knowWhole(recovered.snapshot.name);
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

  private schedulePurge(): NodeJS.Timeout | undefined {
    const { config, logger } = this.options;
    if (config.purgeIntervalMs <= 0) return undefined;
    const purge = async (): Promise<void> => {
      const { deleted, damaged } = await this.purging.purge();
      for (const { name, reason } of damaged) {
        logger.warn({ snapshot: name, reason }, "a snapshot is not whole and does not count");
      }
      if (deleted.length > 0) logger.info({ deleted }, "old snapshots and logs purged");
    };
    let running = false;
    const run = (): void => {
      if (running) return;
      running = true;
      purge()
        .catch((error: unknown) => logger.warn({ err: error }, "purging failed; will try again"))
        .finally(() => {
          running = false;
        });
    };
    run();
    return setInterval(run, config.purgeIntervalMs);
  }
}
