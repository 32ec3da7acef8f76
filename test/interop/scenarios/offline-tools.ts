/**
 * The tools that read logs and snapshots without a server, on the same files: golden ones, a log
 * with every kind of transaction, and damaged ones.
 *
 * Masked: how long something took, and the order of siblings in a snapshot's dump, which is that of
 * a Java hash table.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EVERY_TXN, logOf } from "../../support/every-txn.ts";
import { type Ran, runCommand } from "../../support/processes.ts";
import { REFERENCE_CLASSES, REPOSITORY, START, type SubjectName } from "../../support/subjects.ts";
import type { Outcome, Scenario } from "../scenario.ts";

const GOLDEN = join(REPOSITORY, "test/golden/apache-3.8.0");
const LIMIT_MS = 60_000;

type Tool = "log" | "snapshot" | "compare";
const CLASSES: Readonly<Record<Tool, string>> = {
  log: "org.apache.zookeeper.server.persistence.TxnLogToolkit",
  snapshot: "org.apache.zookeeper.server.SnapshotFormatter",
  compare: "org.apache.zookeeper.server.SnapshotComparer",
};
const SCRIPTS: Readonly<Record<Tool, string>> = {
  log: "zkTxnLogToolkit.sh",
  snapshot: "zkSnapShotToolkit.sh",
  compare: "zkSnapshotComparer.sh",
};

/** A call, and what is typed into it. */
type Row = readonly [tool: Tool, args: string, input?: string];

const COMPARED = "-l snapshot.3f -r snapshot.8e";
const ROWS: readonly Row[] = [
  ["log", "log.1"],
  ["log", "-d log.41"],
  ["log", "log.every"],
  ["log", "log.sums"],
  ["log", "log.torn"],
  ["log", "log.partial"],
  ["log", "log.foreign"],
  ["log", "log.length"],
  ["log", "log.bare"],
  ["log", "log.absent"],
  ["log", "-h"],
  ["log", ""],
  ["log", "-r log.sums", "y\nn\n"],
  ["log", "-r log.sums", "y\nn\n"],
  ["log", "-r -y -v log.torn"],
  ["log", "-r -y log.1"],
  ["log", "-r log.again", "perhaps\na\n"],
  ["log", "-c -z 0x2c log.1"],
  ["log", "-c -z 9999 log.1"],
  ["snapshot", "snapshot.0"],
  ["snapshot", "snapshot.fd"],
  ["snapshot", "-d snapshot.3f"],
  ["snapshot", "-json snapshot.fd"],
  ["snapshot", "snapshot.short"],
  ["snapshot", ""],
  ["snapshot", "snapshot.absent"],
  ["compare", `${COMPARED} -b 2 -n 1`],
  ["compare", `${COMPARED} -b 20 -n 10 -d`],
  ["compare", "-l snapshot.8e -r snapshot.3f -b 0 -n 0"],
  ["compare", `${COMPARED} -b 20 -n 10 -i`, "x\n9\n/none\n/m\n/\n\n2\n/zookeeper\n\n\n\n\n\n"],
  ["compare", "-l snapshot.3f"],
  ["compare", `${COMPARED} -b many -n 1`],
];

export const offlineTools: Scenario = {
  name: "offline-tools",
  async run(start) {
    const subject: SubjectName = start === START.apache ? "apache" : "quoll";
    const folder = await mkdtemp(join(tmpdir(), "quoll-test-offline-"));
    try {
      await fill(folder);
      const lines: string[] = [];
      for (const [tool, args, input = ""] of ROWS) {
        lines.push(`$ ${tool} ${args}`);
        const command = [...commandOf(subject, tool), ...args.split(" ").filter(Boolean)];
        const env = { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" };
        const ran = await runCommand(command, { limitMs: LIMIT_MS, cwd: folder, env, input });
        lines.push(...printed(tool, ran), `exit code ${ran.code}`);
      }
      return [...lines, ...(await copies(folder))];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const commandOf = (subject: SubjectName, tool: Tool): readonly string[] =>
  subject === "apache"
    ? ["java", "-cp", REFERENCE_CLASSES, CLASSES[tool]]
    : [join(REPOSITORY, "bin", SCRIPTS[tool])];

/** Standard output without what differs from run to run. Errors are told in words of one's own. */
function printed(tool: Tool, { stdout, code }: Ran): Outcome {
  // What it had printed of a snapshot before it saw the damage is of no use.
  if (tool === "snapshot" && code !== 0) return [];
  const lines = stdout.replace(/in \d+\.\d+ seconds/g, "in * seconds").split("\n");
  if (tool !== "snapshot") return lines;
  return stdout.startsWith("[") ? jsonNodes(stdout) : blocks(lines);
}

/** The nodes of a dump, sorted. */
const blocks = (lines: Outcome): Outcome =>
  lines
    .join("\n")
    .split("----\n")
    .toSorted()
    .flatMap((block) => {
      const inside = block.split("\n");
      return block.startsWith("Session") ? inside.toSorted() : inside;
    });

/** The nodes of the JSON form: the tree, with siblings sorted and the numbers of nodes masked. */
function jsonNodes(text: string): Outcome {
  const [major, minor, about, tree] = JSON.parse(text) as readonly [number, number, object, Tree];
  const masked = { ...about, timestamp: 0 };
  return [JSON.stringify([major, minor, masked]), ...sorted(tree)];
}

type Leaf = { readonly name: string; readonly ino: number };
type Tree = Leaf | readonly [Leaf, ...Tree[]];

function sorted(tree: Tree): readonly string[] {
  if (!Array.isArray(tree)) return [JSON.stringify({ ...tree, ino: 0 })];
  const [self, ...children] = tree as readonly [Leaf, ...Tree[]];
  const below = children.map(sorted).toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return [JSON.stringify({ ...self, ino: 0 }), ...below.flat().map((line) => `  ${line}`)];
}

/** The copies that were written, without the zeros at their ends. */
async function copies(folder: string): Promise<Outcome> {
  const names = (await readdir(folder)).filter((name) => /\.(fixed|chopped\d+)$/.test(name));
  const lines: string[] = [];
  for (const name of names.toSorted()) {
    const bytes = await readFile(join(folder, name));
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    lines.push(`${name} ${bytes.subarray(0, end).toString("hex")}`);
  }
  return lines;
}

async function fill(folder: string): Promise<void> {
  await cp(join(GOLDEN, "standalone/data/version-2"), folder, { recursive: true });
  const log = new Uint8Array(await readFile(join(folder, "log.90")));
  const changed = (at: number, ...bytes: number[]): Uint8Array => {
    const copy = log.slice();
    copy.set(bytes, at);
    return copy;
  };
  const files: Readonly<Record<string, Uint8Array>> = {
    "log.every": logOf(EVERY_TXN),
    "log.sums": changed(RECORD_3 + 52, 0x2e, 0x2e),
    "log.again": changed(RECORD_3 + 52, 0x2e),
    "log.torn": log.slice(0, RECORD_3 + 30),
    "log.partial": changed(RECORD_3 - 1, 0x43),
    "log.length": changed(RECORD_3 + 8, 0x7f),
    "log.foreign": changed(0, 0),
    "log.bare": log.slice(0, 16),
    "snapshot.short": new Uint8Array(await readFile(join(folder, "snapshot.8e"))).slice(0, 3000),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
}

/** Where the third record of log.90 begins, in bytes; 52 bytes on, its path. */
const RECORD_3 = 240;
