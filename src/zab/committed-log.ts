/**
 * The last committed transactions in memory, to bring learners up to date with. Without a hole: the
 * reference once spread one by DIFF (4925, 4352, 3526).
 *
 * Promises: consecutive zxids within an epoch, counter 1 after a change of epoch; both ends are
 * those of the list itself.
 * From: specification 4.3.
 */
import { counterOf, epochOf, type Zxid } from "../base/ids.ts";
import type { Proposal } from "./io.ts";

/** Kept at least, where there are so many (the reference's `commitLogCount`). */
const COUNT_MIN = 500;
/** Dropped in one go, so that dropping costs little for each. */
const COUNT_MAX = 2 * COUNT_MIN;

export class CommittedLog {
  private kept: Proposal[] = [];

  /** The oldest kept; undefined when empty. */
  get min(): Zxid | undefined {
    return this.kept[0]?.zxid;
  }

  /** The newest kept; undefined when empty. */
  get max(): Zxid | undefined {
    return this.kept.at(-1)?.zxid;
  }

  /**
   * Adds a committed transaction. What does not follow the newest one makes a new beginning: what
   * was kept is forgotten. One that repeats the newest zxid (an error transaction, 4575) is left
   * out.
   */
  add(proposal: Proposal): void {
    const { max } = this;
    if (max === proposal.zxid) return;
    if (max !== undefined && !follows(max, proposal.zxid)) this.kept = [];
    this.kept.push(proposal);
    if (this.kept.length >= COUNT_MAX) this.kept = this.kept.slice(-COUNT_MIN);
  }

  clear(): void {
    this.kept = [];
  }

  /** Those kept, oldest first. */
  get all(): readonly Proposal[] {
    return this.kept.slice();
  }

  /** Those kept, oldest first, from the first one greater than `zxid` on. */
  after(zxid: Zxid): readonly Proposal[] {
    let low = 0;
    let high = this.kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.kept[middle]!.zxid > zxid) high = middle;
      else low = middle + 1;
    }
    return this.kept.slice(low);
  }
}

/** Whether nothing can stand between the two. */
export const follows = (earlier: Zxid, later: Zxid): boolean =>
  // Within an epoch, as nearly always, without taking the two apart.
  (later - earlier === 1n && counterOf(later) > 0) ||
  (epochOf(later) > epochOf(earlier) && counterOf(later) === 1);
