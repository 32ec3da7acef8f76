/**
 * Brings back the state of a server from its disk: the newest snapshot that loads, then the log
 * behind it.
 *
 * Promises: every transaction whose sync was reported is applied, in order, or an error says why
 * not. Nothing is written here: what has to change on disk comes back as operations, to be done
 * before serving. They also make durable what was read. Records and names may so far live only in
 * the system's cache, and what is written from now on relies on them.
 * From: specification 5.3, 5.5; DESIGN.md section 5.
 */
import { ProtocolError } from "../base/errors.ts";
import { describeId, toZxid, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { readEntry, type TxnEntry } from "../records/txn.ts";
import { type DiskOp, describeFile, type Folder, logFile, snapFile } from "./disk-ops.ts";
import { DiskRefused, LogDamaged, SnapshotDamaged } from "./errors.ts";
import {
  isUnfinished,
  type LogName,
  logsAfter,
  logsAmong,
  type SnapshotName,
  snapshotsAmong,
} from "./file-names.ts";
import { refuseSwappedFolders, refuseUnknownVersions, type Surroundings } from "./folder-checks.ts";
import { LogReader, type LogRecord } from "./log-reader.ts";
import { LogScan } from "./log-scan.ts";
import { type Decompress, loadSnapshot, type SnapshotDigest } from "./snapshot-reader.ts";
import type { SnapshotSink } from "./snapshot-rows.ts";

/** Receives the state. `reset` begins anew; a rejected snapshot is followed by another `reset`. */
export interface RecoverySink extends SnapshotSink {
  reset(): void;
  /** The snapshot is complete. Until `digest.zxid` is applied the nodes may be ahead of the log. */
  snapshotLoaded(zxid: Zxid, digest: SnapshotDigest | undefined): void;
  /**
   * The next transaction; `bytes[start, end)` is its entry, and all of it is borrowed. Never
   * throws.
   */
  apply(entry: TxnEntry, bytes: Uint8Array, start: number, end: number): void;
  /**
   * The same for the entry of transaction `zxid` that nobody has read yet. False: it is to be read
   * and applied as the others; nothing was done.
   */
  applyPlain?(zxid: Zxid, bytes: Uint8Array, start: number, end: number): boolean;
}

export type RecoveryOptions = {
  readonly surroundings: Surroundings;
  /** Start from the log alone where no snapshot is left (`snapshot.trust.empty`). */
  readonly trustEmptySnapshot: boolean;
  /** An empty folder is a new database (`db.autocreate`). */
  readonly autoCreate: boolean;
  readonly decompress: Decompress;
  /**
   * Recover the state as of this transaction, as if nothing had come after it; unless given, the
   * last one. The answer's `ops` are then not to be done.
   */
  readonly upTo?: Zxid;
};

export type Recovered = {
  /** The last; 0 in a new database, -1 where an empty folder is not trusted: may not vote. */
  readonly lastZxid: Zxid;
  /** The snapshot it began with; undefined where there was none. */
  readonly snapshot: { readonly name: string; readonly zxid: Zxid } | undefined;
  readonly digest: SnapshotDigest | undefined;
  readonly txnsReplayed: number;
  /** The state is not in any snapshot yet: the owner writes one before it serves. */
  readonly snapshotNeeded: boolean;
  /** The file `initialize` was there. It counts once: the owner deletes it. */
  readonly initializeUsed: boolean;
  /** To be done before anything else is written. */
  readonly ops: readonly DiskOp[];
  /** Lines for the operator, in order. */
  readonly notes: readonly string[];
};

/** No transaction comes after it. */
const ZXID_MAX = toZxid(0x7fff_ffff_ffff_ffffn);
/** Transactions applied in one slice of work. */
const TXNS_PER_SLICE = 1024;

/** Recovers into `sink`, yielding between slices of work. Throws `DiskRefused`. */
export function* recover(
  folder: Folder,
  sink: RecoverySink,
  options: RecoveryOptions,
): Generator<void, Recovered> {
  const recovery = new Recovery(folder, sink, options);
  try {
    return yield* recovery.run();
  } catch (error) {
    if (error instanceof DiskRefused) error.notes = recovery.notes;
    throw error;
  }
}

/** How far one snapshot and the log behind it lead. */
type Reached = {
  readonly snapshot: SnapshotName | undefined;
  readonly digest: SnapshotDigest | undefined;
  readonly lastZxid: Zxid;
  readonly txnsReplayed: number;
  readonly reader: LogReader;
};

class Recovery {
  private readonly folder: Folder;
  private readonly sink: RecoverySink;
  private readonly options: RecoveryOptions;
  private readonly logs: readonly LogName[];
  private readonly upTo: Zxid;
  /** Newest first. */
  private readonly snapshots: readonly SnapshotName[];
  private readonly leftovers: readonly string[];
  /** Newer snapshots that do not load. */
  private readonly damaged: SnapshotName[] = [];
  readonly notes: string[] = [];

  constructor(folder: Folder, sink: RecoverySink, options: RecoveryOptions) {
    const inLog = folder.list("log");
    const inSnap = folder.list("snap");
    refuseUnknownVersions(options.surroundings);
    if (!options.surroundings.sameFolder) refuseSwappedFolders(inLog, inSnap);
    this.folder = folder;
    this.sink = sink;
    this.options = options;
    this.logs = logsAmong(inLog);
    this.upTo = options.upTo ?? ZXID_MAX;
    this.snapshots = snapshotsAmong(inSnap)
      .filter(({ zxid }) => zxid <= this.upTo)
      .toReversed();
    this.leftovers = inSnap.filter(isUnfinished);
  }

  *run(): Generator<void, Recovered> {
    const reached = (yield* this.fromSnapshots()) ?? (yield* this.withoutSnapshot());
    const { initialize } = this.options.surroundings;
    const isEmpty = reached.snapshot === undefined && reached.txnsReplayed === 0;
    const trusted = !isEmpty || initialize || this.options.autoCreate;
    return {
      lastZxid: trusted ? reached.lastZxid : toZxid(-1n),
      snapshot: reached.snapshot,
      digest: reached.digest,
      txnsReplayed: reached.txnsReplayed,
      snapshotNeeded: trusted && reached.snapshot === undefined,
      initializeUsed: initialize,
      ops: this.repairs(reached),
      notes: this.notes,
    };
  }

  /** Tries snapshots, newest first. Undefined when none loads. */
  private *fromSnapshots(): Generator<void, Reached | undefined> {
    let ahead: SnapshotName | undefined;
    let gap: unknown;
    for (const snapshot of this.snapshots) {
      try {
        const reached = yield* this.from(snapshot);
        if (!isAhead(reached)) return reached;
        if (this.options.upTo !== undefined) continue;
        this.notes.push(`${snapshot.name} holds more than the log; trying an older one`);
        ahead ??= snapshot;
      } catch (error) {
        if (error instanceof SnapshotDamaged) {
          this.notes.push(`${snapshot.name} is not used: ${error.reason}`);
          this.damaged.push(snapshot);
          continue;
        }
        if (!(error instanceof LogDamaged)) throw error;
        // An older snapshot needs the same log and more: it cannot do better.
        gap = error;
        break;
      }
    }
    if (ahead === undefined && gap !== undefined) throw gap;
    if (ahead === undefined) return undefined;
    return yield* this.acceptAhead(ahead);
  }

  /**
   * Every snapshot shows transactions that are not in the log. A follower of the reference may
   * apply what the ensemble committed before its own disk has it, and a folder may be restored from
   * a snapshot alone.
   */
  private *acceptAhead(snapshot: SnapshotName): Generator<void, Reached> {
    const reached = yield* this.from(snapshot);
    const upTo = describeId(reached.digest?.zxid ?? ZXID_ZERO);
    this.notes.push(
      `${snapshot.name} is used although the log ends at ${describeId(reached.lastZxid)}: ` +
        `some nodes may show transactions up to ${upTo}`,
    );
    return reached;
  }

  private *from(snapshot: SnapshotName): Generator<void, Reached> {
    this.sink.reset();
    const { decompress } = this.options;
    const info = yield* loadSnapshot(this.folder, snapshot, this.sink, decompress);
    return yield* this.replay(snapshot, info.digest);
  }

  private *withoutSnapshot(): Generator<void, Reached> {
    this.sink.reset();
    const { trustEmptySnapshot } = this.options;
    if (!trustEmptySnapshot && this.anyTransaction()) throw noSnapshot();
    return yield* this.replay(undefined, undefined);
  }

  private anyTransaction(): boolean {
    return this.logs.some(({ name }) => {
      const scan = new LogScan(this.folder, logFile(name));
      return scan.hasHeader() && scan.next();
    });
  }

  private *replay(
    snapshot: SnapshotName | undefined,
    digest: SnapshotDigest | undefined,
  ): Generator<void, Reached> {
    const start = snapshot?.zxid ?? ZXID_ZERO;
    this.sink.snapshotLoaded(start, digest);
    const reader = new LogReader(this.folder, logsAfter(this.logs, start), start);
    let txnsReplayed = 0;
    let lastZxid = start;
    const missing = this.damaged.filter(({ zxid }) => zxid > start);
    for (const record of reader.records()) {
      if (record === undefined) {
        yield;
        continue;
      }
      if (record.zxid > this.upTo) break;
      lastZxid = record.zxid;
      if (missing.at(-1)?.zxid === lastZxid) missing.pop();
      const { bytes, start: at, end } = record;
      const isDone = this.sink.applyPlain?.(lastZxid, bytes, at, end);
      if (isDone !== true) this.sink.apply(decodeEntry(record), bytes, at, end);
      txnsReplayed++;
      if (txnsReplayed % TXNS_PER_SLICE === 0) yield;
    }
    // A snapshot that came from a leader has no transactions before it here, and at a change of
    // epoch nothing else would tell that they are missing. No transaction has counter 0: one of
    // that name came from a leader for sure.
    const lost = missing.find(({ zxid }) => zxid <= this.upTo);
    if (lost !== undefined) throw damagedAlone(lost, reader);
    return { snapshot, digest, lastZxid, txnsReplayed, reader };
  }

  private repairs({ snapshot, reader }: Reached): readonly DiskOp[] {
    const ops: DiskOp[] = [];
    for (const name of this.leftovers) ops.push({ kind: "delete", file: snapFile(name) });
    for (const file of reader.empty) {
      this.notes.push(`${describeFile(file)} is removed: no transaction was written to it`);
      ops.push({ kind: "delete", file });
    }
    for (const torn of reader.torn) {
      const { file, offset, size } = torn;
      const isLast = file.name === reader.tail?.file.name;
      const what = `the last write to ${describeFile(file)} was torn at byte ${offset}`;
      this.notes.push(isLast ? `${what}; cut there, from ${size} bytes` : `${what}; left as it is`);
      if (isLast) ops.push({ kind: "truncate", file, size: offset });
    }
    if (reader.tail !== null) ops.push({ kind: "sync", file: reader.tail.file });
    if (snapshot !== undefined) ops.push({ kind: "sync", file: snapFile(snapshot.name) });
    ops.push({ kind: "syncFolder", folder: "log" }, { kind: "syncFolder", folder: "snap" });
    return ops;
  }
}

/** Nodes may show transactions that the log does not hold. */
const isAhead = ({ digest, lastZxid }: Reached): boolean =>
  digest !== undefined && digest.zxid > lastZxid;

function decodeEntry({ bytes, start, end, file, offset, zxid }: LogRecord): TxnEntry {
  try {
    return readEntry(new JuteReader(bytes, start, end));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const reason = `transaction ${describeId(zxid)} is unreadable (${error.message})`;
    throw new LogDamaged({ file, offset, zxid }, reason, { cause: error });
  }
}

const damagedAlone = ({ name, zxid }: SnapshotName, { tail }: LogReader): LogDamaged => {
  const file = tail?.file ?? snapFile(name);
  const reason = `${name} is damaged, and the log does not hold what led to it`;
  return new LogDamaged({ file, offset: tail?.offset ?? 0, zxid }, reason);
};

const noSnapshot = (): DiskRefused =>
  new DiskRefused(
    "NO_SNAPSHOT",
    "there is a transaction log but no snapshot that loads",
    "If the log goes back to the first transaction, start once with " +
      "zookeeper.snapshot.trust.empty=true. Otherwise restore a snapshot, or move version-2 away " +
      "and let the ensemble send everything.",
  );
