/**
 * The times that a server machine lives by: the clock of its inputs, the wall clock that stamps
 * transactions and decides nothing, and the time of sessions.
 */
import type { Millis } from "../base/ids.ts";

export class PeerClock {
  private readonly tickTimeMs: Millis;
  /** Add to `now` for ms since 1970. */
  private wallOffset: Millis;
  private lastTick: Millis;
  /** Time of the sessions at the last tick; see `sessionTime`. */
  private sessionsAt: Millis;
  now: Millis;

  constructor(tickTimeMs: Millis, startedAt: { readonly now: Millis; readonly wall: Millis }) {
    this.tickTimeMs = tickTimeMs;
    this.now = this.lastTick = this.sessionsAt = startedAt.now;
    this.wallOffset = startedAt.wall - startedAt.now;
  }

  /** Answers how long ago the last tick was. */
  tick(wall: Millis): Millis {
    const since = this.now - this.lastTick;
    this.wallOffset = wall - this.now;
    this.sessionsAt = this.sessionTime();
    this.lastTick = this.now;
    return since;
  }

  /** ms since 1970, for the time in transactions. */
  wallTime(): Millis {
    return Math.floor(this.now + this.wallOffset);
  }

  /** A time of this clock as ms since 1970. */
  wallOf(time: Millis): Millis {
    return time + this.wallOffset;
  }

  /** When a session's deadline will come if nothing pauses this process, as ms since 1970. */
  wallOfDeadline(deadline: Millis): Millis {
    return deadline - this.sessionTime() + this.now + this.wallOffset;
  }

  /**
   * The time by which sessions live. It is that of the clock, but a pause of this process counts as
   * one tick: while the server heard nobody, nobody was silent.
   */
  sessionTime(): Millis {
    return this.sessionsAt + Math.min(this.now - this.lastTick, this.tickTimeMs);
  }
}

/** Of two times that may both be absent. */
export const earliest = (a: Millis | undefined, b: Millis | undefined): Millis | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
