/**
 * Latencies in buckets that grow with the value: each is known to about 1.5 percent, in constant
 * memory, and to record one costs a few instructions. Values are microseconds.
 */

/** Buckets for each doubling. */
const SUB_BITS = 6;
const SUB_COUNT = 1 << SUB_BITS;
const BUCKETS = (32 - SUB_BITS + 1) * SUB_COUNT;

/** Values below SUB_COUNT have a bucket each; above, the top bits choose. */
function bucketOf(micros: number): number {
  const value = micros >>> 0;
  const shift = 32 - Math.clz32(value) - SUB_BITS - 1;
  if (shift <= 0) return value;
  return shift * SUB_COUNT + (value >>> shift);
}

/** The middle of a bucket. */
function middleOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / SUB_COUNT) - 1);
  if (shift === 0) return bucket;
  return (bucket - shift * SUB_COUNT + 0.5) * 2 ** shift;
}

export class Histogram {
  private readonly counts = new Uint32Array(BUCKETS);
  count = 0;
  max = 0;

  record(micros: number): void {
    const bucket = bucketOf(micros);
    this.counts[bucket] = this.counts[bucket]! + 1;
    this.count++;
    if (micros > this.max) this.max = micros;
  }

  clear(): void {
    this.counts.fill(0);
    this.count = 0;
    this.max = 0;
  }

  /** The value that `share` (0 to 1) of all values do not exceed. */
  quantile(share: number): number {
    let left = Math.ceil(this.count * share);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.counts[bucket]!;
      if (left <= 0) return middleOf(bucket);
    }
    return this.max;
  }
}
