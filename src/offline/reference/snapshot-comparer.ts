/** bin/zkSnapshotComparer.sh: options, output and exit codes of the reference's SnapshotComparer. */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { SnapshotDamaged } from "../../txnlog/errors.ts";
import { type CommandStreams, Output } from "../output.ts";
import { findSnapshots } from "../places.ts";
import { readSnapshot } from "../snapshot-load.ts";
import { type Weighed, type WeighedTree, weigh } from "./comparer-tree.ts";
import { linesOf } from "./lines.ts";

const DELTA = "delta size threshold, in";
const USAGE = `usage: java -cp <classPath> org.apache.zookeeper.server.SnapshotComparer
 -b,--bytes <BYTETHRESHOLD>   (Required) The node data ${DELTA} bytes, for printing the node.
 -d,--debug                   Use debug output.
 -i,--interactive             Enter interactive mode.
 -l,--left <LEFT>             (Required) The left snapshot file.
 -n,--nodes <NODETHRESHOLD>   (Required) The descendant node ${DELTA} nodes, for printing the node.
 -r,--right <RIGHT>           (Required) The right snapshot file.
`;

const OPTIONS = {
  left: { type: "string", short: "l" },
  right: { type: "string", short: "r" },
  bytes: { type: "string", short: "b" },
  nodes: { type: "string", short: "n" },
  debug: { type: "boolean", short: "d", default: false },
  interactive: { type: "boolean", short: "i", default: false },
} as const;
const REQUIRED = ["left", "right", "bytes", "nodes"] as const;

const Exit = { fine: 0, wrong: 1, refused: 2 } as const;

/** Answers the exit code. */
export async function runSnapshotComparer(
  argv: readonly string[],
  { stdin, stdout, stderr }: CommandStreams,
): Promise<number> {
  const values = parse(argv);
  if (typeof values === "string") {
    stderr.write(`${values}\n`);
    stdout.write(USAGE);
    return Exit.refused;
  }
  const out = new Output(stdout);
  const { debug, interactive } = values;
  const limits = { bytes: Number(values.bytes), nodes: Number(values.nodes) };
  const badLimit = [values.bytes, values.nodes].find((text) => !/^-?\d+$/.test(text));
  if (badLimit !== undefined) {
    stderr.write(`For input string: "${badLimit}"\n`);
    return Exit.wrong;
  }
  out.line("Successfully parsed options!");
  try {
    const left = await load(values.left, out);
    const right = await load(values.right, out);
    tellTree(left, out);
    tellTree(right, out);
    const comparer = new Comparer({ left, right, limits, debug, tellsFiltered: interactive, out });
    if (interactive) await converse(comparer, linesOf(stdin), out);
    else comparer.all();
    out.line("All layers compared.");
    await out.flush();
    return Exit.fine;
  } catch (error) {
    if (!(error instanceof SnapshotDamaged)) throw error;
    await out.flush();
    stderr.write(`${error.reason}\n`);
    return Exit.wrong;
  }
}

/** The values, or what is missing. */
function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS });
    const { left, right, bytes, nodes, debug, interactive } = values;
    if (left === undefined || right === undefined || bytes === undefined || nodes === undefined) {
      const missing = REQUIRED.filter((name) => values[name] === undefined);
      const letters = missing.map((name) => OPTIONS[name].short).join(", ");
      return `Missing required option${missing.length > 1 ? "s" : ""}: ${letters}`;
    }
    return { left, right, bytes, nodes, debug, interactive };
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

async function load(file: string, out: Output): Promise<WeighedTree> {
  const begun = performance.now();
  const { nodes } = await readSnapshot(findSnapshots(file).at(-1)!, { withData: false });
  out.line(`Deserialized snapshot in ${basename(file)} in ${secondsSince(begun)} seconds`);
  const loaded = performance.now();
  const tree = weigh(nodes);
  out.line(`Processed data tree in ${secondsSince(loaded)} seconds`);
  return tree;
}

const secondsSince = (begun: number): string => ((performance.now() - begun) / 1000).toFixed(6);

function tellTree({ levels, byLabel }: WeighedTree, out: Output): void {
  out.line(`Node count: ${byLabel.size}`);
  out.line(`Total size: ${byLabel.get("")?.bytes ?? 0}`);
  out.line(`Max depth: ${levels.length}`);
  for (const [depth, level] of levels.entries()) {
    out.line(`Count of nodes at depth ${depth}: ${level.length}`);
  }
  out.line("");
}

type Comparison = {
  readonly left: WeighedTree;
  readonly right: WeighedTree;
  readonly limits: { readonly bytes: number; readonly nodes: number };
  readonly debug: boolean;
  /** Nodes that differ too little are named too. */
  readonly tellsFiltered: boolean;
  readonly out: Output;
};

