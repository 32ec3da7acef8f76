/**
 * A server's copy of the replicated state: the tree and the sessions, and the transactions that are
 * on their way into them.
 *
 *   append --> log ... durable --\
 *                                 both --apply--> tree, sessions --> sink
 *   append ------- committed ----/
 *
 * Promises: transactions are applied strictly in the order in which they were appended, and only
 * when they are both committed and durable here; so what anybody was told survives a crash of this
 * server too. (The reference applies without waiting for its own disk; 4.6, MUST-NOT-COPY.)
 * Leaves to others: who decides what is committed.
 */
import { assert } from "../base/assert.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";
import type { Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { Applied, ChangeSink } from "../tree/data-tree.ts";
import type { LogWriter } from "../txnlog/log-writer.ts";
import type { CommittedLog } from "../zab/committed-log.ts";
import type { Proposal } from "../zab/io.ts";
import { applyToSessions, type Loaded } from "./loading.ts";

/** Told of each transaction right after it was applied. */
export interface CommitSink extends ChangeSink {
  applied(entry: TxnEntry, applied: Applied): void;
}

/**
 * At every zxid that this divides the digest is kept, the last so many of them (specification 6).
 */
const DIGEST_EVERY = 128n;
const DIGESTS_KEPT_MAX = 1024;

export class Replica {
  readonly loaded: Loaded;
  readonly log: LogWriter;
  /** Where committed transactions are kept for learners; undefined in a standalone server. */
  private readonly history: CommittedLog | undefined;
  private readonly waiting = new Queue<TxnEntry>();
  private readonly uncommitted = new Queue<Proposal>();
  private durableUpTo: Zxid;
  private committedUpTo: Zxid;
  /** The last transaction that was appended. */
  lastAppended: Zxid;
  /** The transaction whose changes are being told. */
  applying: Zxid;
  /** Digests of the tree at some zxids, oldest first. */
  readonly digests: { readonly zxid: Zxid; readonly digest: bigint }[] = [];

  constructor(loaded: Loaded, log: LogWriter, history?: CommittedLog) {
    this.loaded = loaded;
    this.log = log;
    this.history = history;
    const { lastProcessed } = loaded.tree;
    this.durableUpTo = this.committedUpTo = lastProcessed;
    this.lastAppended = this.applying = lastProcessed;
  }

  /** Transactions appended and not yet applied. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  get lastCommitted(): Zxid {
    return this.committedUpTo;
  }

  get lastDurable(): Zxid {
    return this.durableUpTo;
  }

  /**
   * Takes the next transaction, whose encoding is `bytes`, into the log. The bytes are copied; with
   * a history they are kept too and must not change.
   */
  append(entry: TxnEntry, bytes: Uint8Array): void {
    const { zxid } = entry.header;
    assert(zxid > this.lastAppended, "transactions come in order");
    this.log.append(bytes, zxid);
    this.enqueue(entry, bytes);
  }

  /** The same where nobody but the log wants the encoding: there is no history. */
  appendAlone(entry: TxnEntry): void {
    assert(entry.header.zxid > this.lastAppended, "transactions come in order");
    this.log.appendEntry(entry);
    this.enqueue(entry, EMPTY_BYTES);
  }

  /** The same for a transaction that the log holds already, durably. */
  resume(entry: TxnEntry, bytes: Uint8Array): void {
    const { zxid } = entry.header;
    assert(zxid > this.lastAppended, "transactions come in order");
    assert(!this.log.busy, "what is durable comes before what is not");
    this.enqueue(entry, bytes);
    this.durableUpTo = zxid;
  }

  /** The disk has done a batch: the oldest in flight, unless told. Answers what is durable. */
  logged(batch?: number): Zxid {
    const upTo = this.log.done(batch);
    assert(upTo >= this.durableUpTo, "what is durable stays so");
    this.durableUpTo = upTo;
    return upTo;
  }

  /** Everything up to `upTo` may be applied as soon as it is durable. */
  commit(upTo: Zxid): void {
    assert(upTo >= this.committedUpTo, "what is committed stays so");
    this.committedUpTo = upTo;
    for (let next = this.uncommitted.peek(); next !== undefined; next = this.uncommitted.peek()) {
      if (next.zxid > upTo) return;
      this.history?.add(next);
      this.uncommitted.shift();
    }
  }

  /** Applies what may be applied while `mayGoOn`; true when more is waiting. */
  applyCommitted(mayGoOn: () => boolean, sink: CommitSink): boolean {
    const { tree, sessions } = this.loaded;
    for (;;) {
      const entry = this.waiting.peek();
      if (entry === undefined) return false;
      const { zxid } = entry.header;
      if (zxid > this.durableUpTo || zxid > this.committedUpTo) return false;
      if (!mayGoOn()) return true;
      this.waiting.shift();
      this.applying = zxid;
      const applied = tree.apply(entry, sink);
      applyToSessions(sessions, entry);
      this.keepDigest(zxid);
      sink.applied(entry, applied);
    }
  }

  private enqueue(entry: TxnEntry, bytes: Uint8Array): void {
    const { zxid } = entry.header;
    this.waiting.push(entry);
    if (this.history !== undefined) this.uncommitted.push({ zxid, entry: bytes });
    this.lastAppended = zxid;
  }

  private keepDigest(zxid: Zxid): void {
    if (zxid % DIGEST_EVERY !== 0n) return;
    this.digests.push({ zxid, digest: this.loaded.tree.digest });
    if (this.digests.length > DIGESTS_KEPT_MAX) this.digests.shift();
  }
}
