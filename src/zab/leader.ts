/**
 * The leader's side of Zab: one epoch, from its discovery to its end.
 *
 *   discovering -> acceptingEpoch -> promising -> enteringEpoch -> synchronising -> established
 *   from anywhere: over ("stepDown")
 *
 * Promises: the epoch is on disk before anyone is told of it, and a quorum has promised to follow
 * in it before history is sent; "established" and UPTODATE wait for a quorum that has acknowledged
 * NEWLEADER; a transaction is committed when a quorum has it on disk, in the order of zxids. An
 * ensemble of one needs no link.
 * Leaves to others: the own log, the state, clients, what is proposed (io.ts).
 * Size: the course of an epoch is told in one place; what computes is in files of its own.
 * From: specification 4.1-4.3, 4.6-4.8, 4.11; chapter 7: 1277, 3104, 4685, 4882, 4925.
 */
import { assert, unreachable } from "../base/assert.ts";
import { ProtocolError } from "../base/errors.ts";
import { counterOf, epochOf, type Millis, type ServerId, type Zxid } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { Quorums } from "../quorum/quorums.ts";
import { PacketType, type QuorumPacket } from "../records/quorum.ts";
import { Broadcast } from "./broadcast.ts";
import { describeType } from "./describe.ts";
import { Discovery } from "./discovery.ts";
import type { History } from "./history.ts";
import type { Epochs, LeaderEffect, LeaderInput, LinkId, Proposal, Timing } from "./io.ts";
import { type HandlerPhase, LearnerHandler } from "./learner-handler.ts";
import { LearnerHandlers } from "./learner-handlers.ts";
import type { LearnerRole } from "./learner-phases.ts";
import {
  epochZxid,
  packets,
  readEpoch,
  readLearnerInfo,
  readRequest,
  readSession,
  readTouched,
} from "./packets.ts";
import { Synchroniser } from "./synchroniser.ts";

/**
 * The last counter that is proposed: an epoch's counter must never come to its end (1277, 4882).
 */
const COUNTER_MAX = 0xffff_fff0;

/** No epoch after it: zxids are signed. */
const EPOCH_MAX = 0x7fff_ffff;

/** A member that claims to be further ahead than this is not believed. */
const EPOCHS_AHEAD_MAX = 1 << 20;

export type LeaderParts = {
  readonly self: ServerId;
  readonly quorums: Quorums;
  readonly timing: Timing;
  readonly epochs: Epochs;
  /** The last transaction of the own log: all of it is durable, and applied. */
  readonly lastZxid: Zxid;
  readonly history: History;
  /** What NEWLEADER brings to learners. */
  readonly configText: string;
  readonly configVersion: bigint;
  /** The epoch ends after this counter; unless given, shortly before the format does. */
  readonly lastCounter?: number | undefined;
  readonly now: Millis;
};

export type LearnerAtLeader = {
  readonly role: LearnerRole;
  readonly isVoter: boolean;
  readonly isSynced: boolean;
};

type Phase =
  /** Followers tell which epochs they have accepted. */
  | "discovering"
  | "acceptingEpoch"
  /** They promise to accept none smaller than the new one. */
  | "promising"
  | "enteringEpoch"
  /** They get the history. */
  | "synchronising"
  | "established"
  | "over";

export class Leader implements Machine<LeaderInput, LeaderEffect> {
  private readonly parts: LeaderParts;
  private readonly handlers = new LearnerHandlers();
  private readonly discovery: Discovery;
  private readonly broadcast: Broadcast;
  private synchroniser: Synchroniser | undefined;
  private phase: Phase = "discovering";
  /** Undefined while it is being discovered. */
  private epoch: number | undefined;
  /** A voter with a later history, which would win an election. */
  private better: ServerId | undefined;
  /** When the phase began. */
  private since: Millis;
  /** When to look around again: pings and time limits go by half ticks. */
  private nextHalfTick: Millis;
  private fullTick = false;

  constructor(parts: LeaderParts) {
    const { self, quorums, epochs, lastZxid, now } = parts;
    this.parts = parts;
    this.discovery = new Discovery(self, quorums, epochs, lastZxid);
    this.broadcast = new Broadcast(parts, this.handlers, lastZxid);
    this.since = now;
    this.nextHalfTick = now;
  }

  /** When a tick is due at the latest; undefined when leading is over. */
  get wakeAt(): Millis | undefined {
    return this.isOver ? undefined : this.nextHalfTick;
  }

