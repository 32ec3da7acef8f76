/**
 * Loading: what recovery reads from the disk becomes a tree and a table of sessions.
 *
 * Digests are compared as specification 6 says: after a fuzzy snapshot nothing until the
 * transaction is applied that its digest tells of, then the snapshot's digest once, then each
 * transaction's own.
 */
import { int32At } from "../base/bytes.ts";
import { describeId, type Millis, type SessionId, type Zxid } from "../base/ids.ts";
import type { Acl } from "../records/data.ts";
import { DIGEST_BYTES, DIGEST_VERSION, type TxnEntry } from "../records/txn.ts";
import { DataTree, type TreeOptions } from "../tree/data-tree.ts";
import type { RecoverySink } from "../txnlog/recovery.ts";
import type { SnapshotDigest } from "../txnlog/snapshot-reader.ts";
import type { CommittedLog } from "../zab/committed-log.ts";

/** The replicated state: what snapshots hold and every server of an ensemble agrees on. */
export type Loaded = {
  readonly tree: DataTree;
  /**
   * Sessions that a createSession transaction made and no closeSession has ended, with timeouts.
   */
  readonly sessions: Map<SessionId, Millis>;
};

/** The replicated part of a session transaction. */
export function applyToSessions(sessions: Map<SessionId, Millis>, { header, txn }: TxnEntry): void {
  if (txn.kind === "createSession") sessions.set(header.clientId, txn.timeoutMs);
  else if (txn.kind === "closeSession") sessions.delete(header.clientId);
}

export class Loading implements RecoverySink {
  private readonly options: TreeOptions;
  private readonly history: CommittedLog | undefined;
  private tree: DataTree;
  private readonly sessions = new Map<SessionId, Millis>();
  /** A snapshot's rows have begun to come. */
  private loading = false;
  /** Transactions after which the tree was not what their digest told, and the first of them. */
  mismatches = 0;
  firstMismatch: Zxid | undefined;
  /** Compare from this zxid on; undefined: nothing tells whether the nodes are ahead. */
  private compareFrom: Zxid | undefined = 0n as Zxid;
  private snapshotDigest: SnapshotDigest | undefined;

  /** `history`: where the last transactions are kept for learners, if at all. */
  constructor(options: TreeOptions, history?: CommittedLog) {
    this.options = options;
    this.history = history;
    this.tree = new DataTree(options);
  }

  /** What has been loaded. Complete when recovery is. */
  get loaded(): Loaded {
    const { tree, sessions } = this;
    return { tree, sessions };
  }

  reset(): void {
    this.tree = new DataTree(this.options);
    this.sessions.clear();
    this.compareFrom = 0n as Zxid;
    this.snapshotDigest = undefined;
    this.mismatches = 0;
    this.firstMismatch = undefined;
    this.loading = false;
    this.history?.clear();
  }

  session(id: SessionId, timeoutMs: Millis): void {
    this.sessions.set(id, timeoutMs);
  }

  acl(id: number, list: readonly Acl[]): void {
    this.startLoad();
    this.tree.acls.load(id, list);
  }

  node(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    dataStart: number,
    dataEnd: number,
    aclId: number,
    statStart: number,
  ): void {
    this.startLoad();
    this.tree.loadNode(bytes, pathStart, pathEnd, dataStart, dataEnd, aclId, statStart);
  }

  snapshotLoaded(zxid: Zxid, digest: SnapshotDigest | undefined): void {
    this.tree.finishLoad(zxid);
    this.compareFrom = digest === undefined ? undefined : (0n as Zxid);
    if (digest === undefined || digest.zxid < zxid) return;
    this.snapshotDigest = digest;
    this.compareFrom = digest.zxid;
    this.compareSnapshot(zxid);
  }

  apply(entry: TxnEntry, bytes: Uint8Array, start: number, end: number): void {
    const { tree, sessions } = this;
    tree.apply(entry, undefined);
    applyToSessions(sessions, entry);
    const { zxid } = entry.header;
    this.history?.add({ zxid, entry: bytes.slice(start, end) });
    if (!this.compares(zxid) || entry.digest?.version !== DIGEST_VERSION) return;
    if (entry.digest.tree !== tree.digest) this.mismatch(zxid);
  }

  applyPlain(zxid: Zxid, bytes: Uint8Array, start: number, end: number): boolean {
    const { tree } = this;
    const digestAt = tree.applyPlain(zxid, bytes, start, end);
    if (digestAt < 0) return false;
    this.history?.add({ zxid, entry: bytes.slice(start, end) });
    if (!this.compares(zxid) || end - digestAt < DIGEST_BYTES) return true;
    if (int32At(bytes, digestAt) !== DIGEST_VERSION) return true;
    const high = int32At(bytes, digestAt + 4);
    const low = int32At(bytes, digestAt + 8) >>> 0;
    if (!tree.hasDigest(high, low)) this.mismatch(zxid);
    return true;
  }

  /** Whether the tree should be what the digest of this transaction says. */
  private compares(zxid: Zxid): boolean {
    if (this.compareFrom === undefined || zxid < this.compareFrom) return false;
    this.compareSnapshot(zxid);
    return true;
  }

  /** A line for the operator, or undefined where every digest was right. */
  describeMismatches(): string | undefined {
    if (this.firstMismatch === undefined) return undefined;
    return (
      `the digest of the data tree differs from the log after ${this.mismatches} transactions, ` +
      `first after ${describeId(this.firstMismatch)}: this folder, or the server that wrote it, ` +
      "is not sound; compare it with another member of the ensemble"
    );
  }

  private startLoad(): void {
    if (this.loading) return;
    this.loading = true;
    this.tree.startLoad();
  }

  private compareSnapshot(zxid: Zxid): void {
    const digest = this.snapshotDigest;
    if (digest === undefined || digest.zxid !== zxid) return;
    this.snapshotDigest = undefined;
    if (digest.tree !== undefined && digest.tree !== this.tree.digest) this.mismatch(zxid);
  }

  private mismatch(zxid: Zxid): void {
    this.mismatches++;
    this.firstMismatch ??= zxid;
  }
}
