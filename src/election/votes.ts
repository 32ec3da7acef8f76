/**
 * Votes against each other: which is better, and which are the same.
 * From: specification 3.5; reference `FastLeaderElection.totalOrderPredicate`, `Vote.equals`.
 */
import { describeId, type ServerId, type Zxid } from "../base/ids.ts";
import type { Quorums } from "../quorum/quorums.ts";
import type { Notification, ServerState, Vote } from "../records/election.ts";

const LONG_MIN = -(2n ** 63n);
/** Whom a server proposes that has no vote itself: smaller than every server. */
export const NO_SERVER = LONG_MIN as ServerId;
/** What an observer has seen, as far as the election goes: less than everybody. */
export const NO_ZXID = LONG_MIN as Zxid;
export const NO_EPOCH = LONG_MIN;
/** The zxid of a server that must not take part: its database is not there. */
export const ZXID_UNFIT = -1n as Zxid;

/** A vote as somebody gave it. */
export type GivenVote = Vote & {
  readonly round: bigint;
  /** Of who gave it. */
  readonly state: ServerState;
  /** Of the notification that told it; 0 also where it is left out of the comparison. */
  readonly version: number;
};

export const givenBy = (n: Notification): GivenVote => ({
  leader: n.leader,
  zxid: n.zxid,
  peerEpoch: n.peerEpoch,
  round: n.electionEpoch,
  state: n.state,
  version: n.version,
});

/**
 * Whether `vote` should be preferred to `current`: the later epoch, then the longer history, then
 * the larger id. Who has no weight is preferred to nobody.
 */
export function isBetter(vote: Vote, current: Vote, quorums: Quorums): boolean {
  if (quorums.weightOf(vote.leader) === 0) return false;
  // docs/divergences.md, `election-weightless`.
  if (quorums.weightOf(current.leader) === 0) return true;
  if (vote.peerEpoch !== current.peerEpoch) return vote.peerEpoch > current.peerEpoch;
  if (vote.zxid !== current.zxid) return vote.zxid > current.zxid;
  return vote.leader > current.leader;
}

/**
 * Whether two votes are for the same thing. While one of them was given in an election all must be
 * equal; of a leader that is established, zxid and round are not known to all (1732, 1805), and old
 * versions do not know its epoch.
 */
export function isSame(a: GivenVote, b: GivenVote): boolean {
  if (a.leader !== b.leader) return false;
  if (a.state === "looking" || b.state === "looking") {
    return a.zxid === b.zxid && a.round === b.round && a.peerEpoch === b.peerEpoch;
  }
  return a.version > 0 !== b.version > 0 || a.peerEpoch === b.peerEpoch;
}

/** For logs, traces and tests. */
export const describeNotification = (n: Notification): string =>
  `${n.state} ${n.leader} ${describeId(n.zxid)} epoch ${n.peerEpoch} round ${n.electionEpoch}`;
