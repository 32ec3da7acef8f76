/**
 * The data tree: all znodes of a server in typed arrays, outside the collector's sight (DESIGN
 * section 4).
 *
 *   arena.ts        pages and size classes         node-records.ts   one znode's fields
 *   ref-index.ts    hash -> znode                   znodes.ts         all of it kept in step
 *   acl-table.ts    ACL lists                       apply.ts          what a transaction does
 *   owner-index.ts  ephemerals, containers, TTL     snapshot-cursor.ts  snapshots while it changes
 *   quotas.ts       what subtrees weigh
 *
 * Promises: reading a znode makes no garbage; nothing that grows does so in a long step; deleting
 * gives memory back. A million znodes of 100 bytes take 229 MB (bench/tree-million.ts).
 * Leaves to others: permissions, sessions, watches (watch-table.ts), files.
 * Size: all that other rooms may know of the tree, on one page; the work is done in the files
 * above.
 */
import { assert } from "../base/assert.ts";
import { ProtocolError } from "../base/errors.ts";
import { type Millis, SESSION_NONE, type SessionId, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import type { EventType } from "../records/constants.ts";
import { type Acl, READ_ACL, type Stat, type StatPersisted } from "../records/data.ts";
import type { Txn, TxnHeader } from "../records/txn.ts";
import type { AclTable } from "./acl-table.ts";
import { Applier } from "./apply.ts";
import { ROOT } from "./node-finder.ts";
import { At, NO_NODE as NO_RECORD } from "./node-records.ts";
import { NodeSource } from "./node-source.ts";
import { PathBytes } from "./path-bytes.ts";
import { PlainTxns } from "./plain-txns.ts";
import { Quotas } from "./quotas.ts";
import { SnapshotCursor } from "./snapshot-cursor.ts";
import { copyDigestStat } from "./tree-digest.ts";
import { OWN_MEMORY, type TreeMemory } from "./tree-memory.ts";
import { type DataRange, Znodes } from "./znodes.ts";

/** A small integer that names a znode for as long as it lives. */
export type NodeId = number;
export const NO_NODE: NodeId = NO_RECORD;

export type TreeOptions = {
  /** Secret 32 bits of chance, so that nobody can prepare paths whose hashes collide. */
  readonly hashSeed: number;
  /** Whether TTL owners are understood; all servers of an ensemble must agree. */
  readonly extendedTypes: boolean;
  /** Makes the memory of each tree; unless given, a tree has it to itself. */
  readonly newMemory?: (() => TreeMemory) | undefined;
};

/** What one transaction did. `node` handles are valid until the next `apply`. */
export type Applied =
  | { readonly kind: "created"; readonly path: string; readonly node: NodeId }
  /** setData, setACL, reconfig. */
  | { readonly kind: "changed"; readonly node: NodeId }
  /** delete, check, sessions. */
  | { readonly kind: "done" }
  /** Without effect. `err` is an error code, also that of an error transaction. */
  | { readonly kind: "failed"; readonly err: number }
  | { readonly kind: "multi"; readonly results: readonly MultiApplied[] };

/** What one element of a multi did, with the Stat right after it. */
export type MultiApplied =
  | { readonly kind: "created"; readonly path: string; readonly stat: Stat }
  | { readonly kind: "changed"; readonly stat: Stat }
  | { readonly kind: "done" }
  /** In a multi with an error no element has an effect; those before the error have code 0. */
  | { readonly kind: "failed"; readonly err: number };

/** Told of every change, in the order of specification 2.10, right after the step that made it. */
export interface ChangeSink {
  /**
   * `path` begins with a slash. `acl` is the node's own list, for a deleted node the one it had;
   * for nodeChildrenChanged the parent's.
   */
  changed(type: EventType, path: string, acl: readonly Acl[]): void;
}

/** What a write is measured with. Numbers by key as in the nodes' text; -1 or missing: not set. */
export type Quota = {
  /** Of the subtree. */
  readonly path: string;
  readonly limits: ReadonlyMap<string, bigint>;
  readonly used: ReadonlyMap<string, bigint>;
};

const CONFIG_PATH = "/zookeeper/config";
const NO_BYTES: DataRange = { bytes: new Uint8Array(0), start: 0, end: 0 };

export class DataTree {
  readonly root: NodeId = ROOT;
  private readonly znodes: Znodes;
  private readonly quotas: Quotas;
  private readonly applier: Applier;
  private readonly plain: PlainTxns;
  private readonly path = new PathBytes();
  private readonly row = new NodeSource();
  private readonly memory: TreeMemory;
  private processed: Zxid = ZXID_ZERO;

  /** Holds the fresh tree of specification 2.8. */
  constructor(options: TreeOptions) {
    this.memory = options.newMemory?.() ?? OWN_MEMORY;
    this.znodes = new Znodes(options, this.memory);
    this.quotas = new Quotas(this.znodes);
    this.applier = new Applier(this.znodes, this.quotas);
    this.plain = new PlainTxns(this.znodes, this.quotas);
    for (const path of ["/zookeeper", "/zookeeper/quota", CONFIG_PATH]) this.reserve(path);
    // The reference sets this ACL with version -1.
    this.znodes.setAcl(this.findText(CONFIG_PATH), READ_ACL, -1);
  }

  /** Clients are served from this tree from now on, and no more from another. */
  serves(): void {
    this.memory.serves(() => this.processed);
  }

  // ---- finding ----

  /** The node with the path `bytes[start, end)`, or NO_NODE. Empty and `/` are the root. */
  find(bytes: Uint8Array, start: number, end: number): NodeId {
    const path = this.path.borrow(bytes, start, end);
    return this.znodes.find(bytes, path.start, path.end);
  }

  findText(path: string): NodeId {
    const { bytes, start, end } = this.path.hold(path);
    return this.znodes.find(bytes, start, end);
  }

  // ---- reading one node without garbage ----

  /** Writes the 68 bytes of the Stat as clients see it: room is the caller's. */
  copyStat(node: NodeId, target: Uint8Array, at: number): void {
    this.znodes.records.copyStat(node, target, at);
  }

  /** Bytes of data; -1 for null, 0 for empty. */
  dataLengthOf(node: NodeId): number {
    return this.znodes.records.dataLengthOf(node);
  }

  /** Copies the data, `dataLengthOf` bytes; nothing when null. */
  copyData(node: NodeId, target: Uint8Array, at: number): void {
    this.znodes.records.copyData(node, target, at);
  }

  numChildrenOf(node: NodeId): number {
    return this.znodes.records.int32(node, At.numChildren);
  }

  /** NO_NODE where there is none. Children stand in no promised order. */
  firstChildOf(node: NodeId): NodeId {
    return this.znodes.records.firstChildOf(node);
  }

  /** NO_NODE after the last. */
  nextSiblingOf(node: NodeId): NodeId {
    return this.znodes.records.nextSiblingOf(node);
  }

  /** NO_NODE for the root. */
  parentOf(node: NodeId): NodeId {
    return this.znodes.records.parentOf(node);
  }

  /** UTF-8 bytes of the path's last part; 0 for the root. */
  nameLengthOf(node: NodeId): number {
    return this.znodes.records.nameLengthOf(node);
  }

  copyName(node: NodeId, target: Uint8Array, at: number): void {
    this.znodes.records.copyName(node, target, at);
  }

  /**
   * The id of the node's ACL list in snapshots. Equal ids mean equal lists, for the tree's life.
   */
  aclIdOf(node: NodeId): number {
    return this.znodes.acls.idAt(this.znodes.records.aclSlotOf(node));
  }

  aclOf(node: NodeId): readonly Acl[] {
    return this.znodes.aclOf(node);
  }

  /** The node's cversion as stored: creations of children. Sequential names are made from it. */
  storedCversionOf(node: NodeId): number {
    return this.znodes.records.int32(node, At.cversion);
  }

  // ---- reading on slower paths ----

  statOf(node: NodeId): Stat {
    return this.znodes.records.statOf(node);
  }

  /** With the stored cversion and the real owner. */
  persistedStatOf(node: NodeId): StatPersisted {
    return this.znodes.records.persistedStatOf(node);
  }

  /** A copy that the caller owns. */
  dataOf(node: NodeId): Uint8Array | null {
    return this.znodes.records.dataOf(node);
  }

  /** The path's last part; empty for the root. */
  nameOf(node: NodeId): string {
    return this.znodes.records.nameOf(node);
  }

  /** `/` for the root. */
  pathOf(node: NodeId): string {
    return this.znodes.records.pathOf(node);
  }

  /** Names, in no promised order. */
  childrenOf(node: NodeId): string[] {
    const { records } = this.znodes;
    const names: string[] = [];
    for (let at = records.firstChildOf(node); at !== NO_NODE; at = records.nextSiblingOf(at)) {
      names.push(records.nameOf(at));
    }
    return names;
  }

  /**
   * The CRC-32 of the node's path and data, to be carried on over its stored numbers for the
   * digest.
   */
  prefixCrcOf(node: NodeId): number {
    return this.znodes.records.prefixCrcOf(node);
  }

  /** What the node adds to the tree's digest; 0 below `/zookeeper/`. */
  digestOf(node: NodeId): number {
    return this.znodes.records.digestOf(node);
  }

  /** Writes the stored numbers as the digest reads them: 60 bytes (specification 6). */
  copyDigestStat(node: NodeId, target: Uint8Array): void {
    copyDigestStat(this.znodes.records, node, target);
  }

  /** The quota that a change at `path` counts against; undefined where no text says one. */
  quotaAt(path: string): Quota | undefined {
    return this.quotas.at(path);
  }

  ephemeralsOf(session: SessionId): readonly string[] {
    return this.pathsOf(this.znodes.owners.nodesOf(session));
  }

  ephemeralSessions(): Iterable<SessionId> {
    return this.znodes.owners.sessions();
  }

  /**
   * The containers and the nodes with a time to live, in no promised order. Between two steps of
   * the walk transactions may be applied: nodes that go are left out, those that come may be. A
   * load ends the walk.
   */
  *outlivable(): IterableIterator<NodeId> {
    yield* this.znodes.owners.containers;
    yield* this.znodes.owners.ttls;
  }

  // ---- changing ----

  /**
   * Applies a committed transaction. Data and names in it are copied; the rest is borrowed until
   * this returns. What goes wrong in it is a result and has no effect. `sink` must not call back
   * into `apply`.
   */
  apply(
    entry: { readonly header: TxnHeader; readonly txn: Txn },
    sink: ChangeSink | undefined,
  ): Applied {
    this.memory.changes();
    const applied = this.applier.apply(entry.header, entry.txn, sink);
    if (entry.header.zxid > this.processed) this.processed = entry.header.zxid;
    return applied;
  }

  /**
   * Applies the transaction of a log's entry `bytes[start, end)` straight from its bytes; answers
   * where its body ends, or NOT_PLAIN (plain-txns.ts): then nothing was done, and `apply` does it.
   */
  applyPlain(zxid: Zxid, bytes: Uint8Array, start: number, end: number): number {
    this.memory.changes();
    const bodyEnd = this.plain.apply(zxid, bytes, start, end);
    if (bodyEnd >= 0 && zxid > this.processed) this.processed = zxid;
    return bodyEnd;
  }

  /**
   * Shows the configuration of the ensemble, which a member has from its own files and not from a
   * transaction: `lastProcessed` stays, no watch fires. A later one, which came by a transaction,
   * stays.
   */
  showConfig(text: Uint8Array, version: bigint, time: Millis): void {
    this.memory.changes();
    const node = this.findText(CONFIG_PATH);
    if (node !== NO_RECORD && this.persistedStatOf(node).mzxid > version) return;
    const header = { clientId: SESSION_NONE, cxid: 0, zxid: version as Zxid, time };
    const txn: Txn = { kind: "reconfig", path: CONFIG_PATH, data: text, version: -1 };
    this.applier.apply(header, txn, undefined);
  }

  // ---- counters ----

  /** As the reference counts: every znode, the root under both of its names. A fresh tree has 5. */
  get nodeCount(): number {
    return this.znodes.count + 1;
  }

  get ephemeralCount(): number {
    return this.znodes.owners.ephemeralCount;
  }

  /**
   * As the reference counts: UTF-16 units of all paths and bytes of all data. A fresh tree has 44.
   * The reference counts the root's data twice after a restart; here it counts once.
   */
  get approximateDataSize(): number {
    return this.znodes.approximateDataSize;
  }

  /** The tree's digest, version 2, as a signed 64-bit number. */
  get digest(): bigint {
    return this.znodes.digest;
  }

  /** Whether these are the halves of the digest, as it stands in a log: the high one signed. */
  hasDigest(high: number, low: number): boolean {
    return this.znodes.hasDigest(high, low);
  }

  /** The zxid of the last transaction applied; moves after it, and only upwards. */
  get lastProcessed(): Zxid {
    return this.processed;
  }

  /** Bytes of all pages and of the path index. */
  get memoryBytes(): number {
    return this.znodes.memoryBytes;
  }

  get acls(): AclTable {
    return this.znodes.acls;
  }

  /**
   * Nodes whose ACL nobody knows since the load: nobody but super has access (specification 5.4).
   */
  get unknownAclNodes(): number {
    return this.znodes.acls.unknownUses;
  }

  // ---- snapshots ----

  /** A cursor over the nodes as of `asOf`, the last zxid applied. Its owner closes it. */
  startCursor(asOf: Zxid): SnapshotCursor {
    return new SnapshotCursor(this.znodes, asOf);
  }

  /** Empties the tree, ACL lists included. Then come `acls.load`, `loadNode`, `finishLoad`. */
  startLoad(): void {
    assert(this.znodes.cursors.size === 0, "snapshots being written are ended before a load");
    this.memory.changes();
    this.znodes.clear();
    this.quotas.clear();
    this.processed = ZXID_ZERO;
  }

  /**
   * Takes a row of a snapshot, parents first: path `bytes[pathStart, pathEnd)`, data (`dataEnd` -1:
   * null) and from `statStart` on 60 bytes of StatPersisted. Throws `ProtocolError` for a row that
   * no tree can have. Seven parameters: a million rows should not make a million objects.
   */
  loadNode(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    dataStart: number,
    dataEnd: number,
    aclId: number,
    statStart: number,
  ): void {
    const { znodes, row } = this;
    this.memory.changes();
    row.from(bytes);
    row.setPath(pathStart, pathEnd);
    if (row.isRoot) {
      const path = this.path.borrow(bytes, row.pathStart, row.pathEnd);
      const data = { bytes, start: Math.max(dataStart, 0), end: dataEnd };
      znodes.loadRoot(path, data, znodes.acls.acquireId(aclId), { bytes, at: statStart });
      return;
    }
    row.setData(Math.max(dataStart, 0), dataEnd);
    const parent = znodes.parentOf(row);
    if (parent === NO_NODE) throw badRow(row, "a node without parent");
    if (row.nameStart === row.pathEnd) throw badRow(row, "a node without name");
    const node = znodes.insertFrom(parent, row);
    if (node === NO_NODE) throw badRow(row, "a node twice");
    znodes.records.setAclSlot(node, znodes.acls.acquireId(aclId));
    znodes.records.setPersistedStatFrom(node, row.view, statStart);
    znodes.enter(node);
  }

  /** Ends a load. Lists that no node uses go, and quotas are counted anew. */
  finishLoad(lastProcessed: Zxid): void {
    this.memory.changes();
    this.znodes.acls.trim();
    this.quotas.rebuild();
    this.processed = lastProcessed;
  }

  private reserve(text: string): void {
    const path = this.path.hold(text);
    const { bytes, start, parentEnd } = path;
    const parent = this.znodes.find(bytes, start, parentEnd);
    const slot = this.znodes.acls.acquireId(-1);
    this.znodes.enter(this.znodes.insert(parent, path, NO_BYTES, slot));
  }

  private pathsOf(nodes: Iterable<NodeId>): string[] {
    return Array.from(nodes, (node) => this.pathOf(node));
  }
}

const badRow = ({ pathStart, pathEnd }: NodeSource, why: string): ProtocolError =>
  new ProtocolError("BAD_VALUE", { why, pathBytes: pathEnd - pathStart });
