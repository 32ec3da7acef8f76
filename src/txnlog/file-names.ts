/**
 * Names of log and snapshot files. The zxid in a name is hexadecimal, lower case, without padding.
 *
 * Stricter than the reference in one point: `log.5.bak` and `snapshot.5.tmp` are not ours to read,
 * although the reference takes them for the log and the snapshot of zxid 5.
 * From: specification 5.1, 5.4.
 */
import { toZxid, type Zxid } from "../base/ids.ts";

/** How a snapshot file is compressed; its extension tells. */
export type Compression = "none" | "gz" | "snappy";

export type LogName = { readonly name: string; readonly zxid: Zxid };
export type SnapshotName = LogName & { readonly compression: Compression };

const LOG_NAME = /^log\.([0-9a-fA-F]{1,16})$/;
const SNAPSHOT_NAME = /^snapshot\.([0-9a-fA-F]{1,16})(?:\.(gz|snappy))?$/;
/** The first part of the name keeps the reference from taking the file for a snapshot. */
const UNFINISHED_NAME = /^quoll\..*\.tmp$/;

const hexOf = (zxid: Zxid): string => BigInt.asUintN(64, zxid).toString(16);

/** The log file whose first transaction is `zxid`. */
export const logName = (zxid: Zxid): string => `log.${hexOf(zxid)}`;

/** The snapshot begun when `zxid` had been processed. `extension` is empty or `.gz`, `.snappy`. */
export const snapshotName = (zxid: Zxid, extension = ""): string =>
  `snapshot.${hexOf(zxid)}${extension}`;

/** The name under which a file is written before it is renamed to `name`. */
export const unfinishedName = (name: string): string => `quoll.${name}.tmp`;
export const isUnfinished = (name: string): boolean => UNFINISHED_NAME.test(name);

/** The log files among `names`, oldest first. */
export function logsAmong(names: readonly string[]): readonly LogName[] {
  const found: LogName[] = [];
  for (const name of names) {
    const digits = LOG_NAME.exec(name)?.[1];
    if (digits !== undefined) found.push({ name, zxid: toZxid(BigInt(`0x${digits}`)) });
  }
  return found.sort(byZxid);
}

/** The snapshots among `names`, oldest first. */
export function snapshotsAmong(names: readonly string[]): readonly SnapshotName[] {
  const found: SnapshotName[] = [];
  for (const name of names) {
    const match = SNAPSHOT_NAME.exec(name);
    if (match === null) continue;
    const compression = (match[2] ?? "none") as Compression;
    found.push({ name, zxid: toZxid(BigInt(`0x${match[1]}`)), compression });
  }
  return found.sort(byZxid);
}

/**
 * The log files that may hold transactions after `zxid`: the last that starts at or before the
 * next.
 */
export function logsAfter(logs: readonly LogName[], zxid: Zxid): readonly LogName[] {
  const first = logs.findLastIndex((log) => log.zxid <= zxid + 1n);
  return logs.slice(Math.max(first, 0));
}

function byZxid(a: LogName, b: LogName): number {
  if (a.zxid !== b.zxid) return a.zxid < b.zxid ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
