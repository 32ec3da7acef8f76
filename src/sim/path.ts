/** The way of bytes from one host to another in a simulated network, and what is normal on it. */
import type { Millis } from "../base/ids.ts";

/** The way from one host to another, in this direction. */
export class Path {
  latencyMs: Millis;
  /** Added to each latency, up to this much. */
  jitterMs: Millis = 0;
  bytesPerMs: number;
  /** Nothing arrives. */
  blocked = false;
  /** What waits for the block to end. */
  readonly waiting: (() => void)[] = [];

  private readonly usualBytesPerMs: number;

  constructor(latencyMs: Millis, bytesPerMs = Number.POSITIVE_INFINITY) {
    this.latencyMs = latencyMs;
    this.bytesPerMs = this.usualBytesPerMs = bytesPerMs;
  }

  /** As wide again as it usually is. */
  widen(): void {
    this.bytesPerMs = this.usualBytesPerMs;
  }

  /** Of one chunk; `thousandths` of the jitter are chance. */
  latency(thousandths: number): Millis {
    return this.latencyMs + (this.jitterMs * thousandths) / 1000;
  }
}

/** What chance does to every connection of a world. */
export type NetworkHabits = {
  readonly latencyMs: readonly [min: Millis, max: Millis];
  /** Of a chunk, to arrive in two parts. */
  readonly cutChance: number;
  /** Up to this much later arrives what could have come now, so that it merges with what follows. */
  readonly lingerMs: Millis;
  /** How wide each way is; unless given, nothing waits for what is before it. */
  readonly bytesPerMs?: number;
};
