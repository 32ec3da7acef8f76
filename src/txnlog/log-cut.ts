/**
 * Cuts the history on disk behind a zxid (TRUNC from a leader): the transactions after it never
 * happened.
 *
 * The reference leaves snapshots alone and may reload what was cut away (1549), and it keeps one
 * record too many when no record has exactly that zxid. Here every snapshot that may show more than
 * the cut goes, and one must remain from which the log leads to the cut without a gap. Otherwise
 * the answer is "discard": the owner throws the data away and has the leader send a snapshot.
 *
 * The order of the operations makes a crash between any two harmless: files go from the newest
 * back, each durably before the next, so that what is left is always a history without a gap that
 * ends at the cut or behind it.
 * From: specification 5.3.
 */
import type { Zxid } from "../base/ids.ts";
import { type DiskOp, type FileRef, type Folder, type FolderName, logFile } from "./disk-ops.ts";
import { LogDamaged } from "./errors.ts";
import {
  type LogName,
  logsAfter,
  logsAmong,
  type SnapshotName,
  snapshotsAmong,
} from "./file-names.ts";
import { LOG_HEADER_BYTES } from "./log-format.ts";
import { LogReader } from "./log-reader.ts";
import { LogScan } from "./log-scan.ts";
import { type Decompress, verifySnapshot } from "./snapshot-reader.ts";

/** Records passed over in one slice of work. */
const RECORDS_PER_SLICE = 1024;

export type Cut =
  /** After `ops` the state is to be recovered anew; its last transaction is `lastZxid`. */
  | { readonly kind: "cut"; readonly ops: readonly DiskOp[]; readonly lastZxid: Zxid }
  | { readonly kind: "discard"; readonly reason: string };

/** Plans the cut behind `zxid`, yielding between slices of work. */
export function* planCut(folder: Folder, zxid: Zxid, decompress: Decompress): Generator<void, Cut> {
  const logs = logsAmong(folder.list("log"));
  const snapshots = snapshotsAmong(folder.list("snap"));
  const kept = yield* snapshotsWithin(folder, snapshots, zxid, decompress);
  const newest = kept.at(-1);
  if (newest === undefined) return { kind: "discard", reason: "no snapshot is old enough" };
  try {
    const end = yield* findEnd(folder, logs, { after: newest.zxid, upTo: zxid });
    // Of a log and a snapshot with one zxid the log goes first: the snapshot does not need it.
    const behind = [
      ...logs.filter((log) => log.zxid > zxid).map(asFile("log")),
      ...snapshots.filter((snapshot) => !kept.includes(snapshot)).map(asFile("snap")),
    ];
    const ops = [...deleteBehind(behind), ...(end.file === null ? [] : cutAt(end.file))];
    return { kind: "cut", ops, lastZxid: end.zxid };
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    return { kind: "discard", reason: error.message };
  }
}

/**
 * Plans the removal of all records behind `upTo` from the log alone: for a state that has come from
 * elsewhere, and whose snapshot leads on from there. Yields between slices of work.
 */
export function* planLogCut(folder: Folder, upTo: Zxid): Generator<void, readonly DiskOp[]> {
  const logs = logsAmong(folder.list("log"));
  const ops = [...deleteBehind(logs.filter((log) => log.zxid > upTo).map(asFile("log")))];
  for (const { name } of logs.filter((log) => log.zxid <= upTo).toReversed()) {
    const scan = new LogScan(folder, logFile(name));
    const end = yield* endInFile(scan, upTo);
    if (end === null) continue;
    if (end.size < scan.size) ops.push(...cutAt(end));
    break;
  }
  return ops;
}

/**
 * The zxids of the log behind `after`, oldest first, at most `countMax`, as far as whole records
 * follow each other. Yields between slices of work.
 */
export function* zxidsAfter(
  folder: Folder,
  after: Zxid,
  countMax: number,
): Generator<void, readonly Zxid[]> {
  const found: Zxid[] = [];
  for (const { name } of logsAfter(logsAmong(folder.list("log")), after)) {
    const scan = new LogScan(folder, logFile(name));
    if (!scan.hasHeader()) return found;
    for (let records = 1; scan.next(); records++) {
      if (scan.zxid > (found.at(-1) ?? after)) found.push(scan.zxid);
      if (found.length === countMax) return found;
      if (records % RECORDS_PER_SLICE === 0) yield;
    }
  }
  return found;
}

/** The snapshots, oldest first, that load and cannot show a transaction after `zxid`. */
function* snapshotsWithin(
  folder: Folder,
  snapshots: readonly SnapshotName[],
  zxid: Zxid,
  decompress: Decompress,
): Generator<void, readonly SnapshotName[]> {
  const kept: SnapshotName[] = [];
  for (const snapshot of snapshots) {
    if (snapshot.zxid > zxid) break;
    const upTo = (yield* verifySnapshot(folder, snapshot, decompress))?.contentUpTo;
    if (upTo !== undefined && upTo <= zxid) kept.push(snapshot);
  }
  return kept;
}

type CutAway = readonly [zxid: Zxid, file: FileRef];
const asFile =
  (folder: FolderName) =>
  ({ zxid, name }: LogName): CutAway => [zxid, { folder, name }];

type Span = { readonly after: Zxid; readonly upTo: Zxid };
/** `file` is null when no record up to the cut stands in the log. */
type End = { readonly zxid: Zxid; readonly file: CutFile | null };
type CutFile = { readonly file: FileRef; readonly size: number };

/**
 * The end of the last record up to `upTo`. Throws `LogDamaged` unless the log leads there from
 * `after`.
 */
function* findEnd(
  folder: Folder,
  logs: readonly LogName[],
  { after, upTo }: Span,
): Generator<void, End> {
  const reader = new LogReader(folder, logsAfter(logs, after), after);
  let zxid = after;
  for (const record of reader.records()) {
    if (record === undefined) {
      yield;
      continue;
    }
    if (record.zxid > upTo) break;
    zxid = record.zxid;
  }
  for (const log of logs.filter((log) => log.zxid <= upTo).toReversed()) {
    const file = yield* endInFile(new LogScan(folder, logFile(log.name)), upTo);
    if (file !== null) return { zxid, file };
  }
  return { zxid, file: null };
}

/** Where the last record up to `upTo` ends in a file; null in a file that was never written. */
function* endInFile(scan: LogScan, upTo: Zxid): Generator<void, CutFile | null> {
  if (!scan.hasHeader()) return null;
  let size = LOG_HEADER_BYTES;
  for (let records = 1; scan.next() && scan.zxid <= upTo; records++) {
    size = scan.nextOffset;
    if (records % RECORDS_PER_SLICE === 0) yield;
  }
  return { file: scan.file, size };
}

/** Deletes files newest first, each durably before the next. */
function deleteBehind(files: readonly CutAway[]): readonly DiskOp[] {
  const newestFirst = files.toSorted(([a], [b]) => (a > b ? -1 : Number(a < b)));
  return newestFirst.flatMap(([, file]): readonly DiskOp[] => [
    { kind: "delete", file },
    { kind: "syncFolder", folder: file.folder },
  ]);
}

const cutAt = ({ file, size }: CutFile): readonly DiskOp[] => [
  { kind: "truncate", file, size },
  { kind: "sync", file },
];
