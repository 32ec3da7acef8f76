/**
 * Small histories for tests of log and recovery: transactions, log files and snapshots made of
 * them.
 */
import { utf8 } from "../../src/base/bytes.ts";
import { makeZxid, SESSION_NONE, toZxid, type Zxid } from "../../src/base/ids.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import { type Txn, writeEntry } from "../../src/records/txn.ts";
import { SimDisk } from "../../src/sim/disk.ts";
import { type FileRef, logFile } from "../../src/txnlog/disk-ops.ts";
import { logName, type SnapshotName, snapshotName } from "../../src/txnlog/file-names.ts";
import { writeLogHeader, writeRecord } from "../../src/txnlog/log-format.ts";
import { type Recovered, type RecoveryOptions, recover } from "../../src/txnlog/recovery.ts";
import { SnapshotWriter } from "../../src/txnlog/snapshot-writer.ts";
import { ModelStore } from "./model-store.ts";

export const zxids = (epoch: number, first: number, last: number): readonly Zxid[] =>
  Array.from({ length: last - first + 1 }, (_, index) => makeZxid(epoch, first + index));

/** The entry of a setData that says which transaction it is. */
export function entryOf(zxid: Zxid, bytes = 20, txn?: Txn): Uint8Array {
  const data = utf8(`${zxid}:`.padEnd(bytes, "x"));
  const body: Txn = txn ?? { kind: "setData", path: `/n${zxid % 7n}`, data, version: 1 };
  const header = { clientId: SESSION_NONE, cxid: 1, zxid, time: 1000 };
  const to = new JuteWriter();
  const digest = { version: 2, tree: 7n };
  writeEntry(to, body.kind === "error" ? { header, txn: body } : { header, txn: body, digest });
  return to.taken();
}

/** A log file of these transactions, with `padding` zero bytes behind them. */
export function logOf(list: readonly Zxid[], padding = 4096, bytes = 20): Uint8Array {
  const to = new JuteWriter();
  writeLogHeader(to);
  for (const zxid of list) writeRecord(to, entryOf(zxid, bytes));
  to.raw(new Uint8Array(padding));
  return to.taken();
}

/** Puts a log file named after its first transaction. */
export function putLog(disk: SimDisk, list: readonly Zxid[], padding = 4096, bytes = 20): FileRef {
  const file = logFile(logName(list[0]!));
  disk.put(file, logOf(list, padding, bytes));
  return file;
}

/** The state after these transactions. */
export function stateAfter(list: readonly Zxid[], bytes = 20): ModelStore {
  const store = new ModelStore();
  for (const zxid of list) {
    store.nodes.set(`/n${zxid % 7n}`, `${zxid}:`.padEnd(bytes, "x"));
    store.lastZxid = zxid;
  }
  return store;
}

/**
 * Writes a snapshot of `store` named `zxid`; its digest section says that `store.lastZxid` is in
 * it.
 */
export function putSnapshot(
  disk: SimDisk,
  store: ModelStore,
  zxid: Zxid = store.lastZxid,
  withDigest = true,
): SnapshotName {
  const source = store.source(withDigest);
  const options = { zxid, source, bytesPerSlice: 1000, lastProcessedTrailer: false };
  const writer = new SnapshotWriter(options);
  for (let ops = writer.next(); ops !== undefined; ops = writer.next()) {
    disk.doAll(ops);
    writer.done();
  }
  return { name: snapshotName(zxid), zxid, compression: "none" };
}

/** Changes one byte of a file on disk. */
export function damage(disk: SimDisk, file: FileRef, offset: number, xor = 0x10): void {
  const bytes = disk.read(file, 0, disk.size(file));
  bytes[offset]! ^= xor;
  disk.put(file, bytes);
}

/** Leaves only the first `size` bytes of a file. */
export function cutTo(disk: SimDisk, file: FileRef, size: number): void {
  disk.put(file, disk.read(file, 0, size));
}

export const NO_CODEC = (): never => {
  throw new Error("nothing is compressed here");
};

export function finish<T>(work: Generator<void, T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

/** Recovers a folder that is log and snapshot folder in one, and does the repairs. */
export function recovered(
  disk: SimDisk,
  options: Partial<RecoveryOptions> = {},
): { readonly result: Recovered; readonly store: ModelStore } {
  const store = new ModelStore();
  const work = recover(disk, store, {
    surroundings: { sameFolder: true, beside: ["myid"], initialize: false },
    trustEmptySnapshot: false,
    autoCreate: true,
    decompress: NO_CODEC,
    ...options,
  });
  const result = finish(work);
  disk.doAll(result.ops);
  return { result, store };
}

/** A folder with a snapshot of nothing and these log files. */
export function diskWith(...files: readonly (readonly Zxid[])[]): SimDisk {
  const disk = new SimDisk(true);
  putSnapshot(disk, new ModelStore(), toZxid(0n));
  for (const list of files) putLog(disk, list);
  return disk;
}