  get established(): boolean {
    return this.phase === "established";
  }

  /** The last zxid proposed; before that, the beginning of the epoch. */
  get lastProposed(): Zxid {
    return this.broadcast.lastProposed;
  }

  /** The servers that follow and serve, for status pages. Oldest link first. */
  get synced(): readonly ServerId[] {
    return this.handlers.where(({ phase }) => phase === "serving").map(({ sid }) => sid!);
  }

  get pendingSyncs(): number {
    return this.broadcast.pendingSyncs;
  }

  /** The learners that have said who they are, for status pages. Oldest link first. */
  get learners(): readonly LearnerAtLeader[] {
    const known = this.handlers.where(({ sid }) => sid !== undefined);
    return known.map(({ sid, role, phase }) => ({
      role,
      isVoter: this.parts.quorums.isVoter(sid!),
      isSynced: phase === "serving",
    }));
  }

  step(input: LeaderInput, out: LeaderEffect[]): void {
    if (this.isOver) return;
    this.take(input, out);
    if (!this.isOver) this.advance(input.now, out);
  }

  private take(input: LeaderInput, out: LeaderEffect[]): void {
    switch (input.kind) {
      case "accepted":
        return this.handlers.add(new LearnerHandler(input.link, input.now));
      case "packet":
        return this.onPacket(input.link, input.packet, input.now, out);
      case "closed":
        return this.onClosed(input.link);
      case "progress":
        return this.handlers.get(input.link)?.heard(input.now);
      case "epochSaved":
        return this.onEpochSaved(input.now, out);
      case "propose":
        return this.propose(input.proposal, input.now, out);
      case "durable":
        return this.broadcast.durable(input.upTo, out);
      case "sync":
        return this.broadcast.sync(input.asker, out);
      case "revalidated":
        return this.tellValidity(input, out);
      case "resign":
        return this.stepDown(input.why, out);
      case "tick":
        return this.onTick(input.now, out);
      case "continue":
        return this.synchroniser?.continue(input.now, out);
      default:
        return unreachable(input);
    }
  }

  /** That a session lives is told at once; that it does not, only by who is sure to lead. */
  private tellValidity(
    { asker, session, valid }: Extract<LeaderInput, { kind: "revalidated" }>,
    out: LeaderEffect[],
  ): void {
    if (!valid) return this.broadcast.denySession(asker, session, out);
    assert(asker !== "self", "own clients are not told through the protocol that they are welcome");
    if (this.handlers.get(asker) === undefined) return;
    send([asker], packets.revalidated(session, true), out);
  }

  private get isOver(): boolean {
    return this.phase === "over";
  }

  /** The number of the epoch, once it is on disk that this server accepts it. */
  private get invitation(): number | undefined {
    return this.phase === "discovering" || this.phase === "acceptingEpoch" ? undefined : this.epoch;
  }

  private followers(where: (handler: LearnerHandler) => boolean): readonly ServerId[] {
    const found = this.handlers.where(
      (handler) => handler.role === "follower" && handler.sid !== undefined && where(handler),
    );
    return found.map(({ sid }) => sid!);
  }

  private isQuorumWithSelf(followers: readonly ServerId[]): boolean {
    return this.parts.quorums.isQuorum(new Set([this.parts.self, ...followers]));
  }

  /** Goes on where a quorum allows it. */
  private advance(now: Millis, out: LeaderEffect[]): void {
    if (this.phase === "discovering") {
      this.epoch = this.discovery.epochFor(this.followers(() => true));
      if (this.epoch === undefined) return;
      if (this.epoch > EPOCH_MAX) return this.stepDown("there is no epoch after the last one", out);
      this.enter("acceptingEpoch", now);
      out.push({ kind: "saveEpoch", file: "accepted", epoch: this.epoch });
    } else if (this.phase === "promising") {
      this.gatherPromises(now, out);
    } else if (this.phase === "synchronising") {
      if (this.isQuorumWithSelf(this.followers((of) => of.synchronised))) this.establish(now, out);
    }
  }

  /** Who is outdone, and has no quorum in sight, makes room at once. */
  private gatherPromises(now: Millis, out: LeaderEffect[]): void {
    const { discovery, better } = this;
    if (discovery.isPromised) {
      this.enter("enteringEpoch", now);
      return void out.push({ kind: "saveEpoch", file: "current", epoch: this.epoch! });
    }
    const open = this.followers(({ phase }) => phase === "introduced" || phase === "invited");
    if (better === undefined || discovery.canBePromisedBy(open)) return;
    this.stepDown(`server ${better} has a later history`, out);
  }

