/**
 * A learner's change to another state: one that the leader sends (SNAP), or the own one as of an
 * earlier transaction (TRUNC). The old state stays, in memory and on disk, until the new one is
 * whole; so a transfer that breaks off has changed nothing (3642 of the reference).
 *
 *   begun -> rows of the leader | own disk up to a zxid -> transactions -> installed
 */
import { ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { readEntry, type TxnEntry } from "../records/txn.ts";
import { DiskRefused } from "../txnlog/errors.ts";
import { recover } from "../txnlog/recovery.ts";
import { CommittedLog } from "../zab/committed-log.ts";
import type { Proposal } from "../zab/io.ts";
import { install } from "./install.ts";
import { Loading } from "./loading.ts";
import type { Member } from "./member.ts";
import { Replica } from "./replica.ts";
import { SnapshotStream } from "./snapshot-stream.ts";

/** Slices of work that one turn takes on. */
const SLICES_PER_TURN = 8;

export type TransferEvents = {
  readonly loaded: (zxid: Zxid) => void;
  readonly notLoaded: (why: string) => void;
  readonly installed: () => void;
};

export class StateTransfer {
  private readonly member: Member;
  private readonly events: TransferEvents;
  private candidate: { readonly loading: Loading; readonly history: CommittedLog } | undefined;
  private stream: { readonly rows: SnapshotStream; readonly zxid: Zxid } | undefined;
  /** What is done in slices: each call does one and tells whether another may follow at once. */
  private work: (() => boolean) | undefined;
  /** The new state is the member's, and complete on disk when its log is durable up to here. */
  private installedUpTo: Zxid | undefined;

  constructor(member: Member, events: TransferEvents) {
    this.member = member;
    this.events = events;
  }

  /** The bytes that come next from the leader are a snapshot's. */
  get isStreaming(): boolean {
    return this.stream !== undefined;
  }

  /** A snapshot of the state at `zxid` comes from the leader; transactions after it may show. */
  beginStream(zxid: Zxid): void {
    const { loading } = this.newCandidate();
    loading.reset();
    this.stream = { rows: new SnapshotStream(loading), zxid };
  }

  /**
   * Takes bytes of the leader's snapshot; answers what stands behind it, once it is whole. Throws
   * `ProtocolError` or `SnapshotDamaged` at what is no snapshot.
   */
  takeStream(bytes: Uint8Array): Uint8Array | undefined {
    const { rows, zxid } = this.stream!;
    const rest = rows.push(bytes);
    if (rest === undefined) return undefined;
    this.stream = undefined;
    this.candidate!.loading.snapshotLoaded(zxid, undefined);
    this.events.loaded(zxid);
    return rest;
  }

  /** Loads the state as of `zxid` from the own disk; as of 0 it is empty. */
  beginFromDisk(zxid: Zxid): void {
    const { folder, decompress } = this.member;
    const { loading } = this.newCandidate();
    if (zxid === ZXID_ZERO) {
      loading.reset();
      return this.begin(() => {
        this.events.loaded(zxid);
        return false;
      });
    }
    const surroundings = { sameFolder: true, beside: [], initialize: false };
    const from = { surroundings, decompress, trustEmptySnapshot: false, autoCreate: true };
    const recovery = recover(folder, loading, { ...from, upTo: zxid });
    this.begin(() => {
      try {
        const step = recovery.next();
        if (step.done !== true) return true;
        if (step.value.lastZxid === zxid) this.events.loaded(zxid);
        else this.events.notLoaded("the log does not hold that transaction");
      } catch (error) {
        if (!(error instanceof DiskRefused)) throw error;
        this.events.notLoaded(error.message);
      }
      return false;
    });
  }

  /** A committed transaction of the new state. */
  apply(proposal: Proposal): void {
    const { entry } = proposal;
    this.candidate!.loading.apply(decoded(proposal), entry, 0, entry.length);
  }

  /** Makes the new state, which has reached `zxid`, and what is `pending` behind it the member's. */
  install(zxid: Zxid, pending: readonly Proposal[]): void {
    const { folder, settings, files } = this.member;
    const { loaded } = this.candidate!.loading;
    const work = install({ folder, settings, loaded, zxid, pending });
    const slice = (): boolean => {
      const step = work.next();
      if (step.done === true) {
        this.replace(pending, step.value);
        return false;
      }
      if (step.value === undefined) return true;
      files.run(step.value, () => this.begin(slice));
      return false;
    };
    this.begin(slice);
  }

  /** The log is durable up to here. */
  durable(upTo: Zxid): void {
    if (this.installedUpTo === undefined || upTo < this.installedUpTo) return;
    this.installedUpTo = undefined;
    this.events.installed();
  }

  /** Does some slices of what is under way. */
  goOn(): void {
    for (let slices = 0; slices < SLICES_PER_TURN && this.work !== undefined; slices++) {
      const { work } = this;
      this.work = undefined;
      if (work()) this.work = work;
    }
    if (this.work !== undefined) this.member.again();
  }

  /** Gives up what is not installed. */
  end(): void {
    this.work = this.stream = this.candidate = undefined;
    this.installedUpTo = undefined;
  }

  private newCandidate() {
    const history = new CommittedLog();
    this.candidate = { loading: new Loading(this.member.treeOptions, history), history };
    return this.candidate;
  }

  private begin(work: () => boolean): void {
    if (this.candidate === undefined) return;
    this.work = work;
    this.member.again();
  }

  private replace(pending: readonly Proposal[], heldCount: number): void {
    const { member } = this;
    const { loading, history } = this.candidate!;
    const { loaded } = loading;
    this.candidate = undefined;
    const logFrom = loaded.tree.lastProcessed;
    const last = pending[heldCount - 1]?.zxid ?? logFrom;
    const replica = new Replica(loaded, member.newLog(last), history);
    member.replaceStore({ loaded, history, replica, logFrom });
    for (const [at, proposal] of pending.entries()) {
      if (at < heldCount) replica.resume(decoded(proposal), proposal.entry);
      else replica.append(decoded(proposal), proposal.entry);
    }
    this.installedUpTo = replica.lastAppended;
    this.durable(replica.lastDurable);
  }
}

/** Throws `ProtocolError` where it is no transaction. */
export const decoded = ({ entry }: Proposal): TxnEntry => readEntry(new JuteReader(entry));
