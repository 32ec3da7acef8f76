/** The checker of the kill test must itself see what it is there for. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { toZxid } from "../src/base/ids.ts";
import { after, explain, type Nodes, type Write } from "./interop/kill/model.ts";

const zxid = toZxid(7n);
const made = (path: string): Write => ({
  changes: [{ kind: "create", path, data: "0", owned: false }],
});
const set = (path: string, data: string): Write => ({ changes: [{ kind: "set", path, data }] });
const told = after(new Map(), made("/a"), zxid);
const known = (nodes: Nodes): Nodes =>
  new Map([...nodes].map(([path, node]) => [path, { ...node, mzxid: node.mzxid ?? zxid }]));

const open: readonly Write[] = [
  set("/a", "1"),
  { changes: [...made("/b").changes, ...set("/a", "2").changes] },
];
const all = open.reduce((nodes: Nodes, write) => after(nodes, write, null), told);

const rows: readonly (readonly [why: string, found: Nodes, kept: number | "wrong"])[] = [
  ["nothing of what was open", told, 0],
  ["the first open write alone", known(after(told, open[0]!, null)), 1],
  ["all open writes", known(all), 2],
  ["an acknowledged write is lost", new Map(), "wrong"],
  ["the second open write without the first", known(after(told, open[1]!, null)), "wrong"],
  ["half a multi", known(after(after(told, open[0]!, null), made("/b"), null)), "wrong"],
  [
    "another mzxid than was told",
    new Map([["/a", { ...told.get("/a")!, mzxid: toZxid(8n) }]]),
    "wrong",
  ],
];
for (const [why, found, kept] of rows) {
  test(why, () => {
    const outcome = explain(told, open, found);
    equal("kept" in outcome ? outcome.kept : "wrong", kept);
  });
}
