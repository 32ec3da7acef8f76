/**
 * Writes the tree's nodes into a snapshot, piece by piece, while the tree goes on changing
 * (specification 5.4: node rows, parents before children).
 *
 * The cursor holds one node and moves in preorder along the links. When its node is about to go it
 * moves on first. New nodes are linked in before their siblings, where the cursor has been; those
 * it meets below nodes not yet written are newer than the snapshot and left out, for the log brings
 * them.
 *
 * Promises: every row is consistent in itself; replaying the log from `asOf` on ends in the live
 * state.
 */
import { assert } from "../base/assert.ts";
import type { Zxid } from "../base/ids.ts";
import type { JuteWriter } from "../jute/writer.ts";
import type { Acl } from "../records/data.ts";
import { OPEN_ACL_ID } from "./acl-table.ts";
import { ROOT } from "./node-finder.ts";
import { At, NO_NODE, type NodeId, STAT_PERSISTED_BYTES } from "./node-records.ts";
import type { Leaver, Znodes } from "./znodes.ts";

/**
 * What passing over a new node counts against the bytes of a piece, so that a piece stays short.
 */
const SKIP_BYTES = 32;
const ALL = 31;

export class SnapshotCursor implements Leaver {
  /** The ACL map to write before the nodes, as it was when the cursor started. */
  readonly acls: readonly (readonly [id: number, list: readonly Acl[]])[];
  private readonly znodes: Znodes;
  private readonly asOfHigh: number;
  private readonly asOfLow: number;
  /** Ids from here on are not in the map. */
  private readonly newAclId: number;
  private readonly substituteAclId: number;
  /** The next node to write. */
  private node: NodeId = ROOT;
  private closed = false;

  constructor(znodes: Znodes, asOf: Zxid) {
    this.znodes = znodes;
    this.asOfHigh = Number(asOf >> 32n);
    this.asOfLow = Number(asOf & 0xffff_ffffn);
    this.acls = [...znodes.acls.entries()];
    this.newAclId = znodes.acls.nextId;
    this.substituteAclId = strictest(this.acls);
    znodes.cursors.add(this);
  }

  /**
   * Appends rows until at least `bytesMax` bytes came, or a little less. False when all nodes are
   * written; then the cursor is closed. Not to be called after `close`.
   */
  writeNodes(to: JuteWriter, bytesMax: number): boolean {
    assert(!this.closed, "a closed cursor writes nothing");
    const { records } = this.znodes;
    let left = bytesMax;
    // The last node may have gone since the call before: then there is none to begin with.
    if (this.node === NO_NODE) return this.end();
    do {
      const node = this.node;
      if (this.isNew(node)) {
        left -= SKIP_BYTES;
        this.node = this.afterSubtree(node);
      } else {
        const before = to.at;
        this.writeRow(to, node);
        left -= to.at - before;
        const child = records.firstChildOf(node);
        this.node = child === NO_NODE ? this.afterSubtree(node) : child;
      }
    } while (this.node !== NO_NODE && left > 0);
    return this.node !== NO_NODE || this.end();
  }

  private end(): false {
    this.close();
    return false;
  }

  /** Lets go of the tree. May be called at any time, also again. */
  close(): void {
    this.closed = true;
    this.znodes.cursors.delete(this);
  }

  leaving(node: NodeId): void {
    if (node === this.node) this.node = this.afterSubtree(node);
  }

  /** The next node in preorder that is not below `node`. */
  private afterSubtree(node: NodeId): NodeId {
    const { records } = this.znodes;
    for (let at = node; at !== NO_NODE; at = records.parentOf(at)) {
      const next = records.nextSiblingOf(at);
      if (next !== NO_NODE) return next;
    }
    return NO_NODE;
  }

  private isNew(node: NodeId): boolean {
    const high = this.znodes.records.int32(node, At.czxid);
    if (high !== this.asOfHigh) return high > this.asOfHigh;
    return this.znodes.records.int32(node, At.czxid + 4) >>> 0 > this.asOfLow;
  }

  private writeRow(to: JuteWriter, node: NodeId): void {
    const { records } = this.znodes;
    const pathLength = records.pathLengthOf(node);
    to.int(pathLength);
    const path = to.reserve(pathLength);
    records.copyPath(node, to.bytes, path + pathLength);
    const dataLength = records.dataLengthOf(node);
    to.int(dataLength);
    // `reserve` may replace the writer's buffer, so `to.bytes` is read after it.
    const data = to.reserve(Math.max(dataLength, 0));
    records.copyData(node, to.bytes, data);
    to.long(BigInt(this.rowAclId(node)));
    const stat = to.reserve(STAT_PERSISTED_BYTES);
    records.copyPersistedStat(node, to.bytes, stat);
  }

  /**
   * A list that is not in the map came with a setACL after `asOf`, which replay will do again.
   * Until then an id that no map explains would fail a 3.8 reader (3306, 4846), so the row names a
   * list that is there: the strictest, in case the log is cut before that setACL. Every tree has
   * one that lets nobody write, that of /zookeeper/config.
   */
  private rowAclId(node: NodeId): number {
    const id = this.znodes.acls.idAt(this.znodes.records.aclSlotOf(node));
    return id < this.newAclId ? id : this.substituteAclId;
  }
}

/** The id of the list that allows the least to everybody. */
function strictest(acls: readonly (readonly [number, readonly Acl[]])[]): number {
  let best = OPEN_ACL_ID;
  let least = ALL + 1;
  for (const [id, list] of acls) {
    const allowed = allowedToAll(list);
    if (allowed >= least) continue;
    best = id;
    least = allowed;
  }
  return best;
}

function allowedToAll(list: readonly Acl[]): number {
  if (list.length === 0) return ALL;
  const open = list.filter(({ scheme }) => scheme === "world");
  return open.reduce((perms, entry) => perms | entry.perms, 0);
}
