/**
 * The transactions behind a zxid from the log on disk, for a learner that is further behind than the
 * committed log in memory reaches. From: specification 4.3, rule 4.
 */
import { toZxid, type Zxid } from "../base/ids.ts";
import { type Folder, logFile, snapFile } from "../txnlog/disk-ops.ts";
import { LogDamaged } from "../txnlog/errors.ts";
import { logsAfter, logsAmong, snapshotsAmong } from "../txnlog/file-names.ts";
import { LogReader } from "../txnlog/log-reader.ts";
import type { Proposal } from "../zab/io.ts";

/** The logs may be so much of the newest snapshot's size (`zookeeper.snapshotSizeFactor`). */
const SNAPSHOT_SIZE_FACTOR = 0.33;

/**
 * Oldest first, undefined between slices of work; undefined instead where the log cannot hold
 * `after`, or a snapshot is the better way. Ends early at damage, and at once if the log does not
 * hold `after` after all: a learner that stands there has another history.
 */
export function proposalsOnDisk(
  folder: Folder,
  after: Zxid,
): Iterator<Proposal | undefined> | undefined {
  const logs = logsAmong(folder.list("log"));
  const wanted = logsAfter(logs, after);
  if (wanted[0] === undefined || wanted[0].zxid > after) return undefined;
  const snapshot = snapshotsAmong(folder.list("snap")).at(-1);
  if (snapshot === undefined) return undefined;
  const bytes = wanted.reduce((sum, { name }) => sum + folder.size(logFile(name)), 0);
  if (bytes > folder.size(snapFile(snapshot.name)) * SNAPSHOT_SIZE_FACTOR) return undefined;
  return proposals(new LogReader(folder, wanted, toZxid(after - 1n)), after);
}

function* proposals(reader: LogReader, after: Zxid): Generator<Proposal | undefined, void> {
  let isThere = false;
  try {
    for (const record of reader.records()) {
      if (record === undefined) yield undefined;
      else if (!isThere && record.zxid !== after) return;
      else if (!isThere) isThere = true;
      else yield { zxid: record.zxid, entry: record.bytes.slice(record.start, record.end) };
    }
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
  }
}
