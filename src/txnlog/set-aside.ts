/**
 * Files that cannot be trusted are set aside, never deleted, and a mark tells that this server does
 * not hold what it may have acknowledged, until it has taken a leader's whole state.
 *
 *   whole --(mark synced)--> setting aside --(files renamed, synced)--> incomplete --> whole
 *
 * Promises: a crash at any moment leaves a mark wherever a file has been moved or a new state is
 * not complete; epochs that were promised stay promised. What an incomplete server has fetched so
 * far was acknowledged to nobody, so it is dropped at the next start.
 * Leaves to others: when the new state is complete (peer/completion.ts).
 */
import { utf8 } from "../base/bytes.ts";
import { epochOf } from "../base/ids.ts";
import { type DiskOp, type Folder, type FolderName, logFile, snapFile } from "./disk-ops.ts";
import { type EpochFile, type Epochs, epochIn, writeEpoch } from "./epoch-files.ts";
import { DiskRefused } from "./errors.ts";
import { logsAmong, snapshotsAmong } from "./file-names.ts";

export type Standing = "whole" | "setting aside" | "incomplete";

/** Both stand beside the snapshots. The reference ignores files of such names. */
const MARKS = { "setting aside": "quoll.setting-aside", incomplete: "quoll.incomplete" } as const;

/** What the folder says about itself. */
export function standingOf(folder: Folder): Standing {
  const names = folder.list("snap");
  // The first one ends by becoming the second, so it is never the older.
  if (names.includes(MARKS["setting aside"])) return "setting aside";
  return names.includes(MARKS.incomplete) ? "incomplete" : "whole";
}

/** Throws when the state in the folder is not complete, for a server that has no leader. */
export function refuseIncomplete(folder: Folder): void {
  if (standingOf(folder) === "whole") return;
  throw new DiskRefused(
    "INCOMPLETE",
    `version-2/${MARKS.incomplete} says that this folder does not hold the ensemble's state yet`,
    "Start it as a member of its ensemble, so that it fetches the state from the leader. To use " +
      "the files named damaged-* instead, give them their names back and delete the mark.",
  );
}

export type SetAside = {
  readonly ops: readonly DiskOp[];
  /** What stands before the names of the files that were moved. */
  readonly prefix: string;
  readonly movedCount: number;
  readonly epochs: Epochs;
};

/**
 * Moves all logs and snapshots, and epoch files that say nothing, out of the way. `time` becomes
 * part of the names; `why` is for whoever reads the mark.
 */
export function planSetAside(folder: Folder, time: string, why: string): SetAside {
  const [inLog, inSnap] = [folder.list("log"), folder.list("snap")];
  const prefix = freePrefix([...inLog, ...inSnap], time);
  const kept = keptEpochs(folder, prefix);
  const aside = (within: FolderName, from: string): DiskOp => ({
    ...{ kind: "rename", folder: within, from, to: `${prefix}${from}` },
  });
  const moves = [
    ...logsAmong(inLog).map(({ name }) => aside("log", name)),
    ...snapshotsAmong(inSnap).map(({ name }) => aside("snap", name)),
  ];
  const ops: DiskOp[] = [
    ...mark("setting aside", why),
    ...moves,
    ...kept.ops,
    { kind: "syncFolder", folder: "log" },
    { kind: "syncFolder", folder: "snap" },
    { kind: "rename", folder: "snap", from: MARKS["setting aside"], to: MARKS.incomplete },
    { kind: "syncFolder", folder: "snap" },
  ];
  return { ops, prefix, movedCount: moves.length + kept.movedCount, epochs: kept.epochs };
}

/** An empty folder whose owner must not rely on it: it is marked, and nothing else. */
export function planIncomplete(folder: Folder, time: string, why: string): SetAside {
  const { ops, ...kept } = keptEpochs(folder, freePrefix(folder.list("snap"), time));
  return { ops: [...mark("incomplete", why), ...ops], prefix: "", ...kept };
}

/** Drops what an incomplete server had fetched; it begins anew. */
export function planAnew(folder: Folder, time: string): SetAside {
  const prefix = freePrefix(folder.list("snap"), time);
  const { ops, ...kept } = keptEpochs(folder, prefix);
  const drops: DiskOp[] = [
    ...logsAmong(folder.list("log")).map(({ name }) => logFile(name)),
    ...snapshotsAmong(folder.list("snap")).map(({ name }) => snapFile(name)),
  ].map((file) => ({ kind: "delete", file }));
  const syncs: DiskOp[] = [
    { kind: "syncFolder", folder: "log" },
    { kind: "syncFolder", folder: "snap" },
  ];
  return { ops: [...drops, ...ops, ...syncs], prefix, ...kept };
}

/** The state is complete, and durable. */
export const planWhole = (): readonly DiskOp[] => [
  { kind: "delete", file: snapFile(MARKS.incomplete) },
  { kind: "syncFolder", folder: "snap" },
];

function mark(standing: keyof typeof MARKS, why: string): readonly DiskOp[] {
  const file = snapFile(MARKS[standing]);
  return [
    { kind: "create", file },
    { kind: "write", file, offset: 0, bytes: utf8(`${why}\n`) },
    { kind: "sync", file },
    { kind: "close", file },
    { kind: "syncFolder", folder: "snap" },
  ];
}

/** No file has it yet: one that was set aside is never replaced. */
function freePrefix(names: readonly string[], time: string): string {
  for (let number = 1; ; number++) {
    const prefix = `damaged-${time}${number === 1 ? "" : `-${number}`}.`;
    if (!names.some((name) => name.startsWith(prefix))) return prefix;
  }
}

type Kept = {
  readonly ops: readonly DiskOp[];
  readonly movedCount: number;
  readonly epochs: Epochs;
};

/**
 * Promised epochs outlive the history. Where a file says none, the names of the other files tell
 * an epoch that must have been accepted.
 */
function keptEpochs(folder: Folder, prefix: string): Kept {
  const names = folder.list("snap");
  const told = {
    accepted: epochIn(folder, "acceptedEpoch"),
    current: epochIn(folder, "currentEpoch"),
  };
  const seen = [...logsAmong(folder.list("log")), ...snapshotsAmong(names)];
  const accepted = Math.max(
    ...[told.accepted ?? 0, told.current ?? 0],
    ...seen.map(({ zxid }) => Math.max(epochOf(zxid), 0)),
  );
  const epochs = { accepted, current: told.current ?? 0 };
  const ops: DiskOp[] = [];
  let movedCount = 0;
  for (const key of ["accepted", "current"] as const) {
    const file: EpochFile = `${key}Epoch`;
    if (told[key] === epochs[key]) continue;
    if (names.includes(file) && told[key] === undefined) {
      ops.push({ kind: "rename", folder: "snap", from: file, to: `${prefix}${file}` });
      movedCount++;
    }
    ops.push(...writeEpoch(file, epochs[key]));
  }
  return { ops, movedCount, epochs };
}
