/**
 * A follower's or an observer's side of Zab, for one link to one leader.
 *
 *   connecting -> discovering -> acceptingEpoch -> choosing -> synchronising -> settling
 *     (-> awaitingOthers) -> acknowledged -> serving;  from anywhere: over ("lost")
 *
 * Promises: the epoch is on disk before ACKEPOCH, and all that came before NEWLEADER is before the
 * new epoch is, and that before its ACK, which is the first ACK; a transaction is acknowledged in
 * order, when it is durable; what the leader sends out of turn ends the link.
 * Leaves to others: dialing, disk, state, clients (io.ts).
 * Size: the course of a learner is told in one place; what computes is in files of its own.
 * From: specification 4.1, 4.2, 4.5-4.8, 4.11; chapter 7: 3023, 3642, 3911, 4394, 4575, 4643, 4646,
 * 4685, 4785.
 */
import { assert, unreachable } from "../base/assert.ts";
import { ProtocolError } from "../base/errors.ts";
import { epochOf, type Millis, type ServerId, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import { Queue } from "../base/queue.ts";
import { LEARNER_PROTOCOL, PacketType, type QuorumPacket } from "../records/quorum.ts";
import { describeType } from "./describe.ts";
import type { Epochs, LearnerEffect, LearnerInput, Proposal, Timing, Touched } from "./io.ts";
import { isAllowed, type LearnerPhase, type LearnerRole } from "./learner-phases.ts";
import {
  epochZxid,
  NOT_COUNTED,
  packets,
  readActivatedProposal,
  readConfig,
  readProposal,
  readValidity,
} from "./packets.ts";
import { Received } from "./received.ts";

export type LearnerParts = {
  readonly self: ServerId;
  readonly role: LearnerRole;
  readonly leader: ServerId;
  readonly timing: Timing;
  readonly epochs: Epochs;
  /** The last transaction of the own log, all of which is durable. */
  readonly lastZxid: Zxid;
  /** The own history is no base for this leader (a "lost" said so): ask for all of it. */
  readonly afresh?: boolean;
  /** This server lacks what it may have acknowledged: it counts in no quorum of the leader. */
  readonly incomplete?: boolean;
  readonly configVersion: bigint;
  /** The sessions used here since the last call. */
  takeTouched(): readonly Touched[];
  readonly now: Millis;
};

export class Learner implements Machine<LearnerInput, LearnerEffect> {
  readonly leader: ServerId;
  private readonly parts: LearnerParts;
  private phase: LearnerPhase = "connecting";
  /** Of the leader, once LEADERINFO has told it. */
  private epoch = 0;
  private readonly received: Received;
  /** What is waited for: the leader's snapshot, a state from the own disk, or nothing. */
  private loading: "nothing" | "snapshot" | "ownDisk" = "nothing";
  /** The state was loaded and is not installed: the log is not to be touched. */
  private replaces = false;
  /** The new current epoch is on its way to the disk. */
  private saving = false;
  /** The own log is durable up to here. */
  private durable: Zxid;
  /** Packets that came while something was waited for. */
  private readonly held = new Queue<QuorumPacket>();
  private heardAt: Millis;

  constructor(parts: LearnerParts) {
    this.parts = parts;
    this.leader = parts.leader;
    this.durable = parts.lastZxid;
    this.received = new Received(this.startsAt);
    this.heardAt = parts.now;
  }

  /** When a tick is due at the latest; undefined when time changes nothing. */
  get wakeAt(): Millis | undefined {
    return this.isOver || this.waitsForDisk() ? undefined : this.heardAt + this.patience;
  }

  /** Whether UPTODATE has come, and the link has not ended. */
  get serving(): boolean {
    return this.phase === "serving";
  }

  step(input: LearnerInput, out: LearnerEffect[]): void {
    if (this.isOver) return;
    const waited = this.waitsForDisk();
    try {
      this.take(input, out);
      while (!this.isOver && !this.waits()) {
        const packet = this.held.shift();
        if (packet === undefined) break;
        this.onPacket(packet, out);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.lose(`wrong packet from the leader: ${error.message}`, out);
    }
    // Silence while the own disk was busy is not the leader's.
    if (waited && !this.waitsForDisk()) this.heardAt = input.now;
  }

  private take(input: LearnerInput, out: LearnerEffect[]): void {
    switch (input.kind) {
      case "connected":
        return this.onConnected(input.now, out);
      case "packet":
        this.heardAt = input.now;
        return this.held.push(input.packet);
      case "progress":
        this.heardAt = input.now;
        return;
      case "closed":
        return this.lose(`link closed: ${input.why}`, out);
      case "epochSaved":
        return this.phase === "acceptingEpoch" ? this.ackEpoch(true, out) : this.settled(out);
      case "loaded":
        this.loading = "nothing";
        return;
      case "notLoaded":
        return this.lose(`the own log cannot be loaded again: ${input.why}`, out, true);
      case "installed":
        return this.onInstalled(out);
      case "durable":
        return this.onDurable(input.upTo, out);
      case "forward":
        assert(this.serving, "requests are forwarded while serving");
        return this.send(packets.request(input.request), out);
      case "revalidate":
        assert(this.serving, "sessions are revalidated while serving");
        return this.send(packets.revalidate(input.session, input.timeoutMs), out);
      case "tick":
        return this.onTick(input.now, out);
      default:
        return unreachable(input);
    }
  }

  private get isOver(): boolean {
    return this.phase === "over";
  }

  private get startsAt(): Zxid {
    return this.parts.afresh === true ? ZXID_ZERO : this.parts.lastZxid;
  }

  /**
   * Until UPTODATE the leader may wait for others, for so long as it may; the reference is less
   * patient from NEWLEADER on, and gives up a leader that is about to be established.
   */
  private get patience(): Millis {
    const { tickMs, initLimit, syncLimit } = this.parts.timing;
    return tickMs * (this.serving ? syncLimit : initLimit);
  }

  private waitsForDisk(): boolean {
    const { phase, loading } = this;
    return phase === "acceptingEpoch" || phase === "settling" || loading === "ownDisk";
  }

  /** Whether packets are held. */
  private waits(): boolean {
    return this.waitsForDisk() || this.loading === "snapshot";
  }

  private onConnected(now: Millis, out: LearnerEffect[]): void {
    assert(this.phase === "connecting", "a learner connects once");
    this.phase = "discovering";
    this.heardAt = now;
    const { self, role, configVersion, epochs } = this.parts;
    const info = { serverId: self, protocolVersion: LEARNER_PROTOCOL, configVersion };
    this.send(packets.info(role, epochs.accepted, info), out);
  }

  private onTick(now: Millis, out: LearnerEffect[]): void {
    const { wakeAt } = this;
    if (wakeAt === undefined || now < wakeAt) return;
    this.lose(`the leader was silent for ${this.patience} ms (${this.phase})`, out);
  }

  private onPacket(packet: QuorumPacket, out: LearnerEffect[]): void {
    const { type, zxid } = packet;
    if (!isAllowed(type, this.phase, this.parts.role)) {
      return this.lose(`${describeType(type)} is not allowed while ${this.phase}`, out);
    }
    switch (type) {
      case PacketType.leaderInfo:
        return this.onLeaderInfo(epochOf(zxid), out);
      case PacketType.diff:
        return this.parts.afresh === true ? this.load(ZXID_ZERO, out) : this.synchronise();
      case PacketType.trunc:
        return this.load(zxid, out);
      case PacketType.snap:
        return this.loadSnapshot(zxid, out);
      case PacketType.newLeader:
        return this.onNewLeader(packet, out);
      case PacketType.upToDate:
        return this.onUpToDate(out);
      case PacketType.ping:
        return this.onPing(packet, out);
      case PacketType.sync:
        return void out.push({ kind: "synced" });
      case PacketType.revalidate:
        return void out.push({ kind: "revalidated", ...readValidity(packet) });
      default:
        return this.onTransaction(packet, out);
    }
  }

  private onTransaction(packet: QuorumPacket, out: LearnerEffect[]): void {
    const informs = this.parts.role === "observer" && this.serving;
    switch (packet.type) {
      case PacketType.proposal:
        return informs ? undefined : this.receive(readProposal(packet), out);
      case PacketType.commit:
      case PacketType.commitAndActivate:
        return informs ? undefined : this.commit(packet.zxid, out);
      case PacketType.inform:
        this.receive(readProposal(packet), out);
        return this.commit(packet.zxid, out);
      case PacketType.informAndActivate:
        this.receive(readActivatedProposal(packet), out);
        return this.commit(packet.zxid, out);
      default:
        throw new ProtocolError("UNKNOWN_TYPE", { type: packet.type });
    }
  }

  private onLeaderInfo(epoch: number, out: LearnerEffect[]): void {
    const { accepted } = this.parts.epochs;
    this.epoch = epoch;
    if (epoch < accepted) {
      return this.lose(`epoch ${epoch} of the leader is below ${accepted}, accepted here`, out);
    }
    if (epoch === accepted) return this.ackEpoch(false, out);
    this.phase = "acceptingEpoch";
    out.push({ kind: "saveEpoch", file: "accepted", epoch });
  }

  /**
   * `counts`: whether this is the first promise in this epoch. One that hides its history, because
   * it wants all of the leader's, must not count as one that is not ahead.
   */
  private ackEpoch(counts: boolean, out: LearnerEffect[]): void {
    const { epochs, afresh, incomplete } = this.parts;
    this.phase = "choosing";
    const mayCount = counts && afresh !== true && incomplete !== true;
    const current = mayCount ? epochs.current : NOT_COUNTED;
    this.send(packets.ackEpoch(this.startsAt, current), out);
  }

  private synchronise(): void {
    this.phase = "synchronising";
  }

  private load(zxid: Zxid, out: LearnerEffect[]): void {
    this.synchronise();
    this.replaces = true;
    this.loading = "ownDisk";
    this.received.restart(zxid);
    out.push({ kind: "loadUpTo", zxid });
  }

  private loadSnapshot(zxid: Zxid, out: LearnerEffect[]): void {
    this.synchronise();
    this.replaces = true;
    this.loading = "snapshot";
    this.received.restartFuzzy(zxid);
    out.push({ kind: "loadSnapshot", zxid });
  }

  private receive(proposal: Proposal, out: LearnerEffect[]): void {
    const isNew = this.received.receive(proposal);
    if (isNew && !this.replaces) out.push({ kind: "append", proposal });
  }

  private commit(zxid: Zxid, out: LearnerEffect[]): void {
    const proposal = this.received.commit(zxid);
    if (proposal === undefined) return;
    if (this.replaces) out.push({ kind: "applyLoaded", proposal });
    else out.push({ kind: "commit", upTo: zxid });
  }

  private onNewLeader(packet: QuorumPacket, out: LearnerEffect[]): void {
    const { epoch, received } = this;
    if (packet.zxid !== epochZxid(epoch)) {
      throw new ProtocolError("BAD_VALUE", { newLeader: packet.zxid, epoch });
    }
    const text = readConfig(packet);
    if (text !== "") out.push({ kind: "configured", text });
    this.phase = "settling";
    if (!this.replaces) return this.saveCurrent(out);
    out.push({ kind: "install", zxid: received.committedUpTo, pending: received.uncommitted() });
  }

  private onInstalled(out: LearnerEffect[]): void {
    assert(this.phase === "settling", "nothing else is installed");
    this.replaces = false;
    this.durable = this.received.newest;
    this.saveCurrent(out);
  }

  /** As soon as all that came before NEWLEADER is durable. */
  private saveCurrent(out: LearnerEffect[]): void {
    if (this.received.newest > this.durable || this.saving) return;
    if (this.epoch === this.parts.epochs.current) return this.settled(out);
    this.saving = true;
    out.push({ kind: "saveEpoch", file: "current", epoch: this.epoch });
  }

  /** The reference counts an ACK by its server's number: one that is not to count has to wait. */
  private settled(out: LearnerEffect[]): void {
    if (this.parts.incomplete === true) this.phase = "awaitingOthers";
    else this.ackNewLeader(out);
  }

  private onPing({ zxid }: QuorumPacket, out: LearnerEffect[]): void {
    // Only a leader that a quorum has acknowledged pings.
    if (this.phase === "awaitingOthers") this.ackNewLeader(out);
    this.send(packets.pong(zxid, this.parts.takeTouched()), out);
  }

  private ackNewLeader(out: LearnerEffect[]): void {
    const isSettled = this.phase === "settling" || this.phase === "awaitingOthers";
    assert(isSettled, "only a settled history is acknowledged");
    this.phase = "acknowledged";
    if (this.parts.role === "follower") this.received.startAcknowledging();
    this.send(packets.ack(epochZxid(this.epoch)), out);
  }

  private onUpToDate(out: LearnerEffect[]): void {
    this.phase = "serving";
    this.send(packets.ack(epochZxid(this.epoch)), out);
    out.push({ kind: "serve", epoch: this.epoch });
    this.acknowledge(out);
  }

  private onDurable(upTo: Zxid, out: LearnerEffect[]): void {
    if (upTo > this.durable) this.durable = upTo;
    if (this.phase === "settling" && !this.replaces) this.saveCurrent(out);
    if (this.serving) this.acknowledge(out);
  }

  private acknowledge(out: LearnerEffect[]): void {
    for (const zxid of this.received.takeAcks(this.durable)) this.send(packets.ack(zxid), out);
  }

  private send(packet: QuorumPacket, out: LearnerEffect[]): void {
    out.push({ kind: "send", packet });
  }

  private lose(why: string, out: LearnerEffect[], afresh = false): void {
    this.phase = "over";
    this.held.clear();
    out.push({ kind: "lost", why, afresh });
  }
}