class Comparer {
  private readonly c: Comparison;

  constructor(comparison: Comparison) {
    this.c = comparison;
  }

  /** The greatest depth in either. */
  get depthMax(): number {
    return Math.max(this.c.left.levels.length, this.c.right.levels.length) - 1;
  }

  all(): void {
    this.tellLimits();
    for (let depth = 0; depth <= this.depthMax; depth++) this.level(depth);
  }

  tellLimits(): void {
    const { bytes, nodes } = this.c.limits;
    this.c.out.line(
      `Printing analysis for nodes difference larger than ${bytes} bytes or ` +
        `node count difference larger than ${nodes}.`,
    );
  }

  level(depth: number): void {
    const { left, right, out } = this.c;
    out.line(`Analysis for depth ${depth}`);
    this.merge(left.levels[depth] ?? [], right.levels[depth] ?? []);
  }

  /** The children of one node. */
  below(label: string): void {
    const { left, right, out } = this.c;
    out.line(`Analysis for node ${label}`);
    const [one, other] = [left.byLabel.get(label), right.byLabel.get(label)];
    if (one === undefined && other === undefined) {
      out.line(`Path ${label} is neither found in left tree nor right tree.`);
    } else this.merge(one?.children ?? [], other?.children ?? []);
  }

  private merge(left: readonly Weighed[], right: readonly Weighed[]): void {
    let [at, to] = [0, 0];
    while (at < left.length && to < right.length) {
      const [one, other] = [left[at]!, right[to]!];
      this.debug(`Comparing ${one.label} to ${other.label}`);
      if (one.label === other.label) {
        this.debug("same");
        this.both(one, other);
        at++;
        to++;
      } else if (one.label < other.label) {
        this.debug("left is less");
        this.only("left", one);
        at++;
      } else {
        this.debug("right is less");
        this.only("right", other);
        to++;
      }
    }
    for (const one of left.slice(at)) this.only("left", one);
    for (const other of right.slice(to)) this.only("right", other);
  }

  private both(one: Weighed, other: Weighed): void {
    const bytes = other.bytes - one.bytes;
    const count = other.count - one.count;
    const delta = `Delta: ${bytes} bytes, ${count} descendants`;
    if (this.isLarge(bytes, count)) {
      this.c.out.line(`Node ${one.label} found in both trees. ${delta}`);
    } else {
      const sizes = `left size ${one.bytes}, right size ${other.bytes}`;
      this.filtered(`Filtered node ${one.label} of ${sizes}`);
    }
  }

  private only(side: "left" | "right", { label, bytes, count }: Weighed): void {
    if (!this.isLarge(bytes, count)) {
      return this.filtered(`Filtered ${side} node ${label} of size ${bytes}`);
    }
    const size = `Descendant size: ${bytes}. Descendant count: ${count}`;
    this.c.out.line(`Node ${label} found only in ${side} tree. ${size}`);
  }

  private isLarge(bytes: number, count: number): boolean {
    const { limits } = this.c;
    return Math.abs(bytes) > limits.bytes || Math.abs(count) > limits.nodes;
  }

  private filtered(text: string): void {
    if (this.c.debug || this.c.tellsFiltered) this.c.out.line(text);
  }

  private debug(text: string): void {
    if (this.c.debug) this.c.out.line(text);
  }
}

const PATH_RULE = "Path must start with '/'.";

/** Asks which level or which node comes next, until the levels or the answers are at their end. */
async function converse(
  comparer: Comparer,
  answers: ReturnType<typeof linesOf>,
  out: Output,
): Promise<void> {
  const { depthMax } = comparer;
  for (let depth = 0; depth <= depthMax; ) {
    out.line(`Current depth is ${depth}`);
    out.line("- Press enter to move to print current depth layer;");
    out.line("- Type a number to jump to and print all nodes at a given depth;");
    out.line(`- Enter an ABSOLUTE path to print the immediate subtree of a node. ${PATH_RULE}`);
    await out.flush();
    const answer = await answers.next();
    if (answer === undefined) break;
    const range = `Depth must be in range [0, ${depthMax}]`;
    comparer.tellLimits();
    if (answer === "") comparer.level(depth++);
    else if (answer.startsWith("/")) comparer.below(answer);
    else if (!/^-?\d+$/.test(answer)) {
      const rule = "Path must be an absolute path which starts with '/'.";
      out.line(`Input ${answer} is not valid. ${range}. ${rule}`);
    } else if (Number(answer) < 0 || Number(answer) > depthMax) {
      out.line(range);
      continue;
    } else {
      depth = Number(answer);
      comparer.level(depth);
    }
    out.line("");
  }
  answers.close();
}
