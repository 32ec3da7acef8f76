/**
 * `quoll log FILE... | FOLDER`: prints, filters, counts, verifies and repairs transaction logs
 * while no server needs them.
 *
 * Promises: nothing is written without --repair and --yes together.
 */
import { parseArgs } from "node:util";
import { describeId } from "../base/ids.ts";
import { isWithin, type OutputForm, outputForm, sessionOf, zxidOf } from "./flags.ts";
import { List } from "./list.ts";
import { repairLogs } from "./log-repair.ts";
import { LogSummary } from "./log-summary.ts";
import { type Finding, isHarmless, type Walked, walkLogs } from "./log-walk.ts";
import { CommandRefused, type CommandStreams, Exit, type ExitCode, Output } from "./output.ts";
import { type Found, findLogs } from "./places.ts";
import { entryJson, entryText, type JsonRecord, pathsOf } from "./txn-text.ts";

export const LOG_USAGE = `Usage: quoll log FILE ... | FOLDER [what to do] [which] [how]

  (nothing)        print the transactions
  --summary        count them: types, sessions, time, the largest
  --verify         check every record, checksum and zxid; print only what is wrong
  --repair         tell how a torn end would be cut; with --yes cut it

  --path PATH      only what concerns PATH and what is below it
  --session ID     only what a session did
  --from ZXID      only from there on
  --to ZXID        only up to there
  --type NAME      only create, setData, ...

  --data           with the nodes' data
  --output FORM    text, json or ndjson (one JSON value a line)

Exit code: 0 all is whole; 1 something is damaged, torn or missing; 2 it could not be done.
`;

const OPTIONS = {
  summary: { type: "boolean", default: false },
  verify: { type: "boolean", default: false },
  repair: { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  path: { type: "string" },
  session: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  type: { type: "string" },
  data: { type: "boolean", default: false },
  output: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

type Entry = Extract<Walked, { readonly kind: "entry" }>;

/** `argv` is what follows `log`. Rejects with `CommandRefused`. */
export async function runLog(argv: readonly string[], streams: CommandStreams): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
  });
  const out = new Output(streams.stdout);
  if (values.help || positionals.length === 0) {
    out.text(LOG_USAGE);
    await out.flush();
    return values.help ? Exit.whole : Exit.refused;
  }
  const tasks = [values.summary, values.verify, values.repair].filter(Boolean);
  if (tasks.length > 1) throw new CommandRefused("one of --summary, --verify and --repair");
  if (values.yes && !values.repair) throw new CommandRefused("--yes belongs to --repair");
  const form = outputForm(values.output);
  const logs = findLogs(positionals);
  if (values.repair) return repairLogs(logs, { yes: values.yes, out });
  const wanted = filterOf(values);
  const findings = new Output(streams.stderr);
  if (values.verify) return verify(logs, form, out);
  if (values.summary) return summarise(logs, { form, wanted, out });
  return print(logs, { form, wanted, out, findings, withData: values.data });
}

type Wanted = (entry: Entry) => boolean;

function filterOf(values: {
  readonly path?: string | undefined;
  readonly session?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly type?: string | undefined;
}): Wanted {
  const { path, type } = values;
  const session = sessionOf("session", values.session);
  const from = zxidOf("from", values.from);
  const to = zxidOf("to", values.to);
  return ({ entry: { header, txn } }) => {
    if (from !== undefined && header.zxid < from) return false;
    if (to !== undefined && header.zxid > to) return false;
    if (session !== undefined && header.clientId !== session) return false;
    if (type !== undefined && txn.kind !== type) return false;
    return path === undefined || pathsOf(txn).some((each) => isWithin(each, path));
  };
}

type Printing = {
  readonly form: OutputForm;
  readonly wanted: Wanted;
  readonly out: Output;
  /** Where what is wrong goes: standard output holds data only. */
  readonly findings: Output;
  readonly withData: boolean;
};

async function print(logs: readonly Found[], printing: Printing): Promise<ExitCode> {
  const { form, wanted, out, findings, withData } = printing;
  const list = new List(form, out);
  let exit: ExitCode = Exit.whole;
  for (const walked of walkLogs(logs)) {
    if (out.isOver) break;
    if (walked.kind === "finding") {
      findings.line(findingText(walked.finding));
      if (!isHarmless(walked.finding)) exit = Exit.notWhole;
      continue;
    }
    if (!wanted(walked)) continue;
    if (form === "text") out.line(entryText(walked.entry, withData));
    else list.add(entryJson(walked.entry, withData));
    await out.pace();
  }
  list.end();
  await out.flush();
  await findings.flush();
  return exit;
}

async function summarise(
  logs: readonly Found[],
  { form, wanted, out }: Pick<Printing, "form" | "wanted" | "out">,
): Promise<ExitCode> {
  const summary = new LogSummary();
  const findings: Finding[] = [];
  for (const walked of walkLogs(logs)) {
    if (walked.kind === "finding") findings.push(walked.finding);
    else if (wanted(walked)) summary.add(walked);
  }
  const wrong = findings.filter((finding) => !isHarmless(finding));
  if (form === "text") for (const line of summary.lines(wrong)) out.line(line);
  else out.line(JSON.stringify(summary.json(wrong), null, form === "json" ? 2 : 0));
  await out.flush();
  return wrong.length === 0 ? Exit.whole : Exit.notWhole;
}

async function verify(logs: readonly Found[], form: OutputForm, out: Output): Promise<ExitCode> {
  const list = new List(form, out);
  let transactions = 0;
  let wrong = 0;
  for (const walked of walkLogs(logs)) {
    if (walked.kind === "entry") {
      transactions++;
      continue;
    }
    if (!isHarmless(walked.finding)) wrong++;
    if (form === "text") out.line(findingText(walked.finding));
    else list.add(findingJson(walked.finding));
  }
  if (form === "text") {
    const files = logs.length === 1 ? "1 file" : `${logs.length} files`;
    const whole = wrong === 0 ? "all whole" : `wrong at ${wrong} places`;
    out.line(`${transactions} transactions in ${files}: ${whole}`);
  }
  list.end();
  await out.flush();
  return wrong === 0 ? Exit.whole : Exit.notWhole;
}

const findingText = ({ kind, at, offset, after, text }: Finding): string =>
  `${at.path} at byte ${offset}, after ${describeId(after)}: ${kind}: ${text}`;

const findingJson = ({ kind, at, offset, after, text }: Finding): JsonRecord => ({
  finding: kind,
  file: at.path,
  offset,
  after: describeId(after),
  text,
});
