/** What a run writes down of its servers when it is over: their trees, and whether they agree. */

import { describeId, type Zxid } from "../base/ids.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { TreeNode } from "./history.ts";
import type { Process } from "./process.ts";
import type { Recorder } from "./recorder.ts";
import { tell, tellAcl } from "./told.ts";

/** Whether all serve, at the same zxid, with nothing under way. */
export function agree(processes: readonly Process[]): boolean {
  const first = processes[0]?.born?.state().tree.lastProcessed;
  return processes.every(
    ({ born, isQuiet }) =>
      born !== undefined &&
      isQuiet &&
      born.isServing() &&
      born.state().tree.lastProcessed === first,
  );
}

export function recordTrees(processes: readonly Process[], recorder: Recorder): void {
  for (const { server, born } of processes) {
    if (born === undefined) continue;
    recorder.add({ ...treeRecord(born.state().tree), server });
  }
}

/** All that a tree holds, for the checkers. */
export function treeRecord(tree: DataTree): {
  readonly kind: "tree";
  readonly zxid: Zxid;
  readonly nodes: ReadonlyMap<string, TreeNode>;
} {
  const nodes = new Map<string, TreeNode>();
  collect(tree, "/", nodes);
  return { kind: "tree", zxid: tree.lastProcessed, nodes };
}

/** The servers whose digest differs from the first one's, in a sentence each. */
export function differences(processes: readonly Process[]): readonly string[] {
  const [first, ...others] = processes.flatMap(({ host, born }) => {
    const tree = born?.state().tree;
    return tree === undefined ? [] : [{ host, zxid: tree.lastProcessed, digest: tree.digest }];
  });
  if (first === undefined) return [];
  return others
    .filter(({ zxid, digest }) => zxid !== first.zxid || digest !== first.digest)
    .map(
      ({ host, zxid, digest }) =>
        `${host} ends at ${describeId(zxid)} with digest ${digest}, ` +
        `${first.host} at ${describeId(first.zxid)} with ${first.digest}`,
    );
}

/** Notes what a client could see of a node and all below it; of /zookeeper nothing. */
export function collect(tree: DataTree, path: string, into: Map<string, TreeNode>): void {
  if (path === "/zookeeper") return;
  const node = tree.findText(path);
  const acl = tellAcl(tree.aclOf(node));
  into.set(path, { data: tell(tree.dataOf(node)), stat: tree.statOf(node), acl });
  const base = path === "/" ? "" : path;
  for (const child of tree.childrenOf(node)) collect(tree, `${base}/${child}`, into);
}
