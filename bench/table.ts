/**
 * Results as a table for the terminal: a line for each contender of each row, and how many times
 * better than Apache it is. A ratio above 1 is in Quoll's favour in every column.
 */
import { type Figures, type Metric, type Ratio, ratio, summary } from "./figures.ts";
import type { RowResult } from "./rounds.ts";

type Cells = readonly string[];
const HEAD: Cells = [
  ...[
    "row",
    "server",
    "rate, time",
    "p50 / p99 / p99.9 / max",
    "CPU/op",
    "memory",
    "pause",
    "collector",
  ],
  ...["CPU server:load", "late p99", "ratio", "least-most", "p99", "CPU/op", "memory"],
];
/** The first is held against the others. */
const BASE = "apache";

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(2)));
const millis = (ms: number): string =>
  ms >= 10_000 ? `${rounded(ms / 1_000)} s` : `${rounded(ms)} ms`;
const micros = (value: number): string =>
  value >= 1_000 ? `${rounded(value / 1_000)} ms` : `${rounded(value)} us`;
const times = (value: number): string => `${value.toFixed(2)}x`;

const shown = (value: number | undefined, tell: (value: number) => string): string =>
  value === undefined ? "" : tell(value);

function latency(figures: Figures): string {
  const { p50Micros, p99Micros, p999Micros, maxMicros, pingP99Ms, pingMaxMs } = figures;
  if (pingMaxMs !== undefined && pingP99Ms !== undefined) {
    return `ping p99 ${millis(pingP99Ms)}, max ${millis(pingMaxMs)}`;
  }
  const all = [p50Micros, p99Micros, p999Micros, maxMicros].flatMap((value) => value ?? []);
  return all.map(micros).join(" / ");
}

/** The longest pause, and the part of all time. */
function collector({ gcPauseMs, gcShare }: Figures): string {
  const parts = [
    shown(gcPauseMs, millis),
    shown(gcShare, (share) => `${(share * 100).toFixed(1)}%`),
  ];
  return parts.filter((text) => text !== "").join(", ");
}

/** What a row is about: a rate, or the time that it took. */
const mainMetric = (figures: Figures): Metric =>
  figures.p99Micros === undefined && figures.ms !== undefined ? "ms" : "perSecond";

function ownCells(name: string, figures: Figures): Cells {
  const { perSecond, ms, serverCpu, loadCpu, megabytes, cpuMicrosPerOp } = figures;
  const main =
    mainMetric(figures) === "ms"
      ? shown(ms, millis)
      : shown(perSecond, (value) => `${rounded(value)}/s`);
  const cpu = [serverCpu, loadCpu].flatMap((value) => value?.toFixed(2) ?? []);
  return [
    ...[name, main, latency(figures), shown(cpuMicrosPerOp, (value) => `${rounded(value)} us`)],
    ...[shown(megabytes, (value) => `${rounded(value)} MB`), shown(figures.pauseMs, millis)],
    collector(figures),
    ...[cpu.join(":"), shown(figures.lateP99Micros, micros)],
  ];
}

function ratioCells(theirs: readonly Figures[], ours: readonly Figures[]): Cells {
  const of = (metric: Metric): Ratio | undefined => ratio(theirs, ours, metric);
  const main = of(mainMetric(summary(ours)));
  const middle = (found: Ratio | undefined): string => shown(found?.median, times);
  const range = main && `${main.least.toFixed(2)}-${main.most.toFixed(2)}`;
  const others = (["p99Micros", "cpuMicrosPerOp", "megabytes"] as const).map(of).map(middle);
  return [middle(main), range ?? "", ...others];
}

/** `cells` in columns, the first two to the left. */
function aligned(all: readonly Cells[]): string {
  const widths = HEAD.map((_, column) =>
    Math.max(...all.map((cells) => (cells[column] ?? "").length)),
  );
  const line = (cells: Cells): string =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? "";
        return column < 2 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return all.map(line).join("\n");
}

export function table(results: readonly RowResult[]): string {
  const lines = results.flatMap(({ name, rounds }) =>
    Object.entries(rounds).map(([contender, mine], at): Cells => {
      const theirs = contender === BASE ? undefined : rounds[BASE];
      const compared = theirs === undefined ? [] : ratioCells(theirs, mine);
      return [at === 0 ? name : "", ...ownCells(contender, summary(mine)), ...compared];
    }),
  );
  const failures = results.flatMap((result) => result.failures);
  const told = [...new Set(failures)].map((text) => `failed: ${text.split("\n")[0]}`);
  return [aligned([HEAD, ...lines]), ...told].join("\n");
}
