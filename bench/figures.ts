/**
 * What is known of a row: figures of each round, their medians, and how many times better one
 * server is than another.
 */

/** Names carry their unit; "Cpu" is processor seconds per second of the measured time. */
export type Metric =
  | "perSecond"
  /** How long a row took that is a single act. */
  | "ms"
  | "p50Micros"
  | "p99Micros"
  | "p999Micros"
  | "maxMicros"
  /** How late the load sent what was due, p99. */
  | "lateP99Micros"
  | "cpuMicrosPerOp"
  | "serverCpu"
  | "loadCpu"
  /** Resident at the end of the row. */
  | "megabytes"
  /** The most that the process ever held until then. */
  | "peakMegabytes"
  /** The event loop's longest delay, or the longest time in which a JVM stopped its threads. */
  | "pauseMs"
  /** Of the collector: the longest pause, and the part of the time that all took. */
  | "gcPauseMs"
  | "gcShare"
  /** How long a ping took meanwhile, asked every few milliseconds from outside. */
  | "pingMaxMs"
  | "pingP99Ms";
export type Figures = { readonly [metric in Metric]?: number };

/** Of these the worst round is told: a median of the longest says little. */
const WORST: ReadonlySet<Metric> = new Set<Metric>([
  ...(["maxMicros", "pauseMs", "gcPauseMs", "pingMaxMs", "peakMegabytes"] as const),
]);
const MORE_IS_BETTER: ReadonlySet<Metric> = new Set<Metric>(["perSecond"]);

/** The middle one; of an even number the mean of the two in the middle. `all` is not empty. */
export function median(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** All rounds of one metric that were measured. */
const valuesOf = (rounds: readonly Figures[], metric: Metric): readonly number[] =>
  rounds.flatMap((figures) => figures[metric] ?? []);

/** The medians of all rounds, or their worst. A metric that no round has is left out. */
export function summary(rounds: readonly Figures[]): Figures {
  const metrics = new Set(rounds.flatMap((figures) => Object.keys(figures) as Metric[]));
  const entries = [...metrics].map((metric) => {
    const values = valuesOf(rounds, metric);
    return [metric, WORST.has(metric) ? Math.max(...values) : median(values)];
  });
  return Object.fromEntries(entries) as Figures;
}

export type Ratio = { readonly median: number; readonly least: number; readonly most: number };

/**
 * How many times better `ours` is than `theirs`, above 1 in favour of `ours`: the median of the
 * rounds' ratios, for the two servers of a round worked in the same minute. Undefined where no
 * round has both.
 */
export function ratio(
  theirs: readonly Figures[],
  ours: readonly Figures[],
  metric: Metric,
): Ratio | undefined {
  const all: number[] = [];
  for (const [round, figures] of ours.entries()) {
    const [mine, other] = [figures[metric], theirs[round]?.[metric]];
    if (mine === undefined || other === undefined) continue;
    const times = MORE_IS_BETTER.has(metric) ? mine / other : other / mine;
    if (Number.isFinite(times)) all.push(times);
  }
  if (all.length === 0) return undefined;
  return { median: median(all), least: Math.min(...all), most: Math.max(...all) };
}
