/**
 * A snapshot as SnapshotComparer weighs it: each node with the bytes and the nodes below it, level
 * by level.
 */
import { SnapshotDamaged } from "../../txnlog/errors.ts";
import type { SnapshotNode } from "../snapshot-load.ts";

export type Weighed = {
  /** Empty for the root. */
  readonly label: string;
  /** Data of the node and of all below it, in bytes. */
  readonly bytes: number;
  /** Nodes below it. */
  readonly count: number;
  readonly children: readonly Weighed[];
};

export type WeighedTree = {
  /** The nodes of each depth, by label; the root is 0 deep. */
  readonly levels: ReadonlyArray<readonly Weighed[]>;
  readonly byLabel: ReadonlyMap<string, Weighed>;
};

type Open = {
  readonly label: string;
  readonly children: Open[];
  bytes: number;
  count: number;
};

export function weigh(nodes: readonly SnapshotNode[]): WeighedTree {
  const byLabel = new Map<string, Open>();
  const levels: Open[][] = [];
  for (const { path, dataBytes } of nodes) {
    const label = path === "/" ? "" : path;
    const open: Open = { label, children: [], bytes: dataBytes ?? 0, count: 0 };
    byLabel.set(label, open);
    const depth = label.split("/").length - 1;
    (levels[depth] ??= []).push(open);
  }
  for (const level of levels.slice(1).reverse()) {
    for (const open of level) addToParent(open, byLabel);
  }
  for (const level of levels) level.sort(byName);
  for (const { children } of byLabel.values()) children.sort(byName);
  return { levels, byLabel };
}

function addToParent(open: Open, byLabel: ReadonlyMap<string, Open>): void {
  const parent = byLabel.get(open.label.slice(0, open.label.lastIndexOf("/")));
  if (parent === undefined) throw new SnapshotDamaged(`${open.label} has no parent`);
  parent.bytes += open.bytes;
  parent.count += open.count + 1;
  parent.children.push(open);
}

const byName = (a: Open, b: Open): number => (a.label < b.label ? -1 : 1);