  private onEpochSaved(now: Millis, out: LeaderEffect[]): void {
    if (this.phase === "acceptingEpoch") {
      this.enter("promising", now);
      for (const handler of this.in("introduced")) this.invite(handler, now, out);
      return;
    }
    assert(this.phase === "enteringEpoch", "no other epoch is saved");
    this.enter("synchronising", now);
    const { configText, history } = this.parts;
    const newLeader = packets.newLeader(this.epoch!, configText);
    this.synchroniser = new Synchroniser(history, this.broadcast, this.handlers, newLeader);
    for (const handler of this.in("promised")) this.synchroniser.begin(handler, now, out);
  }

  private establish(now: Millis, out: LeaderEffect[]): void {
    this.enter("established", now);
    this.broadcast.establish(epochZxid(this.epoch!));
    out.push({ kind: "established", epoch: this.epoch! });
    for (const handler of this.in("synchronised")) this.upToDate(handler, now, out);
  }

  private enter(phase: Phase, now: Millis): void {
    this.phase = phase;
    this.since = now;
  }

  private in(phase: HandlerPhase): readonly LearnerHandler[] {
    return this.handlers.where((handler) => handler.phase === phase);
  }

  private invite(handler: LearnerHandler, now: Millis, out: LeaderEffect[]): void {
    send([handler.link], packets.leaderInfo(this.epoch!), out);
    handler.enter("invited", now);
  }

  private upToDate(handler: LearnerHandler, now: Millis, out: LeaderEffect[]): void {
    send([handler.link], packets.upToDate(), out);
    handler.enter("serving", now);
  }

  private onClosed(link: LinkId): void {
    const handler = this.handlers.get(link);
    if (handler !== undefined) this.handlers.remove(handler);
  }

  private onPacket(link: LinkId, packet: QuorumPacket, now: Millis, out: LeaderEffect[]): void {
    const handler = this.handlers.get(link);
    if (handler === undefined) return; // closed here; it does not know yet
    handler.heard(now);
    try {
      this.onPacketOf(handler, packet, now, out);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.handlers.drop(handler, `wrong packet: ${error.message}`, out);
    }
  }

  private onPacketOf(
    handler: LearnerHandler,
    packet: QuorumPacket,
    now: Millis,
    out: LeaderEffect[],
  ): void {
    const { link, phase } = handler;
    const { type } = packet;
    if (phase === "unknown") {
      if (type === PacketType.followerInfo || type === PacketType.observerInfo) {
        return this.onInfo(handler, packet, now, out);
      }
    } else if (phase === "invited") {
      if (type === PacketType.ackEpoch) return this.onAckEpoch(handler, packet, now, out);
    } else if (handler.forwarding) {
      if (type === PacketType.ack) return this.onAck(handler, packet.zxid, now, out);
      if (type === PacketType.ping) {
        const sessions = readTouched(packet);
        if (sessions.length > 0) out.push({ kind: "touched", from: handler.sid!, sessions });
        if (handler.role === "follower") this.broadcast.ponged(handler.sid!, packet.zxid, out);
        return;
      }
    }
    if (phase === "serving") {
      if (type === PacketType.request) {
        const request = readRequest(packet);
        return void out.push({ kind: "forwarded", link, from: handler.sid!, request });
      }
      if (type === PacketType.revalidate) {
        const asked = readSession(packet);
        return void out.push({ kind: "revalidate", link, from: handler.sid!, ...asked });
      }
    }
    this.handlers.drop(handler, `${describeType(type)} is not allowed while ${phase}`, out);
  }

  private onInfo(
    handler: LearnerHandler,
    packet: QuorumPacket,
    now: Millis,
    out: LeaderEffect[],
  ): void {
    const { serverId, configVersion } = readLearnerInfo(packet);
    if (serverId === this.parts.self) {
      return this.handlers.drop(handler, "it has this server's own number", out);
    }
    if (configVersion > this.parts.configVersion) {
      return this.handlers.drop(handler, "it knows a later configuration", out);
    }
    const accepted = epochOf(packet.zxid);
    if (accepted < 0 || accepted >= EPOCH_MAX) {
      return this.handlers.drop(handler, `its accepted epoch is ${accepted}`, out);
    }
    if (this.established && accepted > this.epoch! && accepted - this.epoch! <= EPOCHS_AHEAD_MAX) {
      return this.stepDown(`server ${serverId} has accepted epoch ${accepted}`, out, accepted);
    }
    const older = this.handlers.of(serverId);
    if (older !== undefined) this.handlers.drop(older, "it has connected again", out);
    handler.sid = serverId;
    handler.role = packet.type === PacketType.followerInfo ? "follower" : "observer";
    handler.enter("introduced", now);
    this.discovery.report(accepted);
    if (this.invitation !== undefined) this.invite(handler, now, out);
  }

