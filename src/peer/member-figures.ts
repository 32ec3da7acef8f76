/**
 * What a member measures of its part in the ensemble: how long writes take from stage to stage, and
 * how learners are brought up to date.
 *
 * Times of writes are those since the leader stamped them, by the wall clocks of two servers: where
 * one of them is behind, nothing is recorded. From: reference `Request.logLatency`.
 */
import type { Millis, Zxid } from "../base/ids.ts";
import type { Percentiles } from "../base/metrics.ts";
import { Queue } from "../base/queue.ts";
import { PacketType, type QuorumPacket } from "../records/quorum.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { MemberInstruments } from "./instruments.ts";
import type { LinkId } from "./links.ts";

/** Wall clocks are read to whole ms: the same moment may have two numbers. */
const ROUNDING_MS = 1;

/** Records the age of a write, if the clocks agree that it has one. */
export function recordAge(into: Percentiles, stamped: Millis, wallTime: Millis): void {
  if (wallTime >= stamped - ROUNDING_MS) into.record(Math.max(0, wallTime - stamped));
}

type Write = { readonly zxid: Zxid; readonly stamped: Millis };

/** Writes on their way to a stage that reports how far it has come. */
export class WriteAges {
  private readonly waiting = new Queue<Write>();
  private readonly into: Percentiles;

  constructor(into: Percentiles) {
    this.into = into;
  }

  /** Writes come in their order. */
  add(zxid: Zxid, stamped: Millis): void {
    this.waiting.push({ zxid, stamped });
  }

  reached(upTo: Zxid, wallTime: Millis): void {
    const { waiting } = this;
    for (let next = waiting.peek(); next !== undefined; next = waiting.peek()) {
      if (next.zxid > upTo) return;
      recordAge(this.into, next.stamped, wallTime);
      waiting.shift();
    }
  }
}

type Way = "diff" | "snap";

const WAY_OF: ReadonlyMap<number, Way> = new Map([
  [PacketType.diff, "diff"],
  [PacketType.trunc, "diff"],
  [PacketType.snap, "snap"],
]);

const COMMITS: ReadonlySet<number> = new Set([
  PacketType.commit,
  PacketType.commitAndActivate,
  PacketType.inform,
  PacketType.informAndActivate,
]);

/** Learners that a leader brings up to date, from what it sends them. */
export class SyncFigures {
  private readonly instruments: MemberInstruments;
  private readonly underWay = new Map<LinkId, Way>();

  constructor(instruments: MemberInstruments) {
    this.instruments = instruments;
  }

  sent(links: readonly LinkId[], { type }: QuorumPacket): void {
    const way = WAY_OF.get(type);
    if (way !== undefined) for (const link of links) this.begun(link, way);
    if (type === PacketType.upToDate) for (const link of links) this.ended(link);
  }

  /** The learner is up to date, or gone. */
  ended(link: LinkId): void {
    const way = this.underWay.get(link);
    if (way === undefined) return;
    this.underWay.delete(link);
    this.recordInFlight(way);
  }

  private begun(link: LinkId, way: Way): void {
    if (this.underWay.has(link)) return;
    this.underWay.set(link, way);
    const { syncsByDiff, syncsBySnapshot } = this.instruments;
    (way === "diff" ? syncsByDiff : syncsBySnapshot).add();
    this.recordInFlight(way);
  }

  /** As in the reference at each beginning and each end. */
  private recordInFlight(way: Way): void {
    const { diffsInFlight, snapshotsInFlight } = this.instruments;
    let count = 0;
    for (const each of this.underWay.values()) if (each === way) count++;
    (way === "diff" ? diffsInFlight : snapshotsInFlight).record(count);
  }
}

/** A learner's figures, from what its leader sends and what it does with it. */
export class LearnerFigures {
  private readonly instruments: MemberInstruments;
  private readonly votes: boolean;
  private readonly unlogged: WriteAges;
  private readonly uncommitted: WriteAges;
  private syncBegan: Millis | undefined;
  /** What comes is the broadcast. */
  private isSynchronised = false;

  constructor(instruments: MemberInstruments, role: "follower" | "observer") {
    this.instruments = instruments;
    this.votes = role === "follower";
    this.unlogged = new WriteAges(instruments.ackCreationLatency);
    this.uncommitted = new WriteAges(instruments.commitPropagationLatency);
  }

  received({ type }: QuorumPacket, now: Millis): void {
    if (type === PacketType.leaderInfo) this.syncBegan = now;
    if (!this.isSynchronised) return;
    if (type === PacketType.proposal) this.instruments.proposalsReceived.add();
    if (COMMITS.has(type)) this.instruments.commitsReceived.add();
  }

  synchronised(now: Millis): void {
    this.isSynchronised = true;
    const { followerSyncTime, observerSyncTime } = this.instruments;
    if (this.syncBegan !== undefined) {
      (this.votes ? followerSyncTime : observerSyncTime).record(now - this.syncBegan);
    }
    this.syncBegan = undefined;
  }

  /** A transaction of the broadcast has come; the others were written before anybody was told. */
  proposed({ header: { zxid, time } }: TxnEntry, wallTime: Millis): void {
    if (!this.isSynchronised) return;
    this.uncommitted.add(zxid, time);
    if (!this.votes) return;
    recordAge(this.instruments.proposalLatency, time, wallTime);
    this.unlogged.add(zxid, time);
  }

  durable(upTo: Zxid, wallTime: Millis): void {
    this.unlogged.reached(upTo, wallTime);
  }

  committed(upTo: Zxid, wallTime: Millis): void {
    this.uncommitted.reached(upTo, wallTime);
  }

  applied({ header }: TxnEntry, wallTime: Millis): void {
    if (!this.isSynchronised) return;
    recordAge(this.instruments.propagationLatency, header.time, wallTime);
  }
}
