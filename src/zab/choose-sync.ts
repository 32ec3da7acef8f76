/**
 * How a learner is brought to the leader's history, from the last zxid that it tells and what the
 * leader has kept. From: specification 4.3; 4.11 (where TRUNC is safe).
 *
 * The reference also has "TRUNC to the last one before" for a zxid that lies between two kept ones
 * of its own epoch. The committed log has no holes here, so that there is nothing between them.
 */
import { counterOf, epochOf, type Zxid } from "../base/ids.ts";
import type { Proposal } from "./io.ts";

/** What the leader has of the past. */
export type Kept = {
  /** The last transaction that is in the leader's state. */
  readonly last: Zxid;
  /** The last committed ones, oldest first, without a hole; maybe empty, maybe beyond `last`. */
  readonly committed: readonly Proposal[];
};

export type SyncPlan =
  /** DIFF(`zxid`), then these as PROPOSAL and COMMIT. */
  | { readonly kind: "diff"; readonly zxid: Zxid; readonly proposals: readonly Proposal[] }
  /** TRUNC(`to`), nothing behind it. */
  | { readonly kind: "trunc"; readonly to: Zxid }
  | { readonly kind: "snap" }
  /** Older than what is in memory: the log on disk, if it reaches back so far, otherwise SNAP. */
  | { readonly kind: "disk" };

/** Whether the zxid stands for the beginning of an epoch: no transaction has it. */
const isEpochStart = (zxid: Zxid): boolean => counterOf(zxid) === 0;

/** The plan for a learner whose last zxid is `peer`. */
export function chooseSync(peer: Zxid, { last, committed }: Kept): SyncPlan {
  const min = committed[0]?.zxid ?? last;
  const max = committed.at(-1)?.zxid ?? last;
  if (peer === last) {
    const proposals = committed.filter(({ zxid }) => zxid > last);
    return { kind: "diff", zxid: proposals.at(-1)?.zxid ?? peer, proposals };
  }
  if (peer > max && !isEpochStart(peer)) {
    return canTruncate(peer, max) ? { kind: "trunc", to: max } : { kind: "snap" };
  }
  if (peer < min) return { kind: "disk" };
  if (peer > max) return { kind: "snap" };
  return walk(peer, max, committed);
}

/** Where `min <= peer <= max`. */
function walk(peer: Zxid, max: Zxid, committed: readonly Proposal[]): SyncPlan {
  const next = committed.findIndex(({ zxid }) => zxid > peer);
  const proposals = next < 0 ? [] : committed.slice(next);
  const before = committed.at(next < 0 ? -1 : next - 1)?.zxid;
  return isKnown(peer, before) ? { kind: "diff", zxid: max, proposals } : { kind: "snap" };
}

/**
 * Whether the learner's last zxid is one of the leader's history, so that what follows may be sent
 * to it. `before`: the last one that the leader has not after it.
 */
export const isKnown = (peer: Zxid, before: Zxid | undefined): boolean =>
  before === peer || isEpochStart(peer);

/**
 * The learner has `to` in its log: one leader made both, one after the other. A beginning of an
 * epoch is in no log.
 */
const canTruncate = (peer: Zxid, to: Zxid): boolean =>
  epochOf(peer) === epochOf(to) && !isEpochStart(to);
