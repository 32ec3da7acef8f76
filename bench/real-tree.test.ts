/** The shape of the tree of large runs. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { RealTree } from "./real-tree.ts";

const NODES = 100_000;

test("paths, names, data and the largest node are those of real trees", () => {
  const tree = new RealTree(NODES);
  const children = new Map<string, number>();
  const all = new Set<string>();
  let [paths, names, data] = [0, 0, 0];
  for (let index = 0; index < NODES; index++) {
    const path = tree.path(index);
    const cut = path.lastIndexOf("/");
    const parent = path.slice(0, cut);
    ok(parent === "/fill" || all.has(parent), "parents come first");
    all.add(path);
    children.set(parent, (children.get(parent) ?? 0) + 1);
    paths += path.length;
    names += path.length - cut - 1;
    data += tree.dataBytes(index);
  }
  equal(all.size, NODES);
  const near = (sum: number, mean: number, off: number): void =>
    ok(Math.abs(sum / NODES - mean) <= off, `${sum / NODES} where ${mean} is wanted`);
  near(paths, 115, 2);
  near(names, 24, 0.5);
  near(data, 46, 1);
  near(Math.max(...children.values()), NODES / 10 / NODES, 0.005);
});

test("levels follow one another without a gap, also in a small tree", () => {
  for (const nodes of [10, 1_000, NODES]) {
    let next = 0;
    for (const { from, count } of new RealTree(nodes).levels) {
      equal(from, next);
      next += count;
    }
    equal(next, nodes);
  }
});
