/**
 * The view: what a write is checked against. It is the tree plus every change already proposed and
 * not yet applied, kept as one small record per path touched.
 *
 *   begin(header) -> propose(txn)* -> finish()   one transaction; rollback() undoes its proposals
 *   applied(zxid)                                the tree has caught up: records up to there go
 *
 * Promises: view of the tree = tree after applying what is outstanding (tested against the tree
 * itself); a rollback restores it exactly; the digest it finishes a transaction with is the tree's
 * digest after applying it. From: specification 2.10, 6.
 * Size: one state, and the ways in which each kind of transaction changes it.
 */
import { assert } from "../base/assert.ts";
import { crc32, crc32Text } from "../base/crc32.ts";
import type { SessionId, Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import { CONTAINER_OWNER, ownerOf, ttlOwner } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";
import { DIGEST_STAT_BYTES, DigestStat } from "../records/digest-stat.ts";
import type { Txn, TxnHeader } from "../records/txn.ts";
import { type DataTree, NO_NODE, type Quota } from "../tree/data-tree.ts";
import { DigestSum } from "../tree/tree-digest.ts";
import type { Draft, NodeView } from "./node-view.ts";
import { parentPath } from "./paths.ts";

/** What a proposal left at a path: the node as it will be, or that it will be gone. */
type Known = {
  readonly path: string;
  node: NodeView | undefined;
  readonly zxid: Zxid;
  /** Sessions that own the node, or owned it before a change that is still outstanding. */
  readonly owners: readonly SessionId[];
  /** What was known before, until that is applied. */
  before: Known | undefined;
  /** No later proposal has touched the path. */
  isLast: boolean;
};

/** Its node and the parent, to which a transaction comes back. */
const READ_MAX = 4;
/** A list that became longer for a large transaction is not kept. */
const PROPOSED_KEPT_MAX = 16;
const NO_OWNERS: readonly SessionId[] = [];

const counts = (path: string): boolean => !path.startsWith("/zookeeper/");

export class View {
  private readonly tree: DataTree;
  private readonly extendedTypes: boolean;
  private readonly known = new Map<string, Known>();
  /** The path that was looked up last, and what is known of it: most are asked for several times. */
  private lastPath: string | undefined;
  private last: Known | undefined;
  /**
   * What the present transaction has read of the tree, which does not change meanwhile: the last
   * READ_MAX of `reads`. No map: to clear one makes another, and an old one keeps all later alive.
   */
  private readonly read: NodeView[] = [];
  private reads = 0;
  /** The paths whose record names a session as an owner. */
  private readonly ephemerals = new Map<SessionId, Set<string>>();
  /** All that is known, in the order in which it was proposed. */
  private readonly outstanding = new Queue<Known>();
  private header: TxnHeader | undefined;
  /** What the present transaction has proposed: the first `proposedCount`. The rest is left over. */
  private proposed: Known[] = [];
  private proposedCount = 0;
  private readonly digest = new DigestSum();
  /** After the last transaction that ended. */
  private digestBefore: bigint;

  constructor(tree: DataTree, extendedTypes: boolean) {
    this.tree = tree;
    this.extendedTypes = extendedTypes;
    this.digest.value = this.digestBefore = tree.digest;
  }

  static versionOf = (node: NodeView): number => DigestStat.version(node.stat);
  static cversionOf = (node: NodeView): number => DigestStat.cversion(node.stat);
  static aversionOf = (node: NodeView): number => DigestStat.aversion(node.stat);

  /** Whether a session owns the node. */
  isEphemeral(node: NodeView): boolean {
    return ownerOf(DigestStat.owner(node.stat), this.extendedTypes).kind === "session";
  }

  /** The node at `path`, or undefined. `""` is the root too. */
  node(path: string): NodeView | undefined {
    const known = this.knownOf(path === "" ? "/" : path);
    return known === undefined ? this.fromTree(path) : known.node;
  }

  /** The quota that a change at `path` counts against, as far as changes have been applied. */
  quotaAt(path: string): Quota | undefined {
    return this.tree.quotaAt(path);
  }

  /** Paths of the ephemerals that `session` will own, sorted. */
  ephemeralsOf(session: SessionId): readonly string[] {
    const paths = new Set(this.tree.ephemeralsOf(session));
    for (const path of this.ephemerals.get(session) ?? []) {
      const node = this.known.get(path)?.node;
      if (node !== undefined && DigestStat.owner(node.stat) === session) paths.add(path);
      else paths.delete(path);
    }
    return [...paths].sort();
  }

  begin(header: TxnHeader): void {
    assert(this.header === undefined, "one transaction is prepared at a time");
    this.header = header;
    this.reads = 0;
  }

  /**
   * Takes the transaction's changes into the view. The elements of a multi are proposed one by one.
   */
  propose(txn: Txn): void {
    const header = this.header;
    assert(header !== undefined, "a proposal belongs to a transaction that has begun");
    switch (txn.kind) {
      case "create":
      case "create2":
        return this.create(header, txn, txn.ephemeral ? header.clientId : 0n);
      case "createContainer":
        return this.create(header, txn, CONTAINER_OWNER);
      case "createTTL":
        return this.create(header, txn, ttlOwner(Number(txn.ttl)));
      case "delete":
      case "deleteContainer":
        return this.delete(header, txn.path);
      case "setData":
      case "reconfig":
        return this.setData(header, txn);
      case "setACL":
        return this.setAcl(header, txn);
      case "closeSession":
        for (const path of txn.paths ?? []) this.delete(header, path);
        return;
      case "multi":
      case "check":
      case "createSession":
      case "error":
        return;
    }
  }

  /** Undoes what was proposed since `begin`, which stays in force. */
  rollback(): void {
    while (this.proposedCount > 0) {
      const { path, before } = this.proposed[--this.proposedCount]!;
      this.record(path, before);
      if (before !== undefined) before.isLast = true;
    }
    this.digest.value = this.digestBefore;
  }

  /** Ends the transaction; answers the digest of the tree after it, signed 64 bit. */
  finish(): bigint {
    assert(this.header !== undefined, "a transaction that ends has begun");
    for (let at = 0; at < this.proposedCount; at++) this.outstanding.push(this.proposed[at]!);
    this.proposedCount = 0;
    if (this.proposed.length > PROPOSED_KEPT_MAX) this.proposed = [];
    this.header = undefined;
    this.reads = 0;
    this.digestBefore = this.digest.value;
    return this.digestBefore;
  }

  /** The tree has applied everything up to `zxid`. */
  applied(zxid: Zxid): void {
    for (let oldest = this.outstanding.peek(); oldest !== undefined && oldest.zxid <= zxid; ) {
      this.outstanding.shift();
      if (oldest.isLast) this.record(oldest.path, undefined);
      // Emptied: a map that was made larger leaves a table behind, which holds what it held until
      // a full collection.
      oldest.node = oldest.before = undefined;
      oldest = this.outstanding.peek();
    }
  }

  private knownOf(path: string): Known | undefined {
    if (path !== this.lastPath) {
      this.last = this.known.get(path);
      this.lastPath = path;
    }
    return this.last;
  }

  private fromTree(path: string): NodeView | undefined {
    const { tree } = this;
    const name = path === "" ? "/" : path;
    for (let at = Math.min(this.reads, READ_MAX) - 1; at >= 0; at--) {
      if (this.read[at]!.path === name) return this.read[at];
    }
    const id = tree.findText(path);
    if (id === NO_NODE) return undefined;
    const stat = new Uint8Array(DIGEST_STAT_BYTES);
    tree.copyDigestStat(id, stat);
    const node: NodeView = {
      path: name,
      acl: tree.aclOf(id),
      childCount: tree.numChildrenOf(id),
      dataLength: Math.max(tree.dataLengthOf(id), 0),
      prefixCrc: tree.prefixCrcOf(id),
      stat,
      digest: tree.digestOf(id),
    };
    if (this.header !== undefined) this.read[this.reads++ % READ_MAX] = node;
    return node;
  }

  private create(
    header: TxnHeader,
    txn: { path: string; data: Uint8Array | null; acl: readonly Acl[]; parentCversion: number },
    owner: bigint,
  ): void {
    const { path, data, acl, parentCversion } = txn;
    this.child(header, path, 1, parentCversion);
    const stat = new Uint8Array(DIGEST_STAT_BYTES);
    DigestStat.created(stat, header.zxid, header.time, owner);
    const prefixCrc = dataCrc(path, data);
    const dataLength = data?.length ?? 0;
    this.put(header, path, { path, acl, childCount: 0, dataLength, prefixCrc, stat, digest: 0 });
  }

  private delete(header: TxnHeader, path: string): void {
    const node = this.node(path);
    if (node === undefined) return;
    this.child(header, path, -1, undefined);
    this.put(header, path, undefined);
  }

  private setData(
    header: TxnHeader,
    txn: { path: string; data: Uint8Array | null; version: number },
  ): void {
    const node = this.mustFind(txn.path);
    const stat = node.stat.slice();
    DigestStat.changed(stat, header.zxid, header.time, txn.version);
    const prefixCrc = dataCrc(node.path === "/" ? "" : node.path, txn.data);
    const dataLength = txn.data?.length ?? 0;
    // Field by field: spreading a node costs as much as all of the rest.
    const { path, acl, childCount } = node;
    this.put(header, path, { path, acl, childCount, dataLength, prefixCrc, stat, digest: 0 });
  }

  private setAcl(
    header: TxnHeader,
    txn: { path: string; acl: readonly Acl[]; version: number },
  ): void {
    const node = this.mustFind(txn.path);
    const stat = node.stat.slice();
    DigestStat.setAversion(stat, txn.version);
    const { path, childCount, dataLength, prefixCrc } = node;
    const { acl } = txn;
    this.put(header, path, { path, acl, childCount, dataLength, prefixCrc, stat, digest: 0 });
  }

  /** A child of the parent of `path` comes (1) or goes (-1). */
  private child(header: TxnHeader, path: string, change: 1 | -1, cversion?: number): void {
    const parent = this.mustFind(parentPath(path));
    const stat = parent.stat.slice();
    // Applying a create raises the counter or leaves it, so past 2^31-1 it stays where it is, and
    // pzxid with it (asked of 3.8.0; divergences.md "sequence-overflow").
    const moves = cversion === undefined || cversion > DigestStat.cversion(stat);
    if (moves) DigestStat.childChanged(stat, header.zxid, cversion);
    const { path: of, acl, dataLength, prefixCrc } = parent;
    const childCount = parent.childCount + change;
    this.put(header, of, { path: of, acl, childCount, dataLength, prefixCrc, stat, digest: 0 });
  }

  /** `node`: without its digest; undefined: it goes. */
  private put(header: TxnHeader, path: string, node: Draft | undefined): void {
    const before = this.knownOf(path);
    const old = before === undefined ? this.fromTree(path) : before.node;
    const digest = node === undefined || !counts(path) ? 0 : crc32(node.stat, node.prefixCrc);
    if (node !== undefined) node.digest = digest;
    this.digest.add(digest);
    if (old !== undefined) this.digest.subtract(old.digest);
    const { zxid } = header;
    const owners = joined(
      before === undefined ? this.ownersOf(old) : before.owners,
      this.ownersOf(node),
    );
    const known: Known = { path, node, zxid, owners, before, isLast: true };
    if (before !== undefined) before.isLast = false;
    this.proposed[this.proposedCount++] = known;
    this.record(path, known);
  }

  private ownersOf(node: NodeView | undefined): readonly SessionId[] {
    if (node === undefined || !DigestStat.hasOwner(node.stat)) return NO_OWNERS;
    if (!this.isEphemeral(node)) return NO_OWNERS;
    return [DigestStat.owner(node.stat) as SessionId];
  }

  /** Replaces what is known of a path, and keeps the sessions' lists in step with it. */
  private record(path: string, known: Known | undefined): void {
    for (const session of this.knownOf(path)?.owners ?? NO_OWNERS) {
      const paths = this.ephemerals.get(session);
      if (paths?.delete(path) && paths.size === 0) this.ephemerals.delete(session);
    }
    this.last = known;
    if (known === undefined) {
      this.known.delete(path);
      return;
    }
    this.known.set(path, known);
    for (const session of known.owners) {
      const paths = this.ephemerals.get(session);
      if (paths === undefined) this.ephemerals.set(session, new Set([path]));
      else paths.add(path);
    }
  }

  private mustFind(path: string): NodeView {
    const node = this.node(path);
    assert(node !== undefined, "a proposed change finds its node");
    return node;
  }
}

/** Both lists; most nodes have no owner, and then nothing is made. */
const joined = (a: readonly SessionId[], b: readonly SessionId[]): readonly SessionId[] =>
  a.length === 0 ? b : b.length === 0 ? a : [...a, ...b];

const dataCrc = (path: string, data: Uint8Array | null): number =>
  data === null ? crc32Text(path) : crc32(data, crc32Text(path));
