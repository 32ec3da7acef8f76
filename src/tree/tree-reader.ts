/**
 * A tree as another thread reads it: from the pages and tables that its owner shows, while the
 * owner may be changing them. So what is read can be torn; whether it was is found out afterwards
 * (server/readers/local-reads.ts), and until then nothing that is read may lead astray for long:
 * lists and lengths are bounded here, and what is beyond, or not open to everybody, is left to the
 * owner.
 */
import { ZXID_ZERO, type Zxid } from "../base/ids.ts";
import type { Acl } from "../records/data.ts";
import { OPEN_ACL_ID, OPEN_SLOT } from "./acl-table.ts";
import { Arena } from "./arena.ts";
import type { DataTree, NodeId } from "./data-tree.ts";
import { NodeFinder } from "./node-finder.ts";
import { At, NodeRecords } from "./node-records.ts";
import { PathBytes } from "./path-bytes.ts";

/** What reads of single nodes need of a tree. */
export type ReadableTree = Pick<
  DataTree,
  | "find"
  | "copyStat"
  | "dataLengthOf"
  | "copyData"
  | "numChildrenOf"
  | "firstChildOf"
  | "nextSiblingOf"
  | "nameLengthOf"
  | "copyName"
  | "aclIdOf"
  | "aclOf"
>;

/** More is left to the owner: the longer a read takes, the likelier it is torn. */
const DATA_BYTES_MAX = 128 * 1024;
const CHILDREN_MAX = 1024;
const NAME_BYTES_MAX = 64 * 1024;

/** The read is the owner's: it was not torn for certain, and not answered either. */
class LeftToOwner extends Error {
  override readonly name = "LeftToOwner";
}

/** One for all: to note where each was thrown costs more than a read. */
export const LEFT_TO_OWNER: Error = new LeftToOwner("a read is the owner's");

export class TreeReader implements ReadableTree {
  private readonly pages = new Arena();
  private readonly records = new NodeRecords(this.pages);
  private readonly finder: NodeFinder;
  private readonly path = new PathBytes();
  private childrenLeft = 0;
  /** As the owner told it, with what is read. */
  lastProcessed: Zxid = ZXID_ZERO;

  /** `hashSeed`: the owner's. */
  constructor(hashSeed: number) {
    this.finder = new NodeFinder(hashSeed, this.records);
  }

  showPage(id: number, memory: ArrayBufferLike | undefined): void {
    this.pages.show(id, memory);
  }

  showTable(shard: number, memory: ArrayBufferLike | undefined): void {
    this.finder.index.show(shard, memory);
  }

  /** Nothing is shown any more. */
  clear(): void {
    this.pages.clear();
    this.finder.index.clear();
  }

  find(bytes: Uint8Array, start: number, end: number): NodeId {
    const path = this.path.borrow(bytes, start, end);
    return this.finder.find(bytes, path.start, path.end);
  }

  copyStat(node: NodeId, target: Uint8Array, at: number): void {
    this.records.copyStat(node, target, at);
  }

  dataLengthOf(node: NodeId): number {
    return bounded(this.records.dataLengthOf(node), DATA_BYTES_MAX);
  }

  copyData(node: NodeId, target: Uint8Array, at: number): void {
    this.records.copyData(node, target, at);
  }

  numChildrenOf(node: NodeId): number {
    this.childrenLeft = bounded(this.records.int32(node, At.numChildren), CHILDREN_MAX);
    return this.childrenLeft;
  }

  firstChildOf(node: NodeId): NodeId {
    return this.records.firstChildOf(node);
  }

  nextSiblingOf(node: NodeId): NodeId {
    if (--this.childrenLeft < 0) throw LEFT_TO_OWNER;
    return this.records.nextSiblingOf(node);
  }

  nameLengthOf(node: NodeId): number {
    return bounded(this.records.nameLengthOf(node), NAME_BYTES_MAX);
  }

  copyName(node: NodeId, target: Uint8Array, at: number): void {
    this.records.copyName(node, target, at);
  }

  /** The owner alone knows lists that are not open. */
  aclIdOf(node: NodeId): number {
    if (this.records.aclSlotOf(node) !== OPEN_SLOT) throw LEFT_TO_OWNER;
    return OPEN_ACL_ID;
  }

  aclOf(): readonly Acl[] {
    throw LEFT_TO_OWNER;
  }
}

function bounded(count: number, most: number): number {
  if (count < -1 || count > most) throw LEFT_TO_OWNER;
  return count;
}
