/**
 * The znodes with everything that is kept in step with them: path index, ACL uses, owners, digest,
 * counters, and the cursors of snapshots being written.
 *
 * Promises: after each method all of these agree. `insert` and `remove` take O(length of the path).
 * Leaves to others: which change a transaction makes (apply.ts), reading for clients
 * (data-tree.ts).
 * Size: each change, with all that it has to keep in step.
 */
import { assert } from "../base/assert.ts";
import { utf8 } from "../base/bytes.ts";
import { CRC32_START, crc32 } from "../base/crc32.ts";
import type { Acl, StatPersisted } from "../records/data.ts";
import { AclTable, UNKNOWN_SLOT } from "./acl-table.ts";
import { Arena } from "./arena.ts";
import type { TreeOptions } from "./data-tree.ts";
import { KnownParent } from "./known-parent.ts";
import { NodeFinder, ROOT } from "./node-finder.ts";
import {
  At,
  HIDDEN_OWNER,
  NO_NODE,
  type NodeId,
  NodeRecords,
  OUTSIDE_DIGEST,
} from "./node-records.ts";
import type { NodeSource } from "./node-source.ts";
import { OwnerIndex } from "./owner-index.ts";
import { type PathBytes, utf16Units } from "./path-bytes.ts";
import { DigestSum, nodeDigest } from "./tree-digest.ts";
import type { TreeMemory } from "./tree-memory.ts";

/** Told before a node goes, while its links still stand. */
export interface Leaver {
  leaving(node: NodeId): void;
}

/** What a node holds: data as `bytes[start, end)`, null when `end` is below `start`. */
export type DataRange = {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
};

const SYSTEM_PREFIX = utf8("/zookeeper/");
export class Znodes {
  readonly records: NodeRecords;
  readonly acls = new AclTable();
  readonly owners: OwnerIndex;
  readonly cursors = new Set<Leaver>();
  private readonly finder: NodeFinder;
  private readonly memory: TreeMemory;
  private readonly digestSum = new DigestSum();
  private readonly known = new KnownParent();
  private nodes = 0;
  private pathUnits = 0;
  private dataBytes = 0;

  constructor(options: TreeOptions, memory: TreeMemory) {
    this.owners = new OwnerIndex(options.extendedTypes);
    this.memory = memory;
    this.records = new NodeRecords(new Arena(memory));
    this.finder = new NodeFinder(options.hashSeed, this.records, memory);
    this.clear();
  }

  /** Znodes, the root among them. */
  get count(): number {
    return this.nodes;
  }

  /** UTF-16 units of all paths (the root's `/` is 1) and bytes of all data. */
  get approximateDataSize(): number {
    return this.pathUnits + this.dataBytes;
  }

  get digest(): bigint {
    return this.digestSum.value;
  }

  hasDigest(high: number, low: number): boolean {
    return this.digestSum.is(high, low);
  }

  get memoryBytes(): number {
    return this.records.memoryBytes + this.finder.index.memoryBytes;
  }

  /** Leaves the bare root: all numbers 0, data empty, open to everybody. */
  clear(): void {
    this.records.clear();
    this.finder.index.clear();
    this.memory.cleared();
    this.acls.clear();
    this.owners.clear();
    this.digestSum.clear();
    this.known.forget();
    const none = new Uint8Array(0);
    const root = this.records.create(NO_NODE, none, 0, 0);
    this.records.setData(root, none, 0, 0);
    this.acls.acquireId(-1);
    this.recount(root);
    this.nodes = 1;
    this.pathUnits = 1;
    this.dataBytes = 0;
  }

  /** The node with the path `bytes[start, end)`; the root's is empty. */
  find(bytes: Uint8Array, start: number, end: number): NodeId {
    return this.finder.find(bytes, start, end);
  }

