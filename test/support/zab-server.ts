/**
 * One server of zab-world.ts: a disk that may lose what was not synced, a state that is the list of
 * what was applied, and a machine of room zab with what an owner does for it.
 */
import { equal } from "node:assert/strict";
import { type ServerId, toZxid, ZXID_ZERO, type Zxid } from "../../src/base/ids.ts";
import { CommittedLog } from "../../src/zab/committed-log.ts";
import type { History } from "../../src/zab/history.ts";
import type { Epochs, LearnerEffect, Proposal } from "../../src/zab/io.ts";

/** Work that the disk does later, in order. */
export type DiskWork =
  | { readonly kind: "append"; readonly proposal: Proposal }
  | { readonly kind: "saveEpoch"; readonly file: keyof Epochs; readonly epoch: number }
  | { readonly kind: "loadUpTo"; readonly zxid: Zxid }
  | Extract<LearnerEffect, { kind: "install" }>;

/** Reads the log on disk this many transactions at a time. */
const SLICE = 2;

export class ZabDisk {
  /** Durable, from the first transaction of all on. */
  log: readonly Proposal[] = [];
  /** So many of them are in a snapshot only: nothing can be cut there. */
  base = 0;
  epochs: Epochs = { accepted: 0, current: 0 };
  readonly work: DiskWork[] = [];

  get last(): Zxid {
    return this.log.at(-1)?.zxid ?? ZXID_ZERO;
  }

  /** All up to `zxid`; undefined where the log does not tell. */
  upTo(zxid: Zxid): readonly Proposal[] | undefined {
    if (zxid === ZXID_ZERO) return [];
    const index = this.log.findIndex((proposal) => proposal.zxid === zxid);
    return index < 0 || index + 1 < this.base ? undefined : this.log.slice(0, index + 1);
  }
}

export class ZabServer implements History {
  readonly sid: ServerId;
  readonly disk = new ZabDisk();
  up = true;
  /** In memory, from the first transaction of all on. */
  applied: readonly Proposal[] = [];
  /** A state on its way, which will replace the other. */
  loading: Proposal[] = [];
  committedUpTo: Zxid = ZXID_ZERO;
  readonly committed = new CommittedLog();
  /** The last "lost" said so. */
  afresh = false;

  constructor(sid: ServerId) {
    this.sid = sid;
  }

  get lastApplied(): Zxid {
    return this.applied.at(-1)?.zxid ?? ZXID_ZERO;
  }

  /** State and memory from disk alone, `kept` transactions of it for learners. */
  recover(kept: number): void {
    this.applied = this.disk.log;
    this.committedUpTo = ZXID_ZERO;
    this.committed.clear();
    if (kept > 0) for (const proposal of this.applied.slice(-kept)) this.committed.add(proposal);
  }

  commit(upTo: Zxid): void {
    this.committedUpTo = upTo;
    this.apply();
  }

  /** Applies what is committed and durable. */
  apply(): void {
    for (const proposal of this.disk.log.slice(this.applied.length)) {
      if (proposal.zxid > this.committedUpTo) return;
      this.applied = [...this.applied, proposal];
      this.committed.add(proposal);
    }
  }

  install({ zxid, pending }: Extract<DiskWork, { kind: "install" }>): void {
    equal(this.loading.at(-1)?.zxid ?? ZXID_ZERO, zxid, "what was loaded is installed");
    this.disk.log = [...this.loading, ...pending];
    this.disk.base = this.loading.length;
    this.applied = this.loading;
    this.committedUpTo = zxid;
    this.committed.clear();
    for (const proposal of this.loading.slice(-3)) this.committed.add(proposal);
  }

  fromDisk(from: Zxid): Iterator<Proposal | undefined> | undefined {
    const { log, base } = this.disk;
    const first = log.findLastIndex(({ zxid }) => zxid <= from);
    return first < base ? undefined : slices(log.slice(first));
  }
}

function* slices(log: readonly Proposal[]): Iterator<Proposal | undefined> {
  for (const [index, proposal] of log.entries()) {
    if (index % SLICE === SLICE - 1) yield undefined;
    yield proposal;
  }
}

/** An entry of the log: a header that only tells its zxid, and who made it. */
export function entryOf(zxid: Zxid, type = 5): Uint8Array {
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(12, zxid);
  view.setInt32(28, type);
  return bytes;
}

export const proposalOf = (zxid: bigint, type?: number): Proposal => ({
  zxid: toZxid(zxid),
  entry: entryOf(toZxid(zxid), type),
});
