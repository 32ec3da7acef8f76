/**
 * Which znodes a session owns, and which are containers or have a time to live.
 *
 * Sets of node ids: a session's ephemerals are few (a closeSession transaction must be able to list
 * them), and the other two are cut into many small sets, so that no single growth is long.
 */
import { type SessionId, toSessionId } from "../base/ids.ts";
import { ownerOf } from "../records/constants.ts";
import type { NodeId } from "./node-records.ts";

const PARTS = 256;

/** A set of node ids that grows in small steps. */
class NodeSet {
  private readonly parts: (Set<NodeId> | undefined)[] = new Array(PARTS).fill(undefined);

  add(node: NodeId): void {
    (this.parts[partOf(node)] ??= new Set()).add(node);
  }

  delete(node: NodeId): void {
    const part = this.parts[partOf(node)];
    part?.delete(node);
    if (part?.size === 0) this.parts[partOf(node)] = undefined;
  }

  /** Also ends the walks that are under way. */
  clear(): void {
    for (const part of this.parts) part?.clear();
    this.parts.fill(undefined);
  }

  *[Symbol.iterator](): IterableIterator<NodeId> {
    for (const part of this.parts) if (part !== undefined) yield* part;
  }
}

const partOf = (node: NodeId): number => (Math.imul(node, 0x9e3779b1) >>> 24) % PARTS;

export class OwnerIndex {
  readonly containers = new NodeSet();
  readonly ttls = new NodeSet();
  private readonly extendedTypes: boolean;
  private readonly bySession = new Map<bigint, Set<NodeId>>();
  private ephemerals = 0;

  constructor(extendedTypes: boolean) {
    this.extendedTypes = extendedTypes;
  }

  get ephemeralCount(): number {
    return this.ephemerals;
  }

  /** Enters a node with the `ephemeralOwner` as stored. True when clients see owner 0 instead. */
  add(node: NodeId, stored: bigint): boolean {
    if (stored === 0n) return false;
    const owner = ownerOf(stored, this.extendedTypes);
    if (owner.kind === "session") {
      const nodes = this.bySession.get(stored);
      if (nodes === undefined) this.bySession.set(stored, new Set([node]));
      else nodes.add(node);
      this.ephemerals++;
      return false;
    }
    if (owner.kind === "container") this.containers.add(node);
    else this.ttls.add(node);
    return true;
  }

  remove(node: NodeId, stored: bigint): void {
    if (stored === 0n) return;
    const owner = ownerOf(stored, this.extendedTypes);
    if (owner.kind === "container") return this.containers.delete(node);
    if (owner.kind === "ttl") return this.ttls.delete(node);
    const nodes = this.bySession.get(stored);
    nodes?.delete(node);
    if (nodes?.size === 0) this.bySession.delete(stored);
    this.ephemerals--;
  }

  /** The session's nodes, in the order they came. Changes with the index. */
  nodesOf(session: SessionId): ReadonlySet<NodeId> {
    return this.bySession.get(session) ?? NO_NODES;
  }

  *sessions(): IterableIterator<SessionId> {
    for (const session of this.bySession.keys()) yield toSessionId(session);
  }

  clear(): void {
    this.containers.clear();
    this.ttls.clear();
    this.bySession.clear();
    this.ephemerals = 0;
  }
}

const NO_NODES: ReadonlySet<NodeId> = new Set();