  /**
   * Adds a node that is not there, with all numbers 0, no data and no ACL yet. The caller sets its
   * stored numbers and then calls `enter`. The parent's counters are the caller's too.
   */
  insert(parent: NodeId, path: PathBytes, data: DataRange, aclSlot: number): NodeId {
    const { bytes, start, end } = path;
    const node = this.records.create(parent, bytes, path.parentEnd + 1, end);
    this.finder.index.add(this.finder.hash.of(bytes, start, end), node);
    this.records.setAclSlot(node, aclSlot);
    if (isSystemPath(bytes, start, end)) this.records.addFlag(node, OUTSIDE_DIGEST);
    this.fill(node, path, data);
    this.nodes++;
    this.pathUnits += path.units;
    return node;
  }

  /** The parent of what `source` tells of, which is not the root; NO_NODE where there is none. */
  parentOf(source: NodeSource): NodeId {
    const { known } = this;
    if (known.isOf(source)) return known.node;
    const { bytes, pathStart, parentEnd } = source;
    if (parentEnd < pathStart) return NO_NODE;
    const parent = this.find(bytes, pathStart, parentEnd);
    if (parent !== NO_NODE) known.know(parent, source);
    return parent;
  }

  /**
   * As `insert`, for the node that `source` tells of, under what `parentOf` has just answered.
   * NO_NODE where the node is there already.
   */
  insertFrom(parent: NodeId, source: NodeSource): NodeId {
    const { finder, known, records } = this;
    const { bytes, pathStart, pathEnd, parentEnd, dataStart, dataLength } = source;
    const hash = finder.hash.of(bytes, pathStart, pathEnd);
    if (finder.findHashed(hash, bytes, pathStart, pathEnd) !== NO_NODE) return NO_NODE;
    const node = records.createFrom(parent, source);
    finder.index.add(hash, node);
    if (isSystemPath(bytes, pathStart, pathEnd)) records.addFlag(node, OUTSIDE_DIGEST);
    const pathCrc = crc32(bytes, known.crc, parentEnd, pathEnd);
    records.setPrefixCrc(node, crc32(bytes, pathCrc, dataStart, dataStart + dataLength));
    this.nodes++;
    this.pathUnits += known.units + utf16Units(bytes, parentEnd, pathEnd);
    this.dataBytes += dataLength;
    return node;
  }

  /** Enters a node whose stored numbers now stand: owner and digest. */
  enter(node: NodeId): void {
    if (this.records.hasOwner(node) && this.owners.add(node, this.records.int64(node, At.owner))) {
      this.records.addFlag(node, HIDDEN_OWNER);
    }
    this.recount(node);
  }

  /** Removes a node that has no children and is not the root. */
  remove(node: NodeId, path: PathBytes): void {
    for (const cursor of this.cursors) cursor.leaving(node);
    if (node === this.known.node) this.known.forget();
    this.owners.remove(node, this.records.int64(node, At.owner));
    this.uncount(node);
    this.acls.release(this.records.aclSlotOf(node));
    this.finder.index.remove(this.finder.hash.of(path.bytes, path.start, path.end), node);
    this.nodes--;
    this.pathUnits -= path.units;
    this.dataBytes -= Math.max(this.records.dataLengthOf(node), 0);
    this.records.destroy(node);
  }

  /** Raises the parent's counters for the creation of a child: only if `cversion` is greater. */
  raiseForCreate(parent: NodeId, cversion: number, zxid: bigint): void {
    const stored = this.records.int32(parent, At.cversion);
    const next = cversion === -1 ? (stored + 1) | 0 : cversion;
    if (next <= stored) return;
    this.uncount(parent);
    this.records.setInt32(parent, At.cversion, next);
    this.records.setInt64(parent, At.pzxid, zxid);
    this.recount(parent);
  }

  /** Raises the parent's pzxid for the deletion of a child. */
  raiseForDelete(parent: NodeId, zxid: bigint): void {
    if (zxid <= this.records.int64(parent, At.pzxid)) return;
    this.uncount(parent);
    this.records.setInt64(parent, At.pzxid, zxid);
    this.recount(parent);
  }

