/**
 * The container manager: every so often it looks through the containers and the nodes with a time
 * to live, and has those deleted that are outlived (requests/delete-container.ts says which those
 * are).
 *
 * Promises: the first look comes one interval after the start; deletions are spaced so that no
 * minute has more than is allowed, but for what gathers in one tick; no turn is long; nothing is
 * asked for while too many writes are under way.
 * From: reference `ContainerManager`; specification 2.10 (Containers and TTL nodes).
 */
import { type Millis, toSessionId } from "../base/ids.ts";
import { deleteContainer, isOutlived } from "../requests/delete-container.ts";
import type { DataTree, NodeId } from "../tree/data-tree.ts";
import type { PeerSettings } from "./settings.ts";
import type { WritePath } from "./write-path.ts";

/** Nodes looked at, and deletions asked for, in one turn: a few ms of work at the most. */
const LOOKED_AT_PER_TURN_MAX = 2000;
const DELETED_PER_TURN_MAX = 100;
const MINUTE_MS = 60_000;

/** The transactions are nobody's: session 0, request 0. */
const NOBODY = { session: toSessionId(0n), cxid: 0, ids: [] };

export class ContainerManager {
  private readonly tree: DataTree;
  private readonly writes: WritePath;
  private readonly settings: PeerSettings;
  /** Time between two deletions; 0 where so many are allowed that it is below 1 ms. */
  private readonly spacingMs: Millis;
  private walk: Iterator<NodeId> | undefined;
  private nextWalk: Millis;
  private nextDeletion: Millis;

  constructor(tree: DataTree, writes: WritePath, settings: PeerSettings, now: Millis) {
    this.tree = tree;
    this.writes = writes;
    this.settings = settings;
    this.spacingMs = Math.floor(MINUTE_MS / settings.containersPerMinute);
    this.nextWalk = now + settings.containerCheckIntervalMs;
    this.nextDeletion = now;
  }

  /**
   * Goes on as far as time and one turn allow. `wall`: ms since 1970. True when it would go on at
   * once; otherwise the next tick is early enough.
   */
  deleteSome(now: Millis, wall: Millis): boolean {
    const walk = this.walk ?? this.begin(now);
    if (walk === undefined) return false;
    // What could not be deleted in time, because the disk was slow, is not made up for at once.
    this.nextDeletion = Math.max(this.nextDeletion, now - this.settings.tickTimeMs);
    let deleted = 0;
    for (let looked = 0; looked < LOOKED_AT_PER_TURN_MAX; looked++) {
      if (deleted === DELETED_PER_TURN_MAX) return true;
      if (this.nextDeletion > now || this.isBusy) return false;
      const next = walk.next();
      if (next.done === true) {
        this.walk = undefined;
        return false;
      }
      if (!this.isOutlived(next.value, wall)) continue;
      const path = this.tree.pathOf(next.value);
      // Checked once more, against the changes under way: who writes to the node in time keeps it.
      this.writes.request(NOBODY, wall, deleteContainer, { request: { path } });
      this.nextDeletion += this.spacingMs;
      deleted++;
    }
    return true;
  }

  private get isBusy(): boolean {
    return this.writes.outstandingCount >= this.settings.globalOutstandingLimit;
  }

  private begin(now: Millis): Iterator<NodeId> | undefined {
    if (now < this.nextWalk) return undefined;
    this.nextWalk = now + this.settings.containerCheckIntervalMs;
    this.nextDeletion = Math.max(this.nextDeletion, now);
    this.walk = this.tree.outlivable();
    return this.walk;
  }

  private isOutlived(node: NodeId, wall: Millis): boolean {
    const childCount = this.tree.numChildrenOf(node);
    // Before anything is made of the others: most have children.
    if (childCount > 0) return false;
    const { ephemeralOwner: owner, cversion, mtime } = this.tree.persistedStatOf(node);
    return isOutlived({ owner, childCount, cversion, mtime }, wall, this.settings);
  }
}
