/**
 * Latencies in buckets that grow with the value: each is known to within 0.8 percent of itself, or
 * half a microsecond, in constant memory, and to record one costs a few instructions. Values are
 * microseconds, up to 71 minutes.
 *
 *   0, 1, 2 ... 127      a bucket each
 *   128, 130 ... 254     64 buckets of 2
 *   256, 260 ... 508     64 buckets of 4, and so on for each doubling
 */

/** Buckets for each doubling. */
const SUB_BITS = 6;
const SUB_COUNT = 1 << SUB_BITS;
const MICROS_MAX = 2 ** 32 - 1;
const BUCKETS = (32 - SUB_BITS + 1) * SUB_COUNT;

/** Values below twice SUB_COUNT have a bucket each; above, the top bits choose. */
function bucketOf(micros: number): number {
  const value = micros < MICROS_MAX ? micros >>> 0 : MICROS_MAX;
  const shift = 32 - Math.clz32(value) - SUB_BITS - 1;
  if (shift <= 0) return value;
  return shift * SUB_COUNT + (value >>> shift);
}

/** The middle of a bucket. */
function middleOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / SUB_COUNT) - 1);
  return (bucket - shift * SUB_COUNT + 0.5) * 2 ** shift;
}

export type LatencyFigures = {
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
};

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
      if (left <= 0) return Math.min(middleOf(bucket), this.max);
    }
    return this.max;
  }

  figures(): LatencyFigures {
    return {
      p50Micros: this.quantile(0.5),
      p99Micros: this.quantile(0.99),
      p999Micros: this.quantile(0.999),
      maxMicros: this.max,
    };
  }
}
