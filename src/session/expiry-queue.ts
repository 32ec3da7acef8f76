/**
 * Deadlines in buckets one tick wide: for a given time, names what has expired.
 *
 *   deadline = (floor((now + timeout) / tick) + 1) * tick
 *
 * Promises: never early; `touch` is O(1) and free while the bucket stays the same; equal histories
 * expire in equal order; expiring can stop and go on, so that a crowd does not make a long turn.
 * From: specification 2.3; clients can see the rounding up to the next bucket, so it is kept.
 */
import type { Millis } from "../base/ids.ts";

/** What can expire. The queue owns `deadline`; 0 while it is not queued. */
export interface Expiring {
  deadline: Millis;
}

export class ExpiryQueue<T extends Expiring> {
  private readonly tickMs: Millis;
  private readonly buckets = new Map<Millis, Set<T>>();
  /** No bucket is older than this. */
  private oldest: Millis;

  constructor(tickMs: Millis, now: Millis) {
    this.tickMs = tickMs;
    this.oldest = this.bucketOf(now);
  }

  /** Sets the deadline of `item` to `timeoutMs` from `now`, rounded up to the next bucket. */
  touch(item: T, timeoutMs: Millis, now: Millis): void {
    const deadline = this.bucketOf(now + timeoutMs);
    if (deadline === item.deadline) return;
    this.remove(item);
    item.deadline = deadline;
    const bucket = this.buckets.get(deadline);
    if (bucket === undefined) this.buckets.set(deadline, new Set([item]));
    else bucket.add(item);
    this.oldest = Math.min(this.oldest, deadline);
  }

  remove(item: T): void {
    const bucket = this.buckets.get(item.deadline);
    if (bucket?.delete(item) && bucket.size === 0) this.buckets.delete(item.deadline);
    item.deadline = 0;
  }

  /** Takes out at most `limit` of those whose deadline is `now` or earlier, earliest first. */
  takeExpired(now: Millis, limit: number): T[] {
    const expired: T[] = [];
    while (this.oldest <= now && expired.length < limit) {
      for (const item of this.buckets.get(this.oldest) ?? []) {
        if (expired.length === limit) return expired;
        expired.push(item);
        this.remove(item);
      }
      this.oldest = this.buckets.size === 0 ? this.bucketOf(now) : this.oldest + this.tickMs;
    }
    return expired;
  }

  /** Deadlines with what expires then, earliest first. */
  *entries(): Iterable<readonly [Millis, ReadonlySet<T>]> {
    const deadlines = [...this.buckets.keys()].sort((a, b) => a - b);
    for (const deadline of deadlines) yield [deadline, this.buckets.get(deadline)!];
  }

  private bucketOf(time: Millis): Millis {
    return (Math.floor(time / this.tickMs) + 1) * this.tickMs;
  }
}
