/**
 * bin/zkSnapShotToolkit.sh: options, output and exit codes of the reference's SnapshotFormatter.
 *
 * Nodes stand in the order of their paths, level by level below each parent; the reference prints
 * siblings in the order of a Java hash table.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { SessionId } from "../../base/ids.ts";
import { SnapshotDamaged } from "../../txnlog/errors.ts";
import { type CommandStreams, Output } from "../output.ts";
import { findSnapshots } from "../places.ts";
import { type LoadedSnapshot, readSnapshot, type SnapshotNode } from "../snapshot-load.ts";
import { longDate, paddedHex } from "./java-text.ts";

const USAGE = `USAGE: SnapshotFormatter [-d|-json] snapshot_file
       -d dump the data for each znode
       -json dump znode info in json format
`;
const Exit = { fine: 0, damaged: 1, refused: 2 } as const;

/** Answers the exit code. */
export async function runSnapshotFormatter(
  argv: readonly string[],
  { stdout, stderr }: CommandStreams,
): Promise<number> {
  const flags = argv.filter((word) => ["-d", "-json"].includes(word));
  const [file, ...more] = argv.filter((word) => !flags.includes(word));
  if (file === undefined || more.length > 0) {
    stderr.write(USAGE);
    return Exit.refused;
  }
  if (!existsSync(file)) {
    stderr.write(`File '${resolve(file)}' does not exist.\n`);
    return Exit.refused;
  }
  const at = findSnapshots(file).at(-1)!;
  const withData = flags.includes("-d");
  try {
    const loaded = await readSnapshot(at, { withData });
    const out = new Output(stdout);
    const tree = treeOf(loaded.nodes);
    if (flags.includes("-json")) printJson(tree, out);
    else await printDetails(loaded, { tree, withData, out, zxid: at.snapshot.zxid });
    await out.flush();
    return Exit.fine;
  } catch (error) {
    if (!(error instanceof SnapshotDamaged)) throw error;
    stderr.write(`${at.path}: ${error.reason}\n`);
    return Exit.damaged;
  }
}

/** A node and those below it, by name. */
type Branch = {
  readonly name: string;
  readonly node: SnapshotNode;
  readonly children: readonly Branch[];
};

function treeOf(nodes: readonly SnapshotNode[]): Branch {
  const branches = new Map<string, Branch & { readonly children: Branch[] }>();
  for (const node of nodes) {
    const { path } = node;
    const slash = path.lastIndexOf("/");
    const branch = { name: path === "/" ? "/" : path.slice(slash + 1), node, children: [] };
    branches.set(path, branch);
    if (path === "/") continue;
    const parent = branches.get(slash === 0 ? "/" : path.slice(0, slash));
    if (parent === undefined) throw new SnapshotDamaged(`${path} stands before its parent`);
    parent.children.push(branch);
  }
  const root = branches.get("/");
  if (root === undefined) throw new SnapshotDamaged("it has no root");
  for (const { children } of branches.values()) {
    children.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  return root;
}

/** Every branch, a parent before its children. */
function* walk(branch: Branch): Generator<Branch, void> {
  const waiting = [branch];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    waiting.push(...next.children.toReversed());
  }
}

type Details = {
  readonly tree: Branch;
  readonly withData: boolean;
  readonly out: Output;
  readonly zxid: bigint;
};

async function printDetails(
  { nodes, sessions }: LoadedSnapshot,
  { tree, withData, out, zxid }: Details,
): Promise<void> {
  // The reference keeps the root under two names.
  out.line(`ZNode Details (count=${nodes.length + 1}):`);
  out.line("----");
  for (const { node } of walk(tree)) {
    for (const line of detailLines(node, withData)) out.line(line);
    await out.pace();
  }
  out.line("Session Details (sid, timeout, ephemeralCount):");
  const owned = new Map<bigint, number>();
  for (const { stat } of nodes) {
    owned.set(stat.ephemeralOwner, (owned.get(stat.ephemeralOwner) ?? 0) + 1);
  }
  for (const [id, timeoutMs] of [...sessions].toSorted(bySession)) {
    out.line(`0x${unsigned(id)}, ${timeoutMs}, ${owned.get(id) ?? 0}`);
  }
  out.line("----");
  out.line(`Last zxid: 0x${unsigned(nodes.reduce(laterOf, zxid))}`);
}

/** A snapshot may show what came after it was begun. */
function laterOf(last: bigint, { stat }: SnapshotNode): bigint {
  if (stat.mzxid > last) last = stat.mzxid;
  if (stat.pzxid > last) last = stat.pzxid;
  return last;
}

const unsigned = (id: bigint): string => BigInt.asUintN(64, id).toString(16);

const bySession = ([a]: readonly [SessionId, number], [b]: readonly [SessionId, number]): number =>
  a < b ? -1 : 1;

const detailLines = ({ path, stat, data, dataBytes }: SnapshotNode, withData: boolean) => [
  path,
  `  cZxid = ${paddedHex(stat.czxid)}`,
  `  ctime = ${longDate(stat.ctime)}`,
  `  mZxid = ${paddedHex(stat.mzxid)}`,
  `  mtime = ${longDate(stat.mtime)}`,
  `  pZxid = ${paddedHex(stat.pzxid)}`,
  `  cversion = ${stat.cversion}`,
  `  dataVersion = ${stat.version}`,
  `  aclVersion = ${stat.aversion}`,
  `  ephemeralOwner = ${paddedHex(stat.ephemeralOwner)}`,
  withData
    ? `  data = ${Buffer.from(data).toString("base64")}`
    : `  dataLength = ${dataBytes ?? 0}`,
  "----",
];

/** The inodes of a file system that could be drawn from it: what disk usage viewers read. */
const FIRST_INODE = 1001;

function printJson(tree: Branch, out: Output): void {
  const about = { progname: "SnapshotFormatter.java", progver: "0.01", timestamp: Date.now() };
  out.text(`[1,0,${JSON.stringify(about)},`);
  let inode = FIRST_INODE;
  let depth = 0;
  const open: number[] = [];
  for (const { name, node, children } of walk(tree)) {
    const size = node.dataBytes ?? 0;
    const text = JSON.stringify({ name, asize: size, dsize: size, dev: 0, ino: inode++ });
    if (depth > 0) out.text(",");
    const isBranch = children.length > 0 || depth === 0;
    out.text(isBranch ? `[${text}` : text);
    depth = 1;
    if (open.length > 0) open[open.length - 1]!--;
    if (children.length > 0) open.push(children.length);
    else if (isBranch) out.text("]");
    while (open.at(-1) === 0) {
      open.pop();
      out.text("]");
    }
  }
  out.text("]");
}
