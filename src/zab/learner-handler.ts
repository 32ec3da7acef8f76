/**
 * What a leader knows of one learner, and when it has to give it up. From: specification 4.5, 4.6.
 */
import type { Millis, ServerId, Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import type { LinkId, Proposal, Timing } from "./io.ts";
import type { LearnerRole } from "./learner-phases.ts";

export type HandlerPhase =
  /** Nothing has come yet. */
  | "unknown"
  /** Its FOLLOWERINFO or OBSERVERINFO is here; LEADERINFO is not sent. */
  | "introduced"
  /** LEADERINFO is sent. */
  | "invited"
  /** Its ACKEPOCH is here; a quorum's are not. */
  | "promised"
  /** The log on disk is being sent. */
  | "catchingUp"
  /** NEWLEADER is sent: from here on it gets what is broadcast. */
  | "joined"
  /** NEWLEADER is acknowledged. */
  | "synchronised"
  /** UPTODATE is sent. */
  | "serving";

/** An end of waiting is told by the leader, not by the learner. */
const WAITING: readonly HandlerPhase[] = ["introduced", "promised", "catchingUp", "synchronised"];

type Sent = { readonly zxid: Zxid; readonly at: Millis };

export class LearnerHandler {
  readonly link: LinkId;
  phase: HandlerPhase = "unknown";
  /** Both as its first packet tells. */
  sid: ServerId | undefined;
  role: LearnerRole = "observer";
  /** The end of its history, as its ACKEPOCH tells. */
  lastZxid: Zxid | undefined;
  /** The rest of the log on disk, while it catches up. */
  disk: Iterator<Proposal | undefined> | undefined;
  /** The last transaction of the log on disk that is not behind the learner's. */
  before: Zxid | undefined;
  /** The last transaction of the log on disk that it was sent. */
  sentUpTo: Zxid | undefined;
  /** It is sent a snapshot. */
  snapped = false;
  private heardAt: Millis;
  private synchronisedAt: Millis = 0;
  /** Acknowledged by it before NEWLEADER was. */
  readonly earlyAcks = new Set<Zxid>();
  /** Proposals sent to it that it has not acknowledged. */
  private readonly unacked = new Queue<Sent>();

  constructor(link: LinkId, now: Millis) {
    this.link = link;
    this.heardAt = now;
  }

  /** It gets what is broadcast. */
  get forwarding(): boolean {
    return this.phase === "joined" || this.synchronised;
  }

  get synchronised(): boolean {
    return this.phase === "synchronised" || this.phase === "serving";
  }

  /** It waits for the leader, or for others: it has nothing to say. */
  private get waits(): boolean {
    return WAITING.includes(this.phase);
  }

  heard(now: Millis): void {
    this.heardAt = now;
  }

  /** Its time to be heard begins anew: until now it had nothing to say. */
  enter(phase: HandlerPhase, now: Millis): void {
    if (this.waits || phase === "synchronised") this.heardAt = now;
    if (phase === "synchronised") this.synchronisedAt = now;
    this.phase = phase;
  }

  sent(zxid: Zxid, now: Millis): void {
    this.unacked.push({ zxid, at: now });
  }

  acknowledged(zxid: Zxid): void {
    for (let oldest = this.unacked.peek(); oldest !== undefined && oldest.zxid <= zxid; ) {
      this.unacked.shift();
      oldest = this.unacked.peek();
    }
  }

  /** Why the link has to end, if it has. */
  overdue(now: Millis, { tickMs, initLimit, syncLimit }: Timing): string | undefined {
    if (this.waits) return undefined;
    const patience = tickMs * (this.synchronised ? syncLimit : initLimit);
    if (now - this.heardAt > patience) return `silent for ${patience} ms (${this.phase})`;
    const oldest = this.synchronised ? this.unacked.peek() : undefined;
    if (oldest === undefined) return undefined;
    // It cannot acknowledge a proposal before it has acknowledged NEWLEADER.
    const since = Math.max(oldest.at, this.synchronisedAt);
    return now - since > patience ? `a proposal is unacknowledged for ${patience} ms` : undefined;
  }

  /** Lets go of the disk. */
  close(): void {
    this.disk?.return?.();
    this.disk = undefined;
  }
}
