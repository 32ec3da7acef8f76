/**
 * What one process takes the time to be: a steady clock with a zero and a speed of its own, and a
 * wall clock that an operator may set.
 */
import type { Millis } from "../base/ids.ts";

/** 2023-11-14, when every wall clock of a world agreed. */
const WALL_START: Millis = 1_700_000_000_000;

export class Clock {
  private readonly zero: Millis;
  /** Local ms that go by in a true one. */
  readonly speed: number;
  /** How far the wall clock is off, in ms. */
  wallOffset: Millis = 0;

  constructor(zero: Millis, speed: number) {
    this.zero = zero;
    this.speed = speed;
  }

  now(at: Millis): Millis {
    return this.zero + at * this.speed;
  }

  wall(at: Millis): Millis {
    return Math.floor(WALL_START + at * this.speed + this.wallOffset);
  }

  /** The true time until the clock shows `local`; 0 where it has. */
  until(local: Millis, at: Millis): Millis {
    return Math.max(0, (local - this.zero) / this.speed - at);
  }
}