  private onAckEpoch(
    handler: LearnerHandler,
    packet: QuorumPacket,
    now: Millis,
    out: LeaderEffect[],
  ): void {
    const current = readEpoch(packet);
    if (this.phase === "promising" && this.discovery.isAhead(current, packet.zxid)) {
      if (this.parts.quorums.isVoter(handler.sid!)) this.better = handler.sid;
      return this.handlers.drop(handler, "its history is ahead of the leader's", out);
    }
    if (handler.role === "follower") {
      this.discovery.promise(handler.sid!, current, packet.zxid);
    }
    handler.lastZxid = packet.zxid;
    handler.enter("promised", now);
    this.synchroniser?.begin(handler, now, out);
  }

  private onAck(handler: LearnerHandler, zxid: Zxid, now: Millis, out: LeaderEffect[]): void {
    if (zxid === epochZxid(this.epoch!)) {
      if (handler.phase === "joined") this.onSynchronised(handler, now, out);
      return; // or the second one, which answers UPTODATE
    }
    if (handler.role === "observer" || counterOf(zxid) === 0) return;
    handler.acknowledged(zxid);
    if (handler.synchronised) this.broadcast.acknowledge(handler.sid!, zxid, out);
    else if (zxid <= this.lastProposed) handler.earlyAcks.add(zxid);
  }

  /**
   * Only now its ACKs count (4685: some send them before): until it had its current epoch on disk,
   * it could have lost an election to one that lacks what it acknowledged.
   */
  private onSynchronised(handler: LearnerHandler, now: Millis, out: LeaderEffect[]): void {
    handler.enter("synchronised", now);
    for (const zxid of handler.earlyAcks) this.broadcast.acknowledge(handler.sid!, zxid, out);
    handler.earlyAcks.clear();
    if (this.established) this.upToDate(handler, now, out);
  }

  private propose(proposal: Proposal, now: Millis, out: LeaderEffect[]): void {
    assert(this.established, "only an established leader proposes");
    this.broadcast.propose(proposal, now, out);
    const { lastCounter = COUNTER_MAX } = this.parts;
    if (counterOf(proposal.zxid) >= lastCounter) {
      this.stepDown("the epoch's counter comes to its end", out);
    }
  }

  private onTick(now: Millis, out: LeaderEffect[]): void {
    if (now < this.nextHalfTick) return;
    const { tickMs, initLimit, syncLimit } = this.parts.timing;
    this.nextHalfTick = now + tickMs / 2;
    this.fullTick = !this.fullTick;
    for (const handler of this.handlers) {
      const why = handler.overdue(now, this.parts.timing);
      if (why !== undefined) this.handlers.drop(handler, why, out);
    }
    if (!this.established) {
      if (now - this.since <= initLimit * tickMs) return;
      return this.stepDown(`no quorum for ${initLimit} ticks while ${this.phase}`, out);
    }
    if (
      this.fullTick &&
      !this.isQuorumWithSelf(this.followers((of) => of.lastZxid !== undefined))
    ) {
      return this.stepDown(`no quorum has been heard for ${syncLimit} ticks`, out);
    }
    const to = this.handlers.where((handler) => handler.forwarding).map(({ link }) => link);
    if (to.length > 0) send(to, packets.ping(this.lastProposed), out);
  }

  /**
   * What a quorum has acknowledged is committed already; nothing else can be. `promised`: an epoch
   * that a member has accepted and no leader has entered. It can follow only in a greater one, so
   * room is made for one, which the reference leaves to the next loss of its leader.
   */
  private stepDown(why: string, out: LeaderEffect[], promised?: number): void {
    this.phase = "over";
    for (const handler of this.handlers) this.handlers.drop(handler, `leading ends: ${why}`, out);
    out.push(
      promised === undefined ? { kind: "stepDown", why } : { kind: "stepDown", why, promised },
    );
  }
}

function send(to: readonly LinkId[], packet: QuorumPacket, out: LeaderEffect[]): void {
  out.push({ kind: "send", to, packet });
}
