/** What differs between two snapshots, node by node. */
import { sameBytes } from "../base/bytes.ts";
import type { SnapshotNode } from "./snapshot-load.ts";
import { aclText, type JsonRecord, oneLine } from "./txn-text.ts";

/** What of a node changed. `recreated`: it was deleted and made again. */
export type Change = "data" | "acl" | "version" | "recreated" | "owner" | "children";

export type Difference =
  | { readonly kind: "added" | "removed"; readonly path: string; readonly dataBytes: number }
  | { readonly kind: "changed"; readonly path: string; readonly changes: readonly Change[] };

/** The differences from `left` to `right`, by path. Both were loaded with their data. */
export function differences(
  left: readonly SnapshotNode[],
  right: readonly SnapshotNode[],
): readonly Difference[] {
  const before = new Map(left.map((node) => [node.path, node]));
  const found: Difference[] = [];
  for (const node of right) {
    const { path } = node;
    const old = before.get(path);
    before.delete(path);
    const changes = old === undefined ? [] : changesOf(old, node);
    if (old === undefined) found.push({ kind: "added", path, dataBytes: node.dataBytes ?? 0 });
    else if (changes.length > 0) found.push({ kind: "changed", path, changes });
  }
  for (const { path, dataBytes } of before.values()) {
    found.push({ kind: "removed", path, dataBytes: dataBytes ?? 0 });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function changesOf(old: SnapshotNode, now: SnapshotNode): readonly Change[] {
  const changes: Change[] = [];
  if (old.stat.czxid !== now.stat.czxid) changes.push("recreated");
  if (old.dataBytes !== now.dataBytes || !sameBytes(old.data, now.data)) changes.push("data");
  if (old.stat.version !== now.stat.version || old.stat.mzxid !== now.stat.mzxid) {
    changes.push("version");
  }
  if (old.acl.map(aclText).join() !== now.acl.map(aclText).join()) changes.push("acl");
  if (old.stat.ephemeralOwner !== now.stat.ephemeralOwner) changes.push("owner");
  if (old.stat.pzxid !== now.stat.pzxid) changes.push("children");
  return changes;
}

export function differenceText(difference: Difference): string {
  const path = oneLine(difference.path);
  switch (difference.kind) {
    case "added":
      return `+ ${path} ${difference.dataBytes} bytes`;
    case "removed":
      return `- ${path} ${difference.dataBytes} bytes`;
    case "changed":
      return `~ ${path} ${difference.changes.join(", ")}`;
  }
}

export const differenceJson = (difference: Difference): JsonRecord => ({ ...difference });
