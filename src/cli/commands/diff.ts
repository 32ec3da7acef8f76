/** `diff`: where two subtrees differ, also of two servers. */
import { CliError, type Command } from "../command.ts";
import { type NodeWithAcl, readNodesWithAcl } from "../nodes.ts";
import { relativeTo, sameBytes } from "../plant.ts";
import { aclLines } from "../texts.ts";

export type Difference = {
  readonly path: string;
  /** Where the node is alone, or in what it differs. */
  readonly kind: "left" | "right" | "data" | "acl";
};
const MARKS: Readonly<Record<Difference["kind"], string>> = {
  left: "-",
  right: "+",
  data: "~",
  acl: "@",
};

export const diff: Command = {
  name: "diff",
  synopsis: "[-a] [-with host:port] left [right]",
  purpose:
    "Nodes that only the left subtree has (`-`), only the right one (`+`), whose data (`~`) or, " +
    "with `-a`, ACLs (`@`) differ; `-with`: the right one is on other servers. Ephemerals are " +
    "left out. Exit code 1 when there is a difference.",
  options: { a: "flag", with: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run(context, { flags, values, words }) {
    const { zk, row, signal, progress } = context;
    const [left = "", right = left] = words;
    const servers = values.get("with");
    await using other = servers === undefined ? undefined : await context.open(servers);
    const [lefts, rights] = [
      await readNodesWithAcl(zk, left, { signal, progress }),
      await readNodesWithAcl(other ?? zk, right, { signal, progress }),
    ];
    const differences = compare(seen(lefts, left), seen(rights, right), flags.has("a"));
    for (const { path, kind } of differences) {
      row({ path, kind }, `${MARKS[kind]} ${path === "" ? "." : path}`);
    }
    if (differences.length > 0) throw new CliError(`${differences.length} differences`);
  },
};

type Seen = ReadonlyMap<string, Pick<NodeWithAcl, "data" | "acl">>;

const seen = (nodes: readonly NodeWithAcl[], top: string): Seen =>
  new Map(
    nodes
      .filter(({ stat }) => stat.ephemeralOwner === 0n)
      .map((node) => [relativeTo(top, node.path), node]),
  );

/** By path. Keys are paths below the tops. */
export function compare(left: Seen, right: Seen, withAcls: boolean): readonly Difference[] {
  const differences: Difference[] = [];
  const paths = [...new Set([...left.keys(), ...right.keys()])].sort();
  for (const path of paths) {
    const [one, other] = [left.get(path), right.get(path)];
    if (other === undefined) differences.push({ path, kind: "left" });
    else if (one === undefined) differences.push({ path, kind: "right" });
    else {
      if (!sameBytes(one.data, other.data)) differences.push({ path, kind: "data" });
      const isSameAcl = aclLines(one.acl).join() === aclLines(other.acl).join();
      if (withAcls && !isSameAcl) differences.push({ path, kind: "acl" });
    }
  }
  return differences;
}
