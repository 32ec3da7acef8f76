/**
 * The sessions that a server tracks: who they are, how long they may be silent, who is being
 * closed.
 *
 * Leaves to others: clocks, connections, and the transactions that make and end sessions
 * (requests/create-session.ts, requests/close-session.ts).
 */
import { assert } from "../base/assert.ts";
import type { Millis, ServerId, SessionId } from "../base/ids.ts";
import { type Expiring, ExpiryQueue } from "./expiry-queue.ts";

export type Session = Expiring & {
  readonly id: SessionId;
  /** The negotiated timeout; renegotiated at each re-attachment. */
  timeoutMs: Millis;
  /** True from the proposal of its closeSession on: its requests are refused. */
  closing: boolean;
  /** When it was touched last, by the time of sessions. */
  touchedAt: Millis;
  /** The server that its client is connected to, where a leader keeps that in mind. */
  owner: ServerId | undefined;
  /** Only this server knows it: no transaction made it, and none ends it. */
  isLocal: boolean;
};

export class Sessions {
  private readonly byId = new Map<SessionId, Session>();
  private readonly queue: ExpiryQueue<Session>;
  private locals = 0;

  constructor(tickMs: Millis, now: Millis) {
    this.queue = new ExpiryQueue(tickMs, now);
  }

  get count(): number {
    return this.byId.size;
  }

  /** Those that only this server knows. */
  get localCount(): number {
    return this.locals;
  }

  get(id: SessionId): Session | undefined {
    return this.byId.get(id);
  }

  all(): Iterable<Session> {
    return this.byId.values();
  }

  /** Sessions by deadline, earliest first. */
  byDeadline(): Iterable<readonly [Millis, ReadonlySet<Session>]> {
    return this.queue.entries();
  }

  /** Tracks a new session with its full timeout; a known one is touched and keeps its timeout. */
  add(id: SessionId, timeoutMs: Millis, now: Millis, isLocal = false): Session {
    const known = this.byId.get(id);
    if (known !== undefined) {
      this.touch(known, now);
      return known;
    }
    const session: Session = {
      id,
      timeoutMs,
      closing: false,
      touchedAt: now,
      owner: undefined,
      isLocal,
      deadline: 0,
    };
    this.byId.set(id, session);
    if (isLocal) this.locals++;
    this.touch(session, now);
    return session;
  }

  /** From now on the session is a global one: its createSession is proposed in the same step. */
  upgrade(session: Session): void {
    assert(session.isLocal, "a session is upgraded once");
    assert(!session.closing, "a session that is being closed stays what it is");
    session.isLocal = false;
    this.locals--;
  }

  /** Renews a session. One that is being closed stays so. */
  touch(session: Session, now: Millis): void {
    session.touchedAt = now;
    if (!session.closing) this.queue.touch(session, session.timeoutMs, now);
  }

  /** From now on the session's requests are refused and it no longer expires. */
  startClosing(session: Session): void {
    assert(!session.closing, "a session is closed once");
    session.closing = true;
    this.queue.remove(session);
  }

  remove(id: SessionId): void {
    const session = this.byId.get(id);
    if (session === undefined) return;
    this.queue.remove(session);
    this.byId.delete(id);
    if (session.isLocal) this.locals--;
  }

  /** At most `limit` sessions whose time is over. The caller closes them. */
  takeExpired(now: Millis, limit: number): Session[] {
    return this.queue.takeExpired(now, limit);
  }
}
