/** How long requests took, from being received to being answered, and how large replies were. */
import type { Millis } from "../base/ids.ts";
import type { LatencyStatus } from "./status.ts";

export class Latency {
  private count = 0;
  private sum = 0;
  private min = 0;
  private max = 0;

  add(took: Millis, count = 1): void {
    this.min = this.count === 0 ? took : Math.min(this.min, took);
    this.max = Math.max(this.max, took);
    this.count += count;
    this.sum += took * count;
  }

  reset(): void {
    this.count = this.sum = this.min = this.max = 0;
  }

  status(): LatencyStatus {
    const avgMs = this.count === 0 ? 0 : this.sum / this.count;
    return { minMs: Math.floor(this.min), avgMs, maxMs: Math.floor(this.max) };
  }
}

/** Packets and reply sizes of a server since the last reset. */
export class Traffic {
  readonly latency = new Latency();
  received = 0;
  sent = 0;
  lastBytes = -1;
  minBytes = -1;
  maxBytes = -1;

  replied(bytes: number): void {
    this.lastBytes = bytes;
    this.minBytes = this.minBytes < 0 ? bytes : Math.min(this.minBytes, bytes);
    this.maxBytes = Math.max(this.maxBytes, bytes);
  }

  reset(): void {
    this.latency.reset();
    this.received = this.sent = 0;
    this.lastBytes = this.minBytes = this.maxBytes = -1;
  }
}
