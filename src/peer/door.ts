/**
 * The door: which connections are let in, which are closed, and which are read. It gathers what is
 * to become of connections in a turn; the machine hands it over after the turn's output.
 *
 * A connection is not read while its session is being made, while it has frames that are not taken
 * yet, and while it waits for writes of which the server has too many. From: specification 2.13.
 */
import type { Millis } from "../base/ids.ts";
import type { Session } from "../session/sessions.ts";
import type { Connection } from "./connection.ts";
import type { Newcomer } from "./connections.ts";
import type { Note, PeerEffect } from "./io.ts";
import type { ServerParts } from "./parts.ts";
import type { Word } from "./words.ts";

/** A crowd is let in again by and by, not in one long turn. */
const RESUMED_PER_TURN = 500;
/**
 * So many times `globalOutstandingLimit` may be under way with what those bring who are let in
 * again: while the disk has the one half, the other comes in.
 */
const LET_IN_LIMITS = 2;

/** Why a connection is closed whose session is over. */
export const SESSION_ENDED = "its session ended";

export class Door {
  private readonly parts: ServerParts;
  /**
   * Those that only wait until there are fewer writes under way, and how many requests each had
   * when it was sent to wait: about as many will come when it is read again.
   */
  private readonly crowded = new Map<Connection, number>();
  /** What those will bring who were let in again in this round of the event loop. */
  private expected = 0;
  private readonly effects: PeerEffect[] = [];

  constructor(parts: ServerParts) {
    this.parts = parts;
  }

  /** What was expected of the round before has come, or was not there. */
  beginRound(): void {
    this.expected = 0;
  }

  /**
   * Appends what is to become of connections after this turn's output was sent. True when more of
   * them could be read again.
   */
  endTurn(out: PeerEffect[]): boolean {
    this.letIn();
    for (const effect of this.effects.splice(0)) out.push(effect);
    return this.crowded.size > 0 && !this.isAboveLimit();
  }

  opened(who: Newcomer, now: Millis): void {
    const { settings, connections } = this.parts;
    const { maxClientCnxns, maxCnxns } = settings;
    if (maxCnxns > 0 && connections.count >= maxCnxns) {
      return this.turnAway(who, `more than maxCnxns=${maxCnxns} connections`);
    }
    if (maxClientCnxns > 0 && connections.countFrom(who.address) >= maxClientCnxns) {
      return this.turnAway(who, `more than maxClientCnxns=${maxClientCnxns} connections from it`);
    }
    connections.open(who, now);
  }

  /** The connection is gone: nothing of it stays. */
  closed(conn: Connection): void {
    if (conn.phase === "closed") return;
    conn.phase = "closed";
    this.parts.replies.drop(conn);
    this.parts.largeRequests.giveAll(conn);
    conn.held.clear();
    this.crowded.delete(conn);
    this.parts.departed.add(conn.watcher);
    this.parts.connections.remove(conn);
    // Its end was asked for, and what came before it is not waited for any more.
    if (conn.session?.isLocal && conn.session.closing) {
      this.parts.sessions.remove(conn.session.id);
    }
  }

  /** Ends a local session, and the connection that it has now: no transaction tells of it. */
  endLocal(session: Session): void {
    const { sessions, connections } = this.parts;
    sessions.remove(session.id);
    const conn = connections.ofSession(session.id);
    if (conn !== undefined) this.close(conn, SESSION_ENDED);
  }

  /** Closes a connection after this turn's output to it. */
  close(conn: Connection, why: string): void {
    if (conn.phase === "closed") return;
    this.parts.instruments.connectionDrops.add();
    this.effects.push({ kind: "close", conn: conn.id, why });
    this.closed(conn);
  }

  /** A word stands in place of a handshake: it is answered, and the connection ends. */
  word(conn: Connection, word: Word, argument: bigint): void {
    conn.phase = "answering";
    this.effects.push({ kind: "word", conn: conn.id, word, argument });
  }

  /** Stops reading; `mayResume` is called when a reason for it is gone. */
  pause(conn: Connection): void {
    if (conn.paused) return;
    conn.paused = true;
    this.effects.push({ kind: "pause", conn: conn.id });
  }

  pauseAboveLimit(conn: Connection): void {
    if (!this.isAboveLimit() || conn.outstanding === 0) return;
    this.pause(conn);
    this.crowded.set(conn, conn.outstanding);
  }

  /** Reads again, if none of the reasons that the opening comment names is left. */
  mayResume(conn: Connection): void {
    if (!conn.paused || conn.phase !== "open" || conn.held.length > 0) return;
    if (this.isAboveLimit()) {
      this.crowded.set(conn, conn.outstanding);
      return;
    }
    conn.paused = false;
    this.effects.push({ kind: "resume", conn: conn.id });
  }

  /** Asks to be told when the connection's output has left. */
  awaitDrain(conn: Connection): void {
    this.effects.push({ kind: "awaitDrain", conn: conn.id });
  }

  note(note: Note): void {
    this.effects.push({ kind: "note", note });
  }

  /** Closes a connection whose handshake is one too many. */
  refuse(conn: Connection, why: string): void {
    this.tellRefused(conn.address, why);
    this.close(conn, why);
  }

  private letIn(): void {
    const { writes, settings } = this.parts;
    const limit = LET_IN_LIMITS * settings.globalOutstandingLimit;
    let resumed = 0;
    for (const [conn, requests] of this.crowded) {
      if (this.isAboveLimit() || writes.outstandingCount + this.expected > limit) return;
      if (resumed === RESUMED_PER_TURN) return;
      this.crowded.delete(conn);
      this.mayResume(conn);
      this.expected += requests;
      resumed++;
    }
  }

  private turnAway(who: Newcomer, why: string): void {
    this.tellRefused(who.address, why);
    this.effects.push({ kind: "close", conn: who.id, why });
  }

  private tellRefused(from: string, why: string): void {
    this.parts.instruments.connectionRejected.add();
    this.note({ level: "warn", event: "connection refused", about: { from, why } });
  }

  private isAboveLimit(): boolean {
    const { writes, requestThrottle, settings } = this.parts;
    const limit = settings.globalOutstandingLimit;
    return writes.outstandingCount > limit || requestThrottle.length > limit;
  }
}
