/**
 * When the requests of an open loop are due: in groups, one each tick, as evenly as whole requests
 * allow. They come due whether or not the server has answered the ones before.
 */
export const TICK_MS = 1;

export class Schedule {
  private readonly perTick: number;
  private tick = 0;

  constructor(perSecond: number) {
    this.perTick = (perSecond * TICK_MS) / 1_000;
  }

  /** When the next group is due, in ms after the start. */
  get nextMs(): number {
    return this.tick * TICK_MS;
  }

  /** How many requests the next group has; it may be none. Moves on to the group after it. */
  take(): number {
    const before = Math.floor(this.tick * this.perTick);
    this.tick++;
    return Math.floor(this.tick * this.perTick) - before;
  }
}
