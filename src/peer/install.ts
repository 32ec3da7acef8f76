/**
 * Puts a state that came from the leader in place of the own one on disk: after SNAP, and after
 * TRUNC.
 *
 *   write the snapshot aside -> cut the log -> name the snapshot -> drop the older snapshots
 *
 * Promises: a crash at any moment leaves either the old state, or the new one, or the old one
 * without transactions that the leader's history does not have; a transaction that the leader still
 * brings (`pending`) and that the log holds is never missing from the disk, for this server may
 * have acknowledged it. All other snapshots go: they may show what has been cut (1549). From:
 * specification 4.2, 4.5, 5.3.
 */
import type { Zxid } from "../base/ids.ts";
import { type DiskOp, type Folder, snapFile } from "../txnlog/disk-ops.ts";
import { snapshotsAmong } from "../txnlog/file-names.ts";
import { planLogCut, zxidsAfter } from "../txnlog/log-cut.ts";
import { SnapshotWriter } from "../txnlog/snapshot-writer.ts";
import type { Proposal } from "../zab/io.ts";
import type { Loaded } from "./loading.ts";
import type { SnapshotSettings } from "./snapshots.ts";
import { snapshotSource } from "./snapshots.ts";

const SLICE_BYTES = 256 << 10;

export type InstallParts = {
  readonly folder: Folder;
  readonly settings: SnapshotSettings;
  readonly loaded: Loaded;
  readonly zxid: Zxid;
  readonly pending: readonly Proposal[];
};

/**
 * The operations, list by list; the next list is asked for when the one before is done, undefined
 * after a slice of work without one. Returns how many of `pending` the log holds, the first ones.
 */
export function* install(parts: InstallParts): Generator<readonly DiskOp[] | undefined, number> {
  const { folder, settings, loaded, zxid, pending } = parts;
  const { compress, lastProcessedTrailer, snapshotSliceBytes, digestEnabled } = settings;
  const { source } = snapshotSource(loaded, zxid, digestEnabled);
  const bytesPerSlice = snapshotSliceBytes ?? SLICE_BYTES;
  const writer = new SnapshotWriter({
    ...{ zxid, source, bytesPerSlice, lastProcessedTrailer, unpublished: true },
    ...(compress === undefined ? {} : { compress: compress() }),
  });
  while (!writer.finished) {
    yield writer.next();
    writer.done();
  }
  const held = yield* slices(zxidsAfter(folder, zxid, pending.length));
  const kept = pending.findIndex((proposal, at) => held[at] !== proposal.zxid);
  const keptCount = kept === -1 ? pending.length : kept;
  const upTo = keptCount === 0 ? zxid : pending[keptCount - 1]!.zxid;
  yield yield* slices(planLogCut(folder, upTo));
  yield writer.publication();
  const others = snapshotsAmong(folder.list("snap")).filter(
    ({ name }) => name !== writer.file.name,
  );
  yield [
    ...others.map(({ name }): DiskOp => ({ kind: "delete", file: snapFile(name) })),
    { kind: "syncFolder", folder: "snap" },
  ];
  return keptCount;
}

function* slices<T>(work: Generator<void, T>): Generator<undefined, T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    yield undefined;
  }
}
