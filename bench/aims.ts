/**
 * What Quoll is to reach on two cores, as ratios to Apache ZooKeeper in the same run, above 1 in
 * Quoll's favour.
 */
import type { Metric } from "./figures.ts";

export type Aim = {
  readonly row: string;
  readonly metric: Metric;
  /** What the figure is, where the row alone does not say it. */
  readonly what?: string;
} & ({ readonly ratio: number } | { readonly atMost: number });

/** A rate, and with it half of Apache's p99 and half of its processor time. */
const rate = (row: string, ratio: number): readonly Aim[] => [
  { row, metric: "perSecond", ratio },
  { row, metric: "p99Micros", ratio: 2 },
  { row, metric: "cpuMicrosPerOp", ratio: 2 },
];

export const AIMS: readonly Aim[] = [
  ...rate("get 1 x 1", 2.5),
  ...rate("get 50 x 1", 2),
  ...rate("get 200 x 1", 2),
  ...rate("get 10 x 100", 10),
  ...rate("set 1 x 1", 2),
  ...rate("set 50 x 1", 2),
  ...rate("set 10 x 100", 3),
  ...rate("ensemble set 1 x 1", 3),
  ...rate("ensemble set 51 x 1", 3),
  ...rate("ensemble set 12 x 100", 4),
  ...rate("get 250 x 100 1KB", 6),
  ...rate("set 250 x 100 1KB", 3),
  { row: "cold start", metric: "megabytes", what: "memory, idle", ratio: 1 },
  { row: "set 250 x 100 1KB", metric: "peakMegabytes", what: "memory, most under load", ratio: 3 },
  { row: "fill 1000000", metric: "megabytes", what: "memory with 1M znodes", ratio: 4 },
  { row: "restart 1000000", metric: "ms", what: "restart with 1M znodes", ratio: 2.5 },
  { row: "cold start", metric: "ms", ratio: 3 },
  { row: "fill 1000000", metric: "pauseMs", what: "longest pause meanwhile", atMost: 15 },
  { row: "storm 10000 on 1000", metric: "ms", what: "last of 10,000 events", ratio: 3 },
];
