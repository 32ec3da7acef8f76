/** How long things took: the mean and the largest of the fastest half, 99 of 100, all. */

export type Latencies = {
  readonly meanMs: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

/** `times` are in ms, one at least, in any order. */
export function latenciesOf(times: readonly number[]): Latencies {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
  return {
    meanMs: round(sorted.reduce((sum, one) => sum + one, 0) / sorted.length),
    medianMs: round(at(0.5)),
    p99Ms: round(at(0.99)),
    maxMs: round(at(1)),
  };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
