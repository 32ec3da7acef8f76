/**
 * One million znodes of 100 bytes in the data tree, and one million watches: time, memory, and the
 * longest single step of each kind, collector pauses included. Prints a table.
 *
 *   node dist/bench/tree-million.js [znodes]
 */
import { toSessionId, toZxid } from "../src/base/ids.ts";
import { JuteWriter } from "../src/jute/writer.ts";
import { EventType } from "../src/records/constants.ts";
import { OPEN_ACL } from "../src/records/data.ts";
import type { Txn } from "../src/records/txn.ts";
import { DataTree } from "../src/tree/data-tree.ts";
import { WatchTables } from "../src/tree/watch-table.ts";

const COUNT = Number(process.argv[2] ?? 1_000_000);
const PER_PARENT = 1000;
const DATA = new Uint8Array(100).fill(7);
const SLICE_BYTES = 256 << 10;
const session = toSessionId(1n);
const rssAtStart = process.memoryUsage().rss;

const parentOf = (index: number): string => `/bench-${Math.floor(index / PER_PARENT)}`;
const pathOf = (index: number): string =>
  `${parentOf(index)}/node-${String(index).padStart(10, "0")}`;

/** Runs `step` for 0 to `count` - 1 and prints how long all and the longest took. */
function measure(what: string, count: number, step: (index: number) => void): void {
  let longest = 0;
  const start = performance.now();
  let before = start;
  for (let index = 0; index < count; index++) {
    step(index);
    const now = performance.now();
    if (now - before > longest) longest = now - before;
    before = now;
  }
  const took = before - start;
  const each = ((took / count) * 1e6).toFixed(0);
  print(what, `${took.toFixed(0)} ms, ${each} ns each, longest ${longest.toFixed(2)} ms`);
}

function print(what: string, figures: string): void {
  process.stdout.write(`${what.padEnd(28)} ${figures}\n`);
}

const mebibytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`;
function printMemory(what: string, bytes: number): void {
  const { rss, heapUsed } = process.memoryUsage();
  const more = `${mebibytes(rss - rssAtStart)} more resident, JS heap ${mebibytes(heapUsed)}`;
  print(what, `${mebibytes(bytes)} held, ${(bytes / COUNT).toFixed(1)} each; ${more}`);
}

let counter = 0;
const tree = new DataTree({ hashSeed: 0x1234567, extendedTypes: true });
function apply(txn: Txn): void {
  counter++;
  const header = { clientId: session, cxid: counter, zxid: toZxid(BigInt(counter)), time: 1.8e12 };
  tree.apply({ header, txn }, undefined);
}
const creation = (path: string): Txn => ({
  kind: "create",
  path,
  data: DATA,
  acl: OPEN_ACL,
  ephemeral: false,
  parentCversion: -1,
});

for (let index = 0; index < COUNT; index += PER_PARENT) apply(creation(parentOf(index)));
measure("create", COUNT, (index) => apply(creation(pathOf(index))));
printMemory("tree", tree.memoryBytes);

const paths = Array.from({ length: 100_000 }, (_, at) =>
  new TextEncoder().encode(pathOf((at * 7919) % COUNT)),
);
const out = new Uint8Array(1024);
measure("find, Stat, data", COUNT, (index) => {
  const path = paths[index % paths.length]!;
  const node = tree.find(path, 0, path.length);
  tree.copyStat(node, out, 0);
  tree.copyData(node, out, 68);
});
measure("set, same size", COUNT, (index) => {
  apply({ kind: "setData", path: pathOf((index * 7919) % COUNT), data: DATA, version: 1 });
});

const rows = new JuteWriter(2 * SLICE_BYTES);
const cursor = tree.startCursor(tree.lastProcessed);
let more = true;
let slices = 0;
let bytes = 0;
let slowest = 0;
const snapshotStart = performance.now();
while (more) {
  const start = performance.now();
  rows.clear();
  more = cursor.writeNodes(rows, SLICE_BYTES);
  slowest = Math.max(slowest, performance.now() - start);
  bytes += rows.at;
  slices++;
}
const took = (performance.now() - snapshotStart).toFixed(0);
print(
  "snapshot rows",
  `${took} ms, ${mebibytes(bytes)}, longest of ${slices}: ${slowest.toFixed(2)} ms`,
);

const watches = new WatchTables(0x7654321);
measure("watch, one path each", COUNT, (index) =>
  watches.addData(paths.length > index ? paths[index]! : pathOf(index), index % 5000),
);
printMemory("watches", watches.memoryBytes);
measure("fire", COUNT / 2, (index) =>
  watches.fire(EventType.nodeDataChanged, pathOf(index), () => {}),
);
measure("drop", 5000, (index) => watches.dropSome(index, COUNT));
printMemory("watches, none left", watches.memoryBytes);
measure("delete", COUNT, (index) => apply({ kind: "delete", path: pathOf(index) }));
printMemory("tree, all deleted", tree.memoryBytes);
