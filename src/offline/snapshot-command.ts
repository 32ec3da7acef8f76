/**
 * `quoll snapshot FILE | FOLDER`: prints, counts, verifies and compares snapshots while no server
 * needs them. Nothing is written.
 */
import { parseArgs } from "node:util";
import { SnapshotDamaged } from "../txnlog/errors.ts";
import { isWithin, type OutputForm, outputForm, sessionOf, zxidOf } from "./flags.ts";
import { List } from "./list.ts";
import { nodeJson, nodeText } from "./node-text.ts";
import { CommandRefused, type CommandStreams, Exit, type ExitCode, Output } from "./output.ts";
import { type FoundSnapshot, findSnapshots } from "./places.ts";
import { differenceJson, differences, differenceText } from "./snapshot-compare.ts";
import { kindOf, type LoadedSnapshot, readSnapshot, type SnapshotNode } from "./snapshot-load.ts";
import { summaryJson, summaryLines } from "./snapshot-summary.ts";

export const SNAPSHOT_USAGE = `Usage: quoll snapshot FILE | FOLDER [what to do] [which] [how]

Of a folder the newest snapshot is meant; with --verify all of them.

  (nothing)        print the nodes, sorted by path
  --summary        count them: kinds, sessions, the largest, the most children
  --verify         read to the end, with every checksum
  --compare OTHER  the nodes that OTHER has more (+), has not (-), has otherwise (~)

  --path PATH      only PATH and what is below it
  --session ID     only the ephemerals of a session
  --from ZXID      only what was changed there or later
  --to ZXID        only what was changed there or earlier

  --data           with the nodes' data
  --output FORM    text, json or ndjson (one JSON value a line)

Exit code: 0 it is whole, and no difference; 1 it is damaged, or there are differences;
2 it could not be done.
`;

const OPTIONS = {
  summary: { type: "boolean", default: false },
  verify: { type: "boolean", default: false },
  compare: { type: "string" },
  path: { type: "string" },
  session: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  data: { type: "boolean", default: false },
  output: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** `argv` is what follows `snapshot`. Rejects with `CommandRefused`. */
export async function runSnapshot(
  argv: readonly string[],
  streams: CommandStreams,
): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    allowPositionals: true,
  });
  const out = new Output(streams.stdout);
  const [arg, ...more] = positionals;
  if (values.help || arg === undefined) {
    out.text(SNAPSHOT_USAGE);
    await out.flush();
    return values.help ? Exit.whole : Exit.refused;
  }
  if (more.length > 0) throw new CommandRefused("one file or folder; --compare names another");
  const tasks = [values.summary, values.verify, values.compare !== undefined].filter(Boolean);
  if (tasks.length > 1) throw new CommandRefused("one of --summary, --verify and --compare");
  const all = findSnapshots(arg);
  const printing = { form: outputForm(values.output), out, wanted: filterOf(values) };
  if (values.verify) return verify(all, printing);
  const newest = all.at(-1)!;
  try {
    if (values.compare !== undefined) {
      return await compare([newest, findSnapshots(values.compare).at(-1)!], printing);
    }
    const loaded = await load(newest, values.data);
    if (values.summary) return await summarise(newest, loaded, printing);
    return await print(loaded.nodes.filter(printing.wanted), values.data, printing);
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    streams.stderr.write(`quoll snapshot: ${error.message}\n`);
    return Exit.notWhole;
  }
}

type Printing = {
  readonly form: OutputForm;
  readonly out: Output;
  readonly wanted: (node: SnapshotNode) => boolean;
};

/** A snapshot that is damaged, with its name. */
class DamagedFile extends Error {
  override readonly name = "DamagedFile";
  readonly code = "DAMAGED_FILE";
}

async function load(at: FoundSnapshot, withData: boolean): Promise<LoadedSnapshot> {
  try {
    return await readSnapshot(at, { withData });
  } catch (cause) {
    if (!(cause instanceof SnapshotDamaged)) throw cause;
    throw new DamagedFile(`${at.path}: ${cause.reason}`, { cause });
  }
}

function filterOf(values: {
  readonly path?: string | undefined;
  readonly session?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}): (node: SnapshotNode) => boolean {
  const { path } = values;
  const session = sessionOf("session", values.session);
  const from = zxidOf("from", values.from);
  const to = zxidOf("to", values.to);
  return (node) => {
    if (from !== undefined && node.stat.mzxid < from) return false;
    if (to !== undefined && node.stat.mzxid > to) return false;
    if (path !== undefined && !isWithin(node.path, path)) return false;
    const owner = kindOf(node);
    return session === undefined || (owner.kind === "session" && owner.session === session);
  };
}

const byPath = (a: SnapshotNode, b: SnapshotNode): number => (a.path < b.path ? -1 : 1);

async function print(
  nodes: readonly SnapshotNode[],
  withData: boolean,
  { form, out }: Printing,
): Promise<ExitCode> {
  const list = new List(form, out);
  for (const node of nodes.toSorted(byPath)) {
    if (out.isOver) break;
    if (form === "text") out.line(nodeText(node, withData));
    else list.add(nodeJson(node, withData));
    await out.pace();
  }
  list.end();
  await out.flush();
  return Exit.whole;
}

async function summarise(
  at: FoundSnapshot,
  loaded: LoadedSnapshot,
  { form, out, wanted }: Printing,
): Promise<ExitCode> {
  const chosen = { ...loaded, nodes: loaded.nodes.filter(wanted) };
  if (form === "text") for (const line of summaryLines(at, chosen)) out.line(line);
  else out.line(JSON.stringify(summaryJson(at, chosen), null, form === "json" ? 2 : 0));
  await out.flush();
  return Exit.whole;
}

async function verify(all: readonly FoundSnapshot[], { form, out }: Printing): Promise<ExitCode> {
  const list = new List(form, out);
  let exit: ExitCode = Exit.whole;
  for (const at of all) {
    try {
      const { nodes } = await load(at, false);
      if (form === "text") out.line(`${at.path}: whole, ${nodes.length} nodes`);
      else list.add({ file: at.path, whole: true, nodes: nodes.length });
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      exit = Exit.notWhole;
      const { reason } = error.cause as SnapshotDamaged;
      if (form === "text") out.line(`${at.path}: damaged: ${reason}`);
      else list.add({ file: at.path, whole: false, reason });
    }
  }
  list.end();
  await out.flush();
  return exit;
}

async function compare(
  [one, other]: readonly [FoundSnapshot, FoundSnapshot],
  { form, out, wanted }: Printing,
): Promise<ExitCode> {
  const left = await load(one, true);
  const right = await load(other, true);
  const found = differences(left.nodes.filter(wanted), right.nodes.filter(wanted));
  const list = new List(form, out);
  for (const difference of found) {
    if (form === "text") out.line(differenceText(difference));
    else list.add(differenceJson(difference));
    await out.pace();
  }
  list.end();
  await out.flush();
  return found.length === 0 ? Exit.whole : Exit.notWhole;
}
