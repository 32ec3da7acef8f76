/**
 * The way of a write, on one page:
 *
 *   Request --prepare--> Txn --propose--> Proposal (zxid, digest, bytes) --append--> log
 *     log --durable--> Committed --apply--> tree + events + reply
 *
 * This file is the first half: whoever decides the order of writes, a standalone server or a
 * leader, checks them against the state to be and gives them their zxids. Many proposals share one
 * write and one sync (txnlog/log-writer.ts); replica.ts applies them strictly in zxid order.
 */
import { AssertionFailed } from "../base/assert.ts";
import {
  counterOf,
  describeId,
  epochOf,
  type Millis,
  makeZxid,
  nextZxid,
  SESSION_NONE,
  ZXID_ZERO,
  type Zxid,
} from "../base/ids.ts";
import { Slab } from "../base/slab.ts";
import { JuteWriter } from "../jute/writer.ts";
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
import type { Proposal } from "../zab/io.ts";
import type { Replica } from "./replica.ts";
import type { PeerSettings } from "./settings.ts";
import { type Asked, type Author, UNTIL_TOLD, type Writes } from "./writes.ts";

export type WriteParts = {
  readonly replica: Replica;
  readonly access: Access;
  readonly settings: PeerSettings;
  readonly quotaExceeded: Preparation["quotaExceeded"];
  /** Told of each proposal, whose encoding does not change any more. */
  readonly proposed?: (proposal: Proposal) => void;
  /**
   * Whether what is proposed can be committed; unless given, always. After it says no, nothing is
   * proposed any more, and whoever asks waits until the connection ends.
   */
  readonly isOpen?: () => boolean;
  /** What the first zxid follows; unless given, the last transaction of the replica. */
  readonly lastProposed?: Zxid;
};

const NO_HEADER: TxnHeader = { clientId: SESSION_NONE, cxid: 0, zxid: ZXID_ZERO, time: 0 };

/** The last counter of an epoch is never used (ZOOKEEPER-1277). A leader ends before that. */
const COUNTER_MAX = 0xffff_ffff;

export class WritePath implements Writes {
  private readonly replica: Replica;
  private readonly view: View;
  private readonly settings: PeerSettings;
  /** One object serves all requests, one after the other. */
  private readonly preparation: { -readonly [K in keyof Preparation]: Preparation[K] };
  private readonly proposed: WriteParts["proposed"];
  private readonly isOpen: () => boolean;
  private readonly scratch = new JuteWriter();
  private readonly slab = new Slab();
  lastProposed: Zxid;

  constructor(parts: WriteParts) {
    const { replica, access, settings } = parts;
    this.replica = replica;
    this.settings = settings;
    this.proposed = parts.proposed;
    this.isOpen = parts.isOpen ?? (() => true);
    this.view = new View(replica.loaded.tree, settings.extendedTypes);
    this.lastProposed = parts.lastProposed ?? replica.lastAppended;
    this.preparation = {
      ...{ view: this.view, access, settings, quotaExceeded: parts.quotaExceeded },
      ...{ header: NO_HEADER, ids: [], isLocal: false },
    };
  }

  /** Transactions proposed and not yet applied. */
  get outstandingCount(): number {
    return this.replica.waitingCount;
  }

  /**
   * Checks the request and proposes what came of it; a refusal takes a zxid too. Answers the zxid;
   * UNTIL_TOLD where nothing is proposed any more.
   */
  request(
    author: Author,
    time: Millis,
    operation: WriteOperation,
    { request }: Pick<Asked, "request">,
  ): Zxid {
    if (!this.isOpen()) return UNTIL_TOLD;
    const header = this.begin(author, time);
    const { preparation } = this;
    preparation.header = header;
    preparation.ids = author.ids;
    preparation.isLocal = author.isLocal ?? false;
    const txn = operation.prepare(preparation, request);
    if (txn.kind === "refused") return this.propose(header, { kind: "error", err: txn.err });
    this.view.propose(txn);
    return this.propose(header, txn);
  }

  /** Proposes a transaction that needs no check. */
  submit(author: Author, time: Millis, txn: Txn): Zxid {
    if (!this.isOpen()) return UNTIL_TOLD;
    const header = this.begin(author, time);
    this.view.propose(txn);
    return this.propose(header, txn);
  }

  createSession(author: Author, time: Millis, timeoutMs: Millis): void {
    this.submit(author, time, { kind: "createSession", timeoutMs });
  }

  syncPoint(): Zxid {
    return this.lastProposed;
  }

  /** Proposes the error transaction of a request that was refused before its checks. */
  refuse(author: Author, time: Millis, err: ErrorCode): Zxid {
    return this.submit(author, time, { kind: "error", err });
  }

  /** A transaction that came this way was applied: what the view foretold has come true. */
  applied(entry: TxnEntry): void {
    this.view.applied(entry.header.zxid);
    this.checkDigest(entry);
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
    const { zxid } = header;
    this.lastProposed = zxid;
    if (this.proposed === undefined) {
      this.replica.appendAlone(entry);
      return zxid;
    }
    this.scratch.clear();
    writeEntry(this.scratch, entry);
    const bytes = this.slab.copy(this.scratch.bytes, this.scratch.at);
    this.replica.append(entry, bytes);
    this.proposed({ zxid, entry: bytes });
    return zxid;
  }

  /**
   * The view foretold the tree. If it did not, what was promised to clients and what is there
   * differ.
   */
  private checkDigest(entry: TxnEntry): void {
    const { header, txn, digest } = entry;
    if (digest === undefined || digest.tree === this.replica.loaded.tree.digest) return;
    // Not `assert`: to word the claim for each write costs as much as the comparison.
    throw new AssertionFailed(
      `the tree's digest after ${txn.kind} ${describeId(header.zxid)} is as proposed`,
    );
  }
}

/** The zxid after `zxid`; past the end of an epoch, the first of the next one. */
function followingZxid(zxid: Zxid): Zxid {
  return counterOf(zxid) >= COUNTER_MAX - 1 ? makeZxid(epochOf(zxid) + 1, 1) : nextZxid(zxid);
}
