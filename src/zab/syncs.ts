/**
 * What only a leader may tell that leads beyond doubt: that a client's sync is done, and that a
 * session does not live. Each is told when all that was proposed before it is committed, and a
 * quorum has said since that it still follows. So who reads after a sync sees all that was
 * acknowledged to anybody before it, and nobody loses a session that was opened at the leader's
 * successor. (The reference leaves out the quorum: a leader that was deposed and does not know it
 * yet answers too; docs/divergences.md, `sync-quorum`.)
 *
 *   asked -> round: PING to all followers ... answers of a quorum -> committed -> answered
 *
 * One round serves all that came before it began. Its PING has a negative zxid of its own,
 * which followers send back as they do with any other.
 * From: specification 4.7; 4.6 (PING).
 */
import { type ServerId, type SessionId, toZxid, type Zxid } from "../base/ids.ts";
import type { Quorums } from "../quorum/quorums.ts";
import type { Asker, LeaderEffect } from "./io.ts";
import type { LearnerHandlers } from "./learner-handlers.ts";
import { packets } from "./packets.ts";

type Waiting = { readonly asker: Asker; readonly answer: LeaderEffect; readonly after: Zxid };

/** Below any zxid that a packet of the reference has. */
const FIRST_ROUND = -2n;

export class Syncs {
  private readonly self: ServerId;
  private readonly quorums: Quorums;
  private readonly handlers: LearnerHandlers;
  /** Oldest first: those that no round has begun for, that the round is for, that it was for. */
  private asked: Waiting[] = [];
  private underWay: Waiting[] = [];
  private confirmed: Waiting[] = [];
  private committed: Zxid;
  private round = FIRST_ROUND;
  private answers = new Set<ServerId>();

  constructor(
    parts: { readonly self: ServerId; readonly quorums: Quorums },
    handlers: LearnerHandlers,
    committed: Zxid,
  ) {
    this.self = parts.self;
    this.quorums = parts.quorums;
    this.handlers = handlers;
    this.committed = committed;
  }

  /** Questions not answered yet. */
  get pending(): number {
    return this.asked.length + this.underWay.length + this.confirmed.length;
  }

  /** A sync has come; `after` is the last zxid proposed. */
  sync(asker: Asker, after: Zxid, out: LeaderEffect[]): void {
    const answer: LeaderEffect =
      asker === "self" ? { kind: "synced" } : { kind: "send", to: [asker], packet: packets.sync() };
    this.ask({ asker, answer, after }, out);
  }

  /** As far as this server knows, the session does not live. */
  denySession(asker: Asker, session: SessionId, after: Zxid, out: LeaderEffect[]): void {
    const answer: LeaderEffect =
      asker === "self"
        ? { kind: "unknownSession", session }
        : { kind: "send", to: [asker], packet: packets.revalidated(session, false) };
    this.ask({ asker, answer, after }, out);
  }

  private ask(waiting: Waiting, out: LeaderEffect[]): void {
    this.asked.push(waiting);
    if (this.underWay.length === 0) this.begin(out);
  }

  /** A follower has sent a PING back. */
  answered(server: ServerId, zxid: Zxid, out: LeaderEffect[]): void {
    if (zxid !== this.round || this.underWay.length === 0) return;
    this.answers.add(server);
    this.conclude(out);
  }

  committedUpTo(zxid: Zxid, out: LeaderEffect[]): void {
    this.committed = zxid;
    this.answerReady(out);
  }

  private begin(out: LeaderEffect[]): void {
    this.round -= 1n;
    this.answers = new Set([this.self]);
    this.underWay = this.asked;
    this.asked = [];
    if (!this.quorums.isQuorum(this.answers)) this.askFollowers(out);
    this.conclude(out);
  }

  private askFollowers(out: LeaderEffect[]): void {
    const followers = this.handlers.where(
      ({ phase, role }) => phase === "serving" && role === "follower",
    );
    const to = followers.map(({ link }) => link);
    if (to.length > 0) out.push({ kind: "send", to, packet: packets.ping(toZxid(this.round)) });
  }

  private conclude(out: LeaderEffect[]): void {
    if (!this.quorums.isQuorum(this.answers)) return;
    this.confirmed.push(...this.underWay);
    this.underWay = [];
    this.answerReady(out);
    if (this.asked.length > 0) this.begin(out);
  }

  private answerReady(out: LeaderEffect[]): void {
    let ready = 0;
    for (const { asker, answer, after } of this.confirmed) {
      if (after > this.committed) break;
      ready++;
      if (asker === "self" || this.handlers.get(asker) !== undefined) out.push(answer);
    }
    this.confirmed.splice(0, ready);
  }
}
