/** The figures of one or two servers as a table: a row each, and how many times better Quoll is. */
import type { RequestsResult } from "./jobs.ts";
import { type Figures, ROWS, rowName } from "./measure.ts";

type Cells = readonly string[];
const HEAD: Cells = [
  "work",
  "Apache",
  "p50 / p99",
  "Quoll",
  "p50 / p99",
  "ratio",
  "CPU server:load",
];

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(2);
const micros = (value: number): string =>
  value >= 1_000 ? `${rounded(value / 1_000)} ms` : `${rounded(value)} us`;

function ratio(better: number | undefined, worse: number | undefined): string {
  return better === undefined || worse === undefined ? "" : `${(better / worse).toFixed(2)}x`;
}

const latency = (result: RequestsResult | undefined): string =>
  result === undefined ? "" : `${micros(result.p50Micros)} / ${micros(result.p99Micros)}`;
const perSecond = (result: RequestsResult | undefined): string =>
  result === undefined ? "" : `${rounded(result.perSecond)}/s`;
const cpu = (result: RequestsResult | undefined): string =>
  result === undefined ? "" : `${result.serverCpu.toFixed(2)}:${result.loadCpu.toFixed(2)}`;

function rateRow(name: string, apache: Figures | undefined, quoll: Figures | undefined): Cells {
  const [theirs, ours] = [apache?.rates[name], quoll?.rates[name]];
  const better = ratio(ours?.perSecond, theirs?.perSecond);
  const used = [cpu(theirs), cpu(ours)].filter((text) => text !== "").join("  ");
  return [name, perSecond(theirs), latency(theirs), perSecond(ours), latency(ours), better, used];
}

/** Rows in which less is better. */
const LESS: readonly (readonly [name: string, unit: string, of: (figures: Figures) => number])[] = [
  ["memory, idle", "MB", (figures) => figures.idleMegabytes],
  ["memory, peak under load", "MB", (figures) => figures.loadedMegabytes],
  ["cold start to first answer", "ms", (figures) => figures.coldStartMs],
  ["znodes of 100 B: load", "s", (figures) => figures.fill.seconds],
  ["  memory then", "MB", (figures) => figures.fill.megabytes],
  ["  longest pause meanwhile", "ms", (figures) => figures.fill.pauseMs],
  ["  ping p99 meanwhile", "ms", (figures) => figures.fill.pingP99Ms],
  ["  restart to first answer", "ms", (figures) => figures.fill.restartMs],
  ["  memory after restart", "MB", (figures) => figures.fill.restartedMegabytes],
];

export function table(apache: Figures | undefined, quoll: Figures | undefined): string {
  const rows: Cells[] = ROWS.map((row) => rateRow(rowName(row), apache, quoll));
  const nodes = (apache ?? quoll)?.fill.nodes ?? 0;
  for (const [name, unit, of] of LESS) {
    const [theirs, ours] = [apache && of(apache), quoll && of(quoll)];
    const shown = (value: number | undefined): string =>
      value === undefined ? "" : `${rounded(value)} ${unit}`;
    const title = name.replace(/^znodes/, `${nodes.toLocaleString("en-US")} znodes`);
    rows.push([title, shown(theirs), "", shown(ours), "", ratio(theirs, ours), ""]);
  }
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)));
  const line = (cells: Cells): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
      )
      .join("  ");
  return all.map(line).join("\n");
}
