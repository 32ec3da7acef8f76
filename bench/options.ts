/** The command line of the bench. */
import { parseArgs } from "node:util";
import type { ContenderOptions } from "./contenders.ts";
import { ALL_ROWS, atRate, chooseRows, DEFAULT_ROWS, type Row } from "./rows.ts";

/** Times of one turn, which is one load process on one server. */
export type Times = {
  /** Before the first turn on a server in a row; the others take a third of it. */
  readonly warmupMs: number;
  readonly measureMs: number;
};
export type BenchOptions = ContenderOptions & {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly times: Times;
  /** Names of contenders; empty for all. */
  readonly subjects: readonly string[];
  /** The file of all figures. */
  readonly out: string;
  /** Measure how ensembles bear faults instead (ensemble.ts), with so many znodes. */
  readonly faults: { readonly znodes: number } | undefined;
};

const QUICK = { rounds: 3, warmupMs: 1_500, measureMs: 1_000 };
const FULL = { rounds: 5, warmupMs: 5_000, measureMs: 4_000 };
const ENSEMBLE_ZNODES = 100_000;

export const USAGE = `npm run bench -- [--quick] [--all] [--rows NAME,NAME ...] [--rate N]
  [--rounds N] [--seconds S] [--subject NAME,NAME] [--runtime PROGRAM,PROGRAM]
  [--readers N] [--jvm ARGUMENT] [--znodes N] [--out FILE]
npm run bench -- --ensemble [--rounds N] [--znodes N]`;

function whole(flag: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${flag} ${text}: a number above 0 is wanted`);
  return Number(text);
}

/** Throws, with a line that says why, for what it does not understand. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values: flags } = parseArgs({
    args: [...argv],
    options: {
      all: { type: "boolean", default: false },
      ensemble: { type: "boolean", default: false },
      jvm: { type: "string", multiple: true, default: [] },
      out: { type: "string", default: "bench-results.json" },
      quick: { type: "boolean", default: false },
      rate: { type: "string" },
      readers: { type: "string" },
      rounds: { type: "string" },
      rows: { type: "string" },
      runtime: { type: "string", multiple: true, default: [] },
      seconds: { type: "string" },
      subject: { type: "string", default: "" },
      znodes: { type: "string" },
    },
  });
  const base = flags.quick ? QUICK : FULL;
  const seconds = flags.seconds === undefined ? undefined : Number(flags.seconds);
  if (seconds !== undefined && !(seconds > 0)) throw new Error(`--seconds ${flags.seconds}`);
  const znodes = flags.znodes === undefined ? undefined : whole("znodes", flags.znodes);
  const plan = (flags.all ? ALL_ROWS : DEFAULT_ROWS).map((row) =>
    row.kind === "fill" && znodes !== undefined ? { ...row, nodes: znodes } : row,
  );
  const rows = flags.rows === undefined ? plan : chooseRows(flags.rows, plan);
  return {
    rows: flags.rate === undefined ? rows : atRate(rows, whole("rate", flags.rate)),
    rounds: flags.rounds === undefined ? base.rounds : whole("rounds", flags.rounds),
    times: {
      warmupMs: base.warmupMs,
      measureMs: seconds === undefined ? base.measureMs : seconds * 1_000,
    },
    subjects: flags.subject.split(",").filter((name) => name !== ""),
    runtimes: flags.runtime.flatMap((list) => list.split(",")),
    readers: flags.readers === undefined ? 0 : whole("readers", flags.readers),
    jvm: flags.jvm,
    out: flags.out,
    faults: flags.ensemble ? { znodes: znodes ?? ENSEMBLE_ZNODES } : undefined,
  };
}
