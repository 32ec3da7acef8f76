/**
 * The way of a write, on one page:
 *
 *   Request --prepare--> Txn --propose--> Proposal (zxid, digest, bytes) --append--> log
 *     log --durable--> Committed --apply--> tree + events + reply
 *
 * A standalone server is an ensemble of one: what its own log has made durable is committed. Many
 * proposals share one write and one sync (txnlog/log-writer.ts); they are applied strictly in zxid
 * order.
 */
import { assert } from "../base/assert.ts";
import {
  counterOf,
  describeId,
  epochOf,
  type Millis,
  makeZxid,
  nextZxid,
  type SessionId,
  type Zxid,
} from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import { JuteWriter } from "../jute/writer.ts";
import type { Id } from "../records/data.ts";
import type { ErrorCode } from "../records/error-codes.ts";
import {
  DIGEST_VERSION,
  type Txn,
  type TxnEntry,
  type TxnHeader,
  writeEntry,
} from "../records/txn.ts";
import type { Access } from "../requests/access.ts";
import type { Preparation, WriteOperation } from "../requests/operation.ts";
import { View } from "../requests/view.ts";
import type { Applied, ChangeSink, DataTree } from "../tree/data-tree.ts";
import type { LogWriter } from "../txnlog/log-writer.ts";
import type { PeerSettings } from "./settings.ts";

/**
 * Who asks for a write: the session, the request's number in it, and the identities it is checked
 * with.
 */
export type Author = {
  readonly session: SessionId;
  readonly cxid: number;
  readonly ids: readonly Id[];
  /** Only this server knows the session. */
  readonly isLocal?: boolean;
};

export type WriteParts = {
  readonly tree: DataTree;
  readonly log: LogWriter;
  readonly access: Access;
  readonly settings: PeerSettings;
  readonly quotaExceeded: Preparation["quotaExceeded"];
};

/** Told of each transaction right after it was applied. */
export interface CommitSink extends ChangeSink {
  applied(entry: TxnEntry, applied: Applied): void;
}

/**
 * At every zxid that this divides the digest is kept, the last so many of them (specification 6).
 */
const DIGEST_EVERY = 128n;
const DIGESTS_KEPT_MAX = 1024;

/** The last counter of an epoch is never used (ZOOKEEPER-1277). */
const COUNTER_MAX = 0xffff_ffff;

export class WritePath {
  private readonly tree: DataTree;
  private readonly view: View;
  private readonly log: LogWriter;
  private readonly access: Access;
  private readonly settings: PeerSettings;
  private readonly quotaExceeded: WriteParts["quotaExceeded"];
  private readonly outstanding = new Queue<TxnEntry>();
  private readonly scratch = new JuteWriter();
  /** Digests of the tree at some zxids, oldest first. */
  readonly digests: { readonly zxid: Zxid; readonly digest: bigint }[] = [];
  private durableUpTo: Zxid;
  lastProposed: Zxid;
  /** The transaction whose changes are being told. */
  applying: Zxid;

  constructor(parts: WriteParts) {
    const { tree, log, access, settings } = parts;
    this.quotaExceeded = parts.quotaExceeded;
    this.tree = tree;
    this.log = log;
    this.access = access;
    this.settings = settings;
    this.view = new View(tree, settings.extendedTypes);
    this.lastProposed = tree.lastProcessed;
    this.durableUpTo = tree.lastProcessed;
    this.applying = tree.lastProcessed;
  }

  /** Transactions proposed and not yet applied. */
  get outstandingCount(): number {
    return this.outstanding.length;
  }

  /**
   * Checks the request and proposes what came of it; a refusal takes a zxid too. Answers the zxid.
   */
  request(author: Author, time: Millis, operation: WriteOperation, request: unknown): Zxid {
    const header = this.begin(author, time);
    const { view, access, settings, quotaExceeded } = this;
    const { ids, isLocal = false } = author;
    const at: Preparation = { view, header, ids, isLocal, access, settings, quotaExceeded };
    const txn = operation.prepare(at, request);
    if (txn.kind === "refused") return this.propose(header, { kind: "error", err: txn.err });
    view.propose(txn);
    return this.propose(header, txn);
  }

  /** Proposes a transaction that needs no check. */
  submit(author: Author, time: Millis, txn: Txn): Zxid {
    const header = this.begin(author, time);
    this.view.propose(txn);
    return this.propose(header, txn);
  }

  /** Proposes the error transaction of a request that was refused before its checks. */
  refuse(author: Author, time: Millis, err: ErrorCode): Zxid {
    return this.submit(author, time, { kind: "error", err });
  }

  /** The log holds everything up to `upTo`. */
  durable(upTo: Zxid): void {
    assert(upTo >= this.durableUpTo, "what is durable stays so");
    this.durableUpTo = upTo;
  }

  /** Applies committed transactions while `mayGoOn`; true when more are waiting. */
  applyCommitted(mayGoOn: () => boolean, sink: CommitSink): boolean {
    for (;;) {
      const entry = this.outstanding.peek();
      if (entry === undefined || entry.header.zxid > this.durableUpTo) return false;
      if (!mayGoOn()) return true;
      this.outstanding.shift();
      this.applying = entry.header.zxid;
      const applied = this.tree.apply(entry, sink);
      this.view.applied(entry.header.zxid);
      this.checkDigest(entry);
      this.keepDigest(entry.header.zxid);
      sink.applied(entry, applied);
    }
  }

  private begin(author: Author, time: Millis): TxnHeader {
    const zxid = followingZxid(this.lastProposed);
    const header = { clientId: author.session, cxid: author.cxid, zxid, time };
    this.view.begin(header);
    return header;
  }

  private propose(header: TxnHeader, txn: Txn): Zxid {
    const tree = this.view.finish();
    const carriesDigest = this.settings.digestEnabled && txn.kind !== "error";
    const entry: TxnEntry = carriesDigest
      ? { header, txn, digest: { version: DIGEST_VERSION, tree } }
      : { header, txn };
    this.scratch.clear();
    writeEntry(this.scratch, entry);
    this.log.append(this.scratch.written(), header.zxid);
    this.outstanding.push(entry);
    this.lastProposed = header.zxid;
    return header.zxid;
  }

  private keepDigest(zxid: Zxid): void {
    if (zxid % DIGEST_EVERY !== 0n) return;
    this.digests.push({ zxid, digest: this.tree.digest });
    if (this.digests.length > DIGESTS_KEPT_MAX) this.digests.shift();
  }

  /**
   * The view foretold the tree. If it did not, what was promised to clients and what is there
   * differ.
   */
  private checkDigest(entry: TxnEntry): void {
    if (entry.digest === undefined) return;
    assert(
      entry.digest.tree === this.tree.digest,
      `the tree's digest after ${entry.txn.kind} ${describeId(entry.header.zxid)} is as proposed`,
    );
  }
}

/** The zxid after `zxid`; past the end of an epoch, the first of the next one. */
function followingZxid(zxid: Zxid): Zxid {
  return counterOf(zxid) >= COUNTER_MAX - 1 ? makeZxid(epochOf(zxid) + 1, 1) : nextZxid(zxid);
}