  setData(
    node: NodeId,
    path: PathBytes,
    data: DataRange,
    stamp: Pick<StatPersisted, "mzxid" | "mtime" | "version">,
  ): void {
    this.uncount(node);
    this.dataBytes -= Math.max(this.records.dataLengthOf(node), 0);
    this.fill(node, path, data);
    this.records.setInt64(node, At.mzxid, stamp.mzxid);
    this.records.setMillis(node, At.mtime, stamp.mtime);
    this.records.setInt32(node, At.version, stamp.version);
    this.recount(node);
  }

  /**
   * Changes the data and no number, of a node outside the digest. `approximateDataSize` keeps what
   * it had counted for the node, as the reference's does.
   */
  setLocalData(node: NodeId, path: PathBytes, data: DataRange): void {
    assert((this.records.flagsOf(node) & OUTSIDE_DIGEST) !== 0, "no digest shows local data");
    const counted = this.dataBytes;
    this.fill(node, path, data);
    this.dataBytes = counted;
  }

  setAcl(node: NodeId, acl: readonly Acl[], aversion: number): void {
    this.uncount(node);
    this.setAclAlone(node, acl);
    this.records.setInt32(node, At.aversion, aversion);
    this.recount(node);
  }

  /** Changes the list and no number: the digest does not show it. */
  setAclAlone(node: NodeId, acl: readonly Acl[]): void {
    this.replaceAcl(node, this.acls.acquire(acl));
  }

  hasUnknownAcl(node: NodeId): boolean {
    return this.records.aclSlotOf(node) === UNKNOWN_SLOT;
  }

  /**
   * Takes over the root's row of a snapshot: the root is always there, so it is changed, not added.
   */
  loadRoot(path: PathBytes, data: DataRange, aclSlot: number, stat: StatSource): void {
    this.uncount(ROOT);
    this.dataBytes -= Math.max(this.records.dataLengthOf(ROOT), 0);
    this.fill(ROOT, path, data);
    this.replaceAcl(ROOT, aclSlot);
    this.records.setPersistedStat(ROOT, stat.bytes, stat.at);
    this.recount(ROOT);
  }

  aclOf(node: NodeId): readonly Acl[] {
    return this.acls.listAt(this.records.aclSlotOf(node));
  }

  /** Takes a node that is going to change, or to go, out of the digest. */
  private uncount(node: NodeId): void {
    this.digestSum.subtract(this.records.digestOf(node));
  }

  /** Counts a node in whose stored numbers, path and data now stand. */
  private recount(node: NodeId): void {
    const digest = nodeDigest(this.records, node);
    this.records.setDigest(node, digest);
    this.digestSum.add(digest);
  }

  private replaceAcl(node: NodeId, slot: number): void {
    const old = this.records.aclSlotOf(node);
    this.records.setAclSlot(node, slot);
    this.acls.release(old);
  }

  private fill(node: NodeId, path: PathBytes, data: DataRange): void {
    this.records.setData(node, data.bytes, data.start, data.end);
    const { bytes, start, end } = path;
    const pathCrc = crc32(bytes, CRC32_START, start, end);
    const count = Math.max(data.end - data.start, 0);
    this.records.setPrefixCrc(node, crc32(data.bytes, pathCrc, data.start, data.start + count));
    this.dataBytes += count;
  }
}

/** Sixty bytes of a StatPersisted from `at` on. */
type StatSource = { readonly bytes: Uint8Array; readonly at: number };

/** Whether a path is below `/zookeeper/`. */
export function isSystemPath(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SYSTEM_PREFIX.length) return false;
  for (let at = 0; at < SYSTEM_PREFIX.length; at++) {
    if (bytes[start + at] !== SYSTEM_PREFIX[at]) return false;
  }
  return true;
}
