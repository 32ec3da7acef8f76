/**
 * The results of a run as they stand in docs/performance.md, between its marks: the aims first,
 * then every row that was measured.
 */
import { AIMS, type Aim } from "./aims.ts";
import { type Figures, type Metric, ratio, summary } from "./figures.ts";
import type { RowResult } from "./rounds.ts";

export const PAGE = "docs/performance.md";
const BEGIN = "<!-- bench: begin -->";
const END = "<!-- bench: end -->";
const BASE = "apache";

export type Results = {
  readonly when: string;
  readonly rounds: number;
  readonly times: { readonly measureMs: number };
  readonly contenders: readonly { readonly name: string; readonly runsOn: string }[];
  readonly rows: readonly RowResult[];
};

const grouped = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(2)));
const micros = (value: number): string =>
  value >= 1_000 ? `${grouped(value / 1_000)} ms` : `${grouped(value)} us`;

function shown(metric: Metric, value: number): string {
  if (metric === "perSecond") return `${grouped(value)}/s`;
  if (metric.endsWith("Micros") || metric === "cpuMicrosPerOp") return micros(value);
  return metric.toLowerCase().endsWith("megabytes")
    ? `${grouped(value)} MB`
    : `${grouped(value)} ms`;
}

const WORDS: Partial<Record<Metric, string>> = {
  ...{ perSecond: "rate", p99Micros: "p99", cpuMicrosPerOp: "CPU a request", ms: "time" },
  ...{ megabytes: "memory", pauseMs: "longest pause" },
};

type Cell = { readonly text: string; readonly value: number; readonly times: number | undefined };

function cellOf(row: RowResult, contender: string, metric: Metric): Cell | undefined {
  const mine = row.rounds[contender];
  const value = mine === undefined ? undefined : summary(mine)[metric];
  if (mine === undefined || value === undefined) return undefined;
  const theirs: readonly Figures[] | undefined = contender === BASE ? undefined : row.rounds[BASE];
  const times = theirs && ratio(theirs, mine, metric)?.median;
  const factor = times === undefined ? "" : ` (${times.toFixed(times < 10 ? 1 : 0)}x)`;
  return { text: `${shown(metric, value)}${factor}`, value, times };
}

/** Whether any runtime gets there. */
function isMet(aim: Aim, cells: readonly (Cell | undefined)[]): boolean {
  return cells.some((cell) => {
    if (cell === undefined) return false;
    return "atMost" in aim
      ? cell.value <= aim.atMost
      : cell.times !== undefined && cell.times >= aim.ratio;
  });
}

function line(row: RowResult, metric: Metric, names: readonly string[], aim?: Aim): string {
  const cells = names.map((name) => cellOf(row, name, metric));
  const what = aim?.what ?? WORDS[metric] ?? metric;
  const own = cells.filter((_, at) => names[at] !== BASE);
  const goal =
    aim === undefined
      ? []
      : [
          "atMost" in aim ? `${aim.atMost} ms` : `${aim.ratio}x`,
          isMet(aim, own) ? "yes" : "**no**",
        ];
  return `| ${[row.name, what, ...cells.map((cell) => cell?.text ?? ""), ...goal].join(" | ")} |`;
}

const head = (cells: readonly string[], left: number): readonly string[] => [
  `| ${cells.join(" | ")} |`,
  `| ${cells.map((_, at) => (at < left ? "---" : "---:")).join(" | ")} |`,
];

/** What stands between the marks. */
export function pageOf({ when, rounds, times, contenders, rows }: Results): string {
  const names = contenders.map(({ name }) => name);
  const titles = contenders.map(({ name, runsOn }) =>
    name === BASE ? "Apache" : `Quoll, ${runsOn.replace("Node.js", "Node")}`,
  );
  const byName = new Map(rows.map((row) => [row.name, row]));
  const aims = AIMS.flatMap((aim) => {
    const row = byName.get(aim.row);
    const isMeasured = row !== undefined && names.some((name) => cellOf(row, name, aim.metric));
    return isMeasured ? [line(row, aim.metric, names, aim)] : [];
  });
  const others = rows.flatMap((row) => {
    const metrics = (
      ["perSecond", "ms", "p99Micros", "cpuMicrosPerOp", "megabytes"] as const
    ).filter((metric) => !AIMS.some((aim) => aim.row === row.name && aim.metric === metric));
    return metrics
      .filter((metric) => cellOf(row, BASE, metric) !== undefined)
      .map((metric) => line(row, metric, names));
  });
  return [
    `${when.slice(0, 10)}; medians of ${rounds} rounds of ${times.measureMs / 1_000} s, by turns.`,
    'A row\'s name prints it again: `npm run bench -- --rows "NAME"`, with `--runtime PROGRAM`',
    "for each further runtime. In brackets: how many times better than Apache in the same round.",
    "",
    ...head(["row", "figure", ...titles, "aim", "met"], 2),
    ...aims,
    "",
    "What else these rows tell, and rows without an aim:",
    "",
    ...head(["row", "figure", ...titles], 2),
    ...others,
  ].join("\n");
}

/** `page` with `text` between its marks. Throws where the marks are not there. */
export function withResults(page: string, text: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} lacks ${BEGIN} or ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${text}\n${page.slice(end)}`;
}
