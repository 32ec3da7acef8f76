/**
 * Bounds the log lines that a client can cause: so many a second of each kind, and then one line
 * with the number of those left out. A flood of bad connections must not become a flood of lines.
 *
 * Pure: the caller passes the time. Kinds are words of the program, never a client's.
 */
import type { Millis } from "../base/ids.ts";

type Window = { startedAt: Millis; lines: number; leftOut: number };

export type LeftOut = { readonly kind: string; readonly lines: number };

export class LineLimiter {
  readonly #perSecond: number;
  readonly #windows = new Map<string, Window>();

  /** `perSecond` is at least 1. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether a line of `kind` may be written now. */
  allows(kind: string, now: Millis): boolean {
    const window = this.#windowOf(kind, now);
    if (window.lines < this.#perSecond) {
      window.lines++;
      return true;
    }
    window.leftOut++;
    return false;
  }

  /** What was left out in seconds that are over, told once. Call it every second or so. */
  takeLeftOut(now: Millis): LeftOut[] {
    const told: LeftOut[] = [];
    for (const [kind, window] of this.#windows) {
      if (!isOver(window, now)) continue;
      if (window.leftOut > 0) told.push({ kind, lines: window.leftOut });
      this.#windows.delete(kind);
    }
    return told;
  }

  #windowOf(kind: string, now: Millis): Window {
    const known = this.#windows.get(kind);
    if (known === undefined) {
      const begun = { startedAt: now, lines: 0, leftOut: 0 };
      this.#windows.set(kind, begun);
      return begun;
    }
    if (isOver(known, now)) {
      // The count of what was left out stays until it is told.
      known.startedAt = now;
      known.lines = 0;
    }
    return known;
  }
}

/** A clock that went back ends the second as well. */
const isOver = (window: Window, now: Millis): boolean =>
  now - window.startedAt >= 1000 || now < window.startedAt;
