/**
 * Brings one learner after the other to the leader's history, and lets it join the broadcast.
 *
 * Promises: nothing is committed or proposed between the last packet of the history and joining;
 * NEWLEADER goes behind both. The log on disk is read in slices.
 * From: specification 4.3; chapter 7: 3104, 4352, 4925.
 */
import { assert, unreachable } from "../base/assert.ts";
import type { Millis, ServerId, Zxid } from "../base/ids.ts";
import type { QuorumPacket } from "../records/quorum.ts";
import type { Broadcast } from "./broadcast.ts";
import { chooseSync, isKnown, type Kept, type SyncPlan } from "./choose-sync.ts";
import type { History } from "./history.ts";
import type { LeaderEffect, Proposal } from "./io.ts";
import type { LearnerHandler } from "./learner-handler.ts";
import type { LearnerHandlers } from "./learner-handlers.ts";
import { packets } from "./packets.ts";

/**
 * Observers that are sent a snapshot at one time, at most. The reference's default for
 * `leader.maxConcurrentSnapSyncs`; as there, followers are never kept waiting.
 */
const SNAP_SYNCS_MAX = 10;
/** The same without snapshot: `leader.maxConcurrentDiffSyncs`. */
const DIFF_SYNCS_MAX = 100;

export class Synchroniser {
  private readonly history: History;
  private readonly broadcast: Broadcast;
  private readonly handlers: LearnerHandlers;
  private readonly newLeader: QuorumPacket;
  /** To these the log on disk broke off: it is not tried again. */
  private readonly withoutDisk = new Set<ServerId>();

  constructor(
    history: History,
    broadcast: Broadcast,
    handlers: LearnerHandlers,
    newLeader: QuorumPacket,
  ) {
    this.history = history;
    this.broadcast = broadcast;
    this.handlers = handlers;
    this.newLeader = newLeader;
  }

  /** The learner has promised to follow; `handler.lastZxid` is where its history ends. */
  begin(handler: LearnerHandler, now: Millis, out: LeaderEffect[]): void {
    const { sid, lastZxid } = handler;
    assert(sid !== undefined, "a learner has told who it is");
    assert(lastZxid !== undefined, "a learner has told where its history ends");
    this.broadcast.forget(sid);
    const kept = this.broadcast.kept();
    const plan = this.withDisk(handler, lastZxid, chooseSync(lastZxid, kept));
    handler.snapped = plan.kind === "snap";
    if (this.isCrowded(handler)) {
      return this.handlers.drop(handler, "too many observers are being synchronised", out);
    }
    switch (plan.kind) {
      case "diff":
        send(handler, packets.diff(plan.zxid), out);
        sendCommitted(handler, plan.proposals, out);
        return this.join(handler, now, out);
      case "trunc":
        send(handler, packets.trunc(plan.to), out);
        return this.join(handler, now, out);
      case "snap":
        return this.snap(handler, kept, now, out);
      case "disk":
        handler.enter("catchingUp", now);
        return this.catchUp(handler, now, out);
      default:
        return unreachable(plan);
    }
  }

  /** The next slice for all that get the log from disk. */
  continue(now: Millis, out: LeaderEffect[]): void {
    for (const handler of this.handlers) {
      if (handler.phase === "catchingUp") this.catchUp(handler, now, out);
    }
  }

  /** Opens the log on disk where the plan wants it; a snapshot where it cannot be had. */
  private withDisk(handler: LearnerHandler, from: Zxid, plan: SyncPlan): SyncPlan {
    if (plan.kind !== "disk") return plan;
    if (!this.withoutDisk.has(handler.sid!)) handler.disk = this.history.fromDisk(from);
    return handler.disk === undefined ? { kind: "snap" } : plan;
  }

  private isCrowded({ role, snapped }: LearnerHandler): boolean {
    if (role === "follower") return false;
    const alike = this.handlers.where(
      (other) =>
        other.role === "observer" &&
        other.snapped === snapped &&
        (other.phase === "catchingUp" || other.phase === "joined"),
    );
    return alike.length >= (snapped ? SNAP_SYNCS_MAX : DIFF_SYNCS_MAX);
  }

  private snap(handler: LearnerHandler, kept: Kept, now: Millis, out: LeaderEffect[]): void {
    handler.close();
    handler.snapped = true;
    send(handler, packets.snap(kept.last), out);
    out.push({ kind: "sendSnapshot", link: handler.link });
    sendCommitted(handler, committedAfter(kept, kept.last), out);
    this.join(handler, now, out);
  }

  /** One slice of the log. The committed log moves on meanwhile: its end is looked at each time. */
  private catchUp(handler: LearnerHandler, now: Millis, out: LeaderEffect[]): void {
    const { disk } = handler;
    const kept = this.broadcast.kept();
    assert(disk !== undefined, "the log is open");
    for (;;) {
      if (
        handler.sentUpTo !== undefined &&
        handler.sentUpTo >= (kept.committed[0]?.zxid ?? kept.last)
      ) {
        handler.close();
        sendCommitted(handler, committedAfter(kept, handler.sentUpTo), out);
        return this.join(handler, now, out);
      }
      const { value, done } = disk.next();
      if (done === true) return this.breakOff(handler, kept, now, out);
      if (value === undefined) return void out.push({ kind: "again" });
      if (!this.take(handler, value, kept, out)) return this.breakOff(handler, kept, now, out);
    }
  }

  /** Sends one transaction of the log on disk; false: the log is no base for this learner. */
  private take(handler: LearnerHandler, next: Proposal, kept: Kept, out: LeaderEffect[]): boolean {
    const peer = handler.lastZxid!;
    if (next.zxid <= peer) {
      handler.before = next.zxid;
      return true;
    }
    const max = kept.committed.at(-1)?.zxid ?? kept.last;
    if (next.zxid > max) return false;
    if (handler.sentUpTo === undefined) {
      if (!isKnown(peer, handler.before)) return false;
      send(handler, packets.diff(max), out);
    }
    handler.sentUpTo = next.zxid;
    sendCommitted(handler, [next], out);
    return true;
  }

  /** The log on disk ends too early, or tells another history than the learner's. */
  private breakOff(handler: LearnerHandler, kept: Kept, now: Millis, out: LeaderEffect[]): void {
    if (handler.sentUpTo === undefined) return this.snap(handler, kept, now, out);
    this.withoutDisk.add(handler.sid!);
    this.handlers.drop(handler, "the log on disk breaks off: it needs a snapshot", out);
  }

  private join(handler: LearnerHandler, now: Millis, out: LeaderEffect[]): void {
    this.broadcast.sendOutstanding(handler, now, out);
    send(handler, this.newLeader, out);
    handler.enter("joined", now);
  }
}

const committedAfter = ({ committed }: Kept, zxid: Zxid): readonly Proposal[] =>
  committed.filter((proposal) => proposal.zxid > zxid);

function send({ link }: LearnerHandler, packet: QuorumPacket, out: LeaderEffect[]): void {
  out.push({ kind: "send", to: [link], packet });
}

/** Observers too get two packets each here; INFORM begins with the broadcast. */
function sendCommitted(
  handler: LearnerHandler,
  proposals: readonly Proposal[],
  out: LeaderEffect[],
): void {
  for (const proposal of proposals) {
    send(handler, packets.proposal(proposal), out);
    send(handler, packets.commit(proposal.zxid), out);
  }
}
