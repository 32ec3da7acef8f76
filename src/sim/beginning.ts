/**
 * A history that lies behind a world when it begins, so that a number comes to its end while the
 * world is played: the counter of an epoch, an epoch's own bits, the numbers of sequential nodes.
 *
 *   every disk: snapshot.S (the bare tree), log.S+1 (a folder, and a child of it), epoch files
 *
 * The files are written by the servers' own writers. The history is told to the checkers first of
 * all, as a tree and two transactions that nobody has asked for.
 */
import { crc32 } from "../base/crc32.ts";
import { makeZxid, SESSION_NONE, toZxid, type Zxid } from "../base/ids.ts";
import { snapshotSource } from "../peer/snapshots.ts";
import { OPEN_ACL } from "../records/data.ts";
import { entryBytes, type TxnEntry } from "../records/txn.ts";
import { DataTree } from "../tree/data-tree.ts";
import { writeEpoch } from "../txnlog/epoch-files.ts";
import { LogWriter } from "../txnlog/log-writer.ts";
import { SnapshotWriter } from "../txnlog/snapshot-writer.ts";
import type { SimDisk } from "./disk.ts";
import { treeRecord } from "./endings.ts";
import type { Recorder } from "./recorder.ts";

/**
 * Where the numbers of a world begin.
 * @example const late: Beginning = { epoch: 7, counter: 0xffff_ff00, sequence: 0x7fff_fff0 };
 */
export type Beginning = {
  readonly epoch: number;
  /** Of the last transaction in the epoch; 2 at least. */
  readonly counter: number;
  /** How many children the folder of sequential nodes has ever had; 1 at least. */
  readonly sequence: number;
};

/** In which sequential nodes are made (workloads/sequences.ts). */
const FOLDER = "/seq";

/** Puts the history on the disks, and tells of it. */
export function begin(
  { epoch, counter, sequence }: Beginning,
  disks: readonly SimDisk[],
  recorder: Recorder,
): void {
  const zxid = makeZxid(epoch, counter - 2);
  const tree = new DataTree({ hashSeed: 0, extendedTypes: true });
  tree.finishLoad(zxid);
  recorder.add(treeRecord(tree));
  const entries = [
    created(toZxid(zxid + 1n), FOLDER, 1),
    created(toZxid(zxid + 2n), `${FOLDER}/first`, sequence),
  ];
  for (const entry of entries) {
    const { header, txn } = entry;
    const about = { session: SESSION_NONE, cxid: header.cxid, txn };
    const sum = crc32(entryBytes(entry));
    recorder.add({ kind: "transaction", zxid: header.zxid, sum, ...about });
  }
  for (const disk of disks) {
    putSnapshot(disk, tree, zxid);
    putLog(disk, entries, zxid);
    disk.doAll(writeEpoch("acceptedEpoch", epoch));
    disk.doAll(writeEpoch("currentEpoch", epoch));
  }
}

function created(zxid: Zxid, path: string, parentCversion: number): TxnEntry {
  const common = { path, data: new Uint8Array(0), acl: OPEN_ACL, ephemeral: false };
  return {
    header: { clientId: SESSION_NONE, cxid: 0, zxid, time: 0 },
    txn: { kind: "create", ...common, parentCversion },
  };
}

function putSnapshot(disk: SimDisk, tree: DataTree, zxid: Zxid): void {
  const { source, close } = snapshotSource({ tree, sessions: new Map() }, zxid, true);
  const writer = new SnapshotWriter({
    ...{ zxid, source, bytesPerSlice: 4096, lastProcessedTrailer: true },
  });
  for (let ops = writer.next(); ops !== undefined; ops = writer.next()) {
    disk.doAll(ops);
    writer.done();
  }
  close();
}

function putLog(disk: SimDisk, entries: readonly TxnEntry[], lastZxid: Zxid): void {
  const log = new LogWriter({
    ...{ forceSync: true, preAllocBytes: 0, fileBytesMax: 0, batchRecordsMax: 1000 },
    snapshots: { records: 1000, bytes: 0 },
    chance: 0,
    lastZxid,
  });
  for (const entry of entries) log.append(entryBytes(entry), entry.header.zxid);
  for (let batch = log.nextBatch(); batch !== undefined; batch = log.nextBatch()) {
    disk.doAll(batch.ops);
    log.done();
  }
}
