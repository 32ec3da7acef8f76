/**
 * The search of a client on a read-only server for one that takes writes: asks the other servers in
 * turn, after 100 ms at first, then at doubling distances up to a minute. From: reference
 * `ClientCnxn`.
 */
import type { Millis } from "../base/ids.ts";

const PROBE_MS_MIN: Millis = 100;
const PROBE_MS_MAX: Millis = 60_000;

export class WritableSearch {
  /** When to ask next; infinite while there is nothing to look for. */
  nextAt: Millis = Number.POSITIVE_INFINITY;
  private turn = 0;
  private distanceMs: Millis = PROBE_MS_MIN;

  begin(now: Millis): void {
    this.turn = 0;
    this.distanceMs = PROBE_MS_MIN;
    this.nextAt = now + this.distanceMs;
  }

  end(): void {
    this.nextAt = Number.POSITIVE_INFINITY;
  }

  /** The number of the probe to make now; the next one is due at twice the distance. */
  probe(now: Millis): number {
    this.distanceMs = Math.min(this.distanceMs * 2, PROBE_MS_MAX);
    this.nextAt = now + this.distanceMs;
    return this.turn++;
  }
}
