/**
 * Purging: which snapshots are whole is found out by reading them, and what is older than the
 * newest few whole ones goes. Used by the running server and by `quoll purge`.
 *
 * Promises: a snapshot is read in slices, once; nothing goes that the kept snapshots need.
 * From: specification 5.8.
 */
import type { DiskOp, Folder } from "../txnlog/disk-ops.ts";
import { SnapshotDamaged } from "../txnlog/errors.ts";
import { snapshotsAmong } from "../txnlog/file-names.ts";
import { planPurge } from "../txnlog/purge.ts";
import { loadSnapshot } from "../txnlog/snapshot-reader.ts";
import type { SnapshotSink } from "../txnlog/snapshot-rows.ts";
import { decompress } from "./compression.ts";
import { inSlices } from "./slices.ts";

/** What purging works on. */
export interface PurgeDisk extends Folder {
  run(ops: readonly DiskOp[]): Promise<void>;
}

export type Purged = {
  /** Names of the deleted files, oldest first. */
  readonly deleted: readonly string[];
  /** Snapshots that are not whole, and why. They do not count among those kept. */
  readonly damaged: readonly { readonly name: string; readonly reason: string }[];
};

const NOWHERE: SnapshotSink = { session() {}, acl() {}, node() {} };

export class Purging {
  private readonly disk: PurgeDisk;
  private readonly keep: number;
  private readonly whole = new Set<string>();
  private readonly damaged = new Map<string, string>();

  /** `keep`: whole snapshots that stay, at least 3. */
  constructor(disk: PurgeDisk, keep: number) {
    this.disk = disk;
    this.keep = keep;
  }

  /** The snapshot was written or loaded whole: it need not be read again. */
  knowWhole(name: string): void {
    this.damaged.delete(name);
    this.whole.add(name);
  }

  /** Deletes what is not needed. */
  async purge(): Promise<Purged> {
    const snapshots = snapshotsAmong(this.disk.list("snap")).toReversed();
    let whole = 0;
    for (const snapshot of snapshots) {
      // Older ones go, whole or not.
      if (whole === this.keep) break;
      if (!this.known(snapshot.name)) await this.read(snapshot);
      if (this.whole.has(snapshot.name)) whole++;
    }
    const ops = planPurge({
      logNames: this.disk.list("log"),
      snapNames: this.disk.list("snap"),
      validated: this.whole,
      keep: this.keep,
    });
    await this.disk.run(ops);
    const deleted = ops.flatMap((op) => (op.kind === "delete" ? [op.file.name] : []));
    const damaged = [...this.damaged].map(([name, reason]) => ({ name, reason }));
    for (const name of deleted) {
      this.whole.delete(name);
      this.damaged.delete(name);
    }
    return { deleted, damaged };
  }

  private known(name: string): boolean {
    return this.whole.has(name) || this.damaged.has(name);
  }

  private async read(snapshot: Parameters<typeof loadSnapshot>[1]): Promise<void> {
    try {
      await inSlices(loadSnapshot(this.disk, snapshot, NOWHERE, decompress));
      this.whole.add(snapshot.name);
    } catch (error) {
      if (!(error instanceof SnapshotDamaged)) throw error;
      this.damaged.set(snapshot.name, error.reason);
    }
  }
}
