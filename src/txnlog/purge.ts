/**
 * Which old files may go: everything that the N newest snapshots and the log behind them do not
 * need.
 *
 * Only snapshots that were read whole count (the reference once deleted what the only good one
 * needed, 3231).
 * From: specification 5.8.
 */
import { assert } from "../base/assert.ts";
import { type DiskOp, logFile, snapFile } from "./disk-ops.ts";
import { logsAmong, snapshotsAmong } from "./file-names.ts";

/** The fewest snapshots that are kept (`autopurge.snapRetainCount`). */
export const SNAPSHOTS_KEPT_MIN = 3;

export type PurgeInput = {
  readonly logNames: readonly string[];
  readonly snapNames: readonly string[];
  /**
   * Names of the snapshots that were loaded, passed `verifySnapshot`, or were written by this
   * server.
   */
  readonly validated: ReadonlySet<string>;
  /** How many snapshots to keep, at least 3. */
  readonly keep: number;
};

/**
 * The deletions, oldest file first; none when fewer than `keep` snapshots are known to be whole.
 */
export function planPurge({ logNames, snapNames, validated, keep }: PurgeInput): readonly DiskOp[] {
  assert(keep >= SNAPSHOTS_KEPT_MIN, "purging keeps at least three snapshots");
  const snapshots = snapshotsAmong(snapNames);
  const oldestKept = snapshots.filter(({ name }) => validated.has(name)).at(-keep);
  if (oldestKept === undefined) return [];
  const logs = logsAmong(logNames);
  // It may hold the transaction behind the oldest snapshot that stays.
  const firstKept = logs.findLast((log) => log.zxid <= oldestKept.zxid);
  const ops: DiskOp[] = [];
  for (const { name, zxid } of snapshots) {
    if (zxid < oldestKept.zxid) ops.push({ kind: "delete", file: snapFile(name) });
  }
  for (const log of logs) {
    if (log.zxid >= oldestKept.zxid || log === firstKept) continue;
    ops.push({ kind: "delete", file: logFile(log.name) });
  }
  if (ops.length > 0)
    ops.push({ kind: "syncFolder", folder: "snap" }, { kind: "syncFolder", folder: "log" });
  return ops;
}
