/**
 * What an established leader proposes, and what of it is committed; who is told.
 *
 * Promises: COMMIT and INFORM in the order of PROPOSALs, none skipped; a learner that joins gets
 * every proposal that is not committed yet, and everything after it.
 * From: specification 4.3 (end), 4.6, 4.7.
 */
import { assert } from "../base/assert.ts";
import { counterOf, type Millis, type ServerId, type SessionId, type Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import type { Quorums } from "../quorum/quorums.ts";
import type { QuorumPacket } from "../records/quorum.ts";
import { Acks } from "./acks.ts";
import type { Kept } from "./choose-sync.ts";
import { follows } from "./committed-log.ts";
import type { History } from "./history.ts";
import type { Asker, LeaderEffect, LinkId, Proposal } from "./io.ts";
import type { LearnerHandler } from "./learner-handler.ts";
import type { LearnerHandlers } from "./learner-handlers.ts";
import type { LearnerRole } from "./learner-phases.ts";
import { packets } from "./packets.ts";
import { Syncs } from "./syncs.ts";

export type BroadcastParts = {
  readonly self: ServerId;
  readonly quorums: Quorums;
  readonly history: History;
};

export class Broadcast {
  private readonly parts: BroadcastParts;
  private readonly handlers: LearnerHandlers;
  private last: Zxid;
  private readonly acks = new Acks();
  /** Committed; the history does not have them yet. */
  private readonly unapplied = new Queue<Proposal>();
  private readonly syncs: Syncs;

  /** `lastZxid`: what the leader's own history ends with. */
  constructor(parts: BroadcastParts, handlers: LearnerHandlers, lastZxid: Zxid) {
    this.parts = parts;
    this.handlers = handlers;
    this.last = lastZxid;
    this.syncs = new Syncs(parts, handlers, lastZxid);
  }

  get lastProposed(): Zxid {
    return this.last;
  }

  /** The epoch that begins with `zxid` is established. */
  establish(zxid: Zxid): void {
    this.last = zxid;
    this.syncs.committedUpTo(zxid, []);
  }

  /** What learners can be brought up to date with: all that is committed. */
  kept(): Kept {
    const { committed, lastApplied } = this.parts.history;
    const known = this.prune();
    const next = this.unapplied.peek()?.zxid;
    assert(next === undefined || follows(known, next), "the history has all that was committed");
    const older = known === committed.max ? committed.all : [];
    return { last: lastApplied, committed: [...older, ...this.unapplied.toArray()] };
  }

  /** Lets go of what the history has by now; returns the last one that it has. */
  private prune(): Zxid {
    const { committed, lastApplied } = this.parts.history;
    const max = committed.max ?? lastApplied;
    // A committed log that does not reach up to the state would spread a hole (4352, 4925).
    const known = max < lastApplied && counterOf(lastApplied) > 0 ? lastApplied : max;
    while ((this.unapplied.peek()?.zxid ?? known + 1n) <= known) this.unapplied.shift();
    return known;
  }

  propose(proposal: Proposal, now: Millis, out: LeaderEffect[]): void {
    assert(follows(this.last, proposal.zxid), "zxids are consecutive");
    this.last = proposal.zxid;
    this.acks.propose(proposal, this.parts.quorums);
    const followers: LinkId[] = [];
    for (const handler of this.handlers) {
      if (!isToldAs("follower", handler)) continue;
      handler.sent(proposal.zxid, now);
      followers.push(handler.link);
    }
    tell(followers, packets.proposal(proposal), out);
  }

  /** Everything up to here is in the leader's own log. */
  durable(upTo: Zxid, out: LeaderEffect[]): void {
    this.acks.acknowledgeUpTo(this.parts.self, upTo);
    this.commit(out);
  }

  acknowledge(server: ServerId, zxid: Zxid, out: LeaderEffect[]): void {
    this.acks.acknowledge(server, zxid);
    this.commit(out);
  }

  /** The server's history is going to be made equal to the leader's. */
  forget(server: ServerId): void {
    this.acks.forget(server);
  }

  /** Sends what is not committed: with what is, the learner has everything then. */
  sendOutstanding(handler: LearnerHandler, now: Millis, out: LeaderEffect[]): void {
    if (handler.role === "observer") return;
    for (const proposal of this.acks.proposals()) {
      handler.sent(proposal.zxid, now);
      out.push({ kind: "send", to: [handler.link], packet: packets.proposal(proposal) });
    }
  }

  /** Syncs not answered yet. */
  get pendingSyncs(): number {
    return this.syncs.pending;
  }

  /** A sync has come: see syncs.ts. */
  sync(asker: Asker, out: LeaderEffect[]): void {
    this.syncs.sync(asker, this.last, out);
  }

  /** A session is not known: see syncs.ts. */
  denySession(asker: Asker, session: SessionId, out: LeaderEffect[]): void {
    this.syncs.denySession(asker, session, this.last, out);
  }

  /** A follower has sent a PING back. */
  ponged(server: ServerId, zxid: Zxid, out: LeaderEffect[]): void {
    this.syncs.answered(server, zxid, out);
  }

  private commit(out: LeaderEffect[]): void {
    const committed = this.acks.takeCommitted();
    const upTo = committed.at(-1)?.zxid;
    if (upTo === undefined) return;
    const followers = this.forwardedTo("follower");
    const observers = this.forwardedTo("observer");
    for (const proposal of committed) {
      this.unapplied.push(proposal);
      tell(followers, packets.commit(proposal.zxid), out);
      if (observers.length > 0) tell(observers, packets.inform(proposal), out);
    }
    out.push({ kind: "commit", upTo });
    // Behind it: the leader's own clients see at least as much as those of others.
    this.syncs.committedUpTo(upTo, out);
    this.prune();
  }

  private forwardedTo(role: LearnerRole): readonly LinkId[] {
    const links: LinkId[] = [];
    for (const handler of this.handlers) {
      if (isToldAs(role, handler)) links.push(handler.link);
    }
    return links;
  }
}

const isToldAs = (role: LearnerRole, handler: LearnerHandler): boolean =>
  handler.forwarding && handler.role === role;

function tell(to: readonly LinkId[], packet: QuorumPacket, out: LeaderEffect[]): void {
  if (to.length > 0) out.push({ kind: "send", to, packet });
}
