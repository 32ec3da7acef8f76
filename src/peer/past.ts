/**
 * What a leader can send of the past: the committed log in memory, and for a learner that is
 * further behind than that reaches, the transactions behind a zxid from the log on disk. From:
 * specification 4.3, rule 4.
 */
import { toZxid, type Zxid } from "../base/ids.ts";
import { type Folder, logFile, snapFile } from "../txnlog/disk-ops.ts";
import { LogDamaged } from "../txnlog/errors.ts";
import { logsAmong, snapshotsAmong } from "../txnlog/file-names.ts";
import { LogReader } from "../txnlog/log-reader.ts";
import type { History } from "../zab/history.ts";
import type { Proposal } from "../zab/io.ts";
import type { Store } from "./member.ts";

/** The logs may be so much of the newest snapshot's size (`zookeeper.snapshotSizeFactor`). */
const SNAPSHOT_SIZE_FACTOR = 0.33;

type Past = {
  readonly store: Pick<Store, "loaded" | "history" | "logFrom">;
  readonly folder: Folder;
};

/** `member`: whatever its store is at the moment. */
export const historyOf = (member: Past): History => ({
  get lastApplied() {
    return member.store.loaded.tree.lastProcessed;
  },
  committed: member.store.history,
  fromDisk: (from) =>
    from < member.store.logFrom ? undefined : proposalsOnDisk(member.folder, from),
});

/**
 * Oldest first, from the last one that is not after `from` on; undefined between slices of work.
 * Undefined instead where the log has none such, or a snapshot is the better way. Ends early at
 * damage.
 */
export function proposalsOnDisk(
  folder: Folder,
  from: Zxid,
): Iterator<Proposal | undefined> | undefined {
  const logs = logsAmong(folder.list("log"));
  const first = logs.findLastIndex((log) => log.zxid <= from);
  if (first === -1) return undefined;
  const wanted = logs.slice(first);
  const snapshot = snapshotsAmong(folder.list("snap")).at(-1);
  if (snapshot === undefined) return undefined;
  const bytes = wanted.reduce((sum, { name }) => sum + folder.size(logFile(name)), 0);
  if (bytes > folder.size(snapFile(snapshot.name)) * SNAPSHOT_SIZE_FACTOR) return undefined;
  // From the file's first transaction on: where the log begins before `from`, that is seen there.
  const before = toZxid(wanted[0]!.zxid - 1n);
  return proposals(new LogReader(folder, wanted, before), from);
}

function* proposals(reader: LogReader, from: Zxid): Generator<Proposal | undefined, void> {
  let last: Proposal | undefined;
  try {
    for (const record of reader.records()) {
      if (record === undefined) {
        yield undefined;
        continue;
      }
      const { zxid, bytes, start, end } = record;
      if (zxid > from && last !== undefined) yield last;
      last = { zxid, entry: bytes.slice(start, end) };
      if (zxid <= from) continue;
      yield last;
      last = undefined;
    }
    if (last !== undefined) yield last;
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
  }
}
