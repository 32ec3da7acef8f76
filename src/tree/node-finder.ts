/** Finds znodes by their paths: the index, and the records that confirm what it answers. */
import { NO_NODE, type NodeId, type NodeRecords } from "./node-records.ts";
import { PathHash } from "./path-hash.ts";
import { RefIndex } from "./ref-index.ts";
import type { TreeMemory } from "./tree-memory.ts";

/** The root is always the first record. */
export const ROOT: NodeId = 0;

export class NodeFinder {
  readonly hash: PathHash;
  readonly index: RefIndex;
  private readonly records: NodeRecords;

  constructor(hashSeed: number, records: NodeRecords, memory?: TreeMemory) {
    this.hash = new PathHash(hashSeed);
    this.index = new RefIndex(memory);
    this.records = records;
  }

  /** The node with the path `bytes[start, end)`, or NO_NODE; the root's path is empty. */
  find(bytes: Uint8Array, start: number, end: number): NodeId {
    if (start === end) return ROOT;
    return this.findHashed(this.hash.of(bytes, start, end), bytes, start, end);
  }

  /** The same where the hash of the path is known. */
  findHashed(hash: number, bytes: Uint8Array, start: number, end: number): NodeId {
    const { index } = this;
    for (let slot = index.first(hash); slot >= 0; slot = index.next(hash, slot)) {
      const node = index.refAt(hash, slot);
      if (this.records.hasPath(node, bytes, start, end)) return node;
    }
    return NO_NODE;
  }
}
