/** Quota's counts against a recount from scratch, and what 3.8.0 answered when it was asked. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRows } from "../../test/support/golden-tree.ts";
import { textOf, utf8 } from "../base/bytes.ts";
import { toSessionId, toZxid } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { OPEN_ACL } from "../records/data.ts";
import type { Txn } from "../records/txn.ts";
import { DataTree, NO_NODE, type NodeId } from "./data-tree.ts";
import { formatQuota, parseQuota, QUOTA_TEXT_BYTES_MAX } from "./quota-text.ts";

const UNSET = utf8("count=-1,bytes=-1");

class Bench {
  tree = new DataTree({ hashSeed: 3, extendedTypes: true });
  private counter = 0n;

  do(txn: Txn): void {
    const zxid = toZxid(++this.counter);
    const header = { clientId: toSessionId(5n), cxid: 0, zxid, time: 1000 + Number(zxid) };
    this.tree.apply({ header, txn }, undefined);
  }

  make(path: string, data: Uint8Array | null = null, ephemeral = false): void {
    this.do({ kind: "create", path, data, acl: OPEN_ACL, ephemeral, parentCversion: -1 });
  }

  set(path: string, data: Uint8Array | null): void {
    this.do({ kind: "setData", path, data, version: 1 });
  }

  remove(path: string): void {
    this.do({ kind: "delete", path });
  }

  quota(path: string, limits = UNSET, stats: Uint8Array | null = UNSET): void {
    const parts = path.split("/").slice(1);
    parts.forEach((_, at) => {
      this.make(`/zookeeper/quota/${parts.slice(0, at + 1).join("/")}`);
    });
    this.make(`/zookeeper/quota${path}/zookeeper_limits`, limits);
    this.make(`/zookeeper/quota${path}/zookeeper_stats`, stats);
  }

  stats(path: string): string | undefined {
    const node = this.tree.findText(`/zookeeper/quota${path}/zookeeper_stats`);
    return node === NO_NODE ? undefined : textOf(this.tree.dataOf(node) ?? utf8("null"));
  }

  /** The tree as its own snapshot loads. */
  loaded(): DataTree {
    const cursor = this.tree.startCursor(this.tree.lastProcessed);
    const rows = new JuteWriter();
    while (cursor.writeNodes(rows, 1000));
    const loaded = new DataTree({ hashSeed: 4, extendedTypes: true });
    loaded.startLoad();
    for (const [id, list] of cursor.acls) loaded.acls.load(id, list);
    loadRows(loaded, new JuteReader(rows.written()));
    loaded.finishLoad(this.tree.lastProcessed);
    return loaded;
  }
}

/** Counts everything below `path`, the plain way. */
function recount(tree: DataTree, path: string): string {
  let count = 0;
  let bytes = 0;
  const visit = (node: NodeId): void => {
    count++;
    bytes += tree.dataOf(node)?.length ?? 0;
    for (let at = tree.firstChildOf(node); at !== NO_NODE; at = tree.nextSiblingOf(at)) visit(at);
  };
  const top = tree.findText(path);
  if (top !== NO_NODE) visit(top);
  return `count=${count},bytes=${bytes}`;
}

const SUBJECTS = ["/a", "/b", "/aa"];
const anyPath = fc
  .array(fc.constantFrom("a", "b", "aa"), { minLength: 1, maxLength: 4 })
  .map((parts) => `/${parts.join("/")}`);
const anyData = fc.option(fc.uint8Array({ maxLength: 12 }));

test("after any transactions the counts are those of a recount, live and after a load", () => {
  const act = fc.oneof(
    fc.tuple(fc.constant("make" as const), anyPath, anyData, fc.boolean()),
    fc.tuple(fc.constant("set" as const), anyPath, anyData, fc.constant(false)),
    fc.tuple(fc.constant("remove" as const), anyPath, fc.constant(null), fc.constant(false)),
    fc.tuple(fc.constant("quota" as const), fc.constantFrom(...SUBJECTS), anyData, fc.boolean()),
    fc.tuple(fc.constant("close" as const), anyPath, fc.constant(null), fc.constant(false)),
  );
  const property = fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
    const bench = new Bench();
    for (const [what, path, data, ephemeral] of acts) {
      if (what === "make") bench.make(path, data, ephemeral);
      else if (what === "set") bench.set(path, data);
      else if (what === "remove") bench.remove(path);
      else if (what === "quota") bench.quota(path);
      else bench.do({ kind: "closeSession", paths: null });
      for (const subject of SUBJECTS) {
        const told = bench.stats(subject);
        if (told !== undefined) equal(told, recount(bench.tree, subject));
      }
    }
    const loaded = bench.loaded();
    equal(loaded.digest, bench.tree.digest);
    for (const subject of SUBJECTS) {
      const node = loaded.findText(`/zookeeper/quota${subject}/zookeeper_stats`);
      if (node !== NO_NODE) equal(textOf(loaded.dataOf(node)!), recount(loaded, subject));
    }
  });
  fc.assert(property, { numRuns: 150 });
});

test("a stats node shows its new length and no other change", () => {
  const bench = new Bench();
  bench.make("/a", utf8("12345"));
  bench.quota("/a");
  const node = bench.tree.findText("/zookeeper/quota/a/zookeeper_stats");
  const made = bench.tree.statOf(node);
  const size = bench.tree.approximateDataSize;
  bench.make("/a/b", new Uint8Array(100));
  equal(bench.stats("/a"), "count=2,bytes=105");
  deepEqual(bench.tree.statOf(node), { ...made, dataLength: "count=2,bytes=105".length });
  equal(bench.tree.approximateDataSize, size + 4 + 100);
});

test("only the longest registered path counts, until it is counted anew", () => {
  const bench = new Bench();
  bench.make("/n", utf8("12"));
  bench.make("/n/s", utf8("34"));
  bench.quota("/n");
  bench.quota("/n/s");
  bench.make("/n/s/1", utf8("5"));
  deepEqual([bench.stats("/n"), bench.stats("/n/s")], ["count=2,bytes=4", "count=2,bytes=3"]);
  const loaded = bench.loaded();
  for (const path of ["/n", "/n/s"]) {
    const stats = loaded.findText(`/zookeeper/quota${path}/zookeeper_stats`);
    equal(textOf(loaded.dataOf(stats)!), recount(loaded, path));
  }
  bench.remove("/zookeeper/quota/n/s/zookeeper_limits");
  bench.make("/n/s/9", utf8("9"));
  deepEqual([bench.stats("/n"), bench.stats("/n/s")], ["count=3,bytes=5", "count=2,bytes=3"]);
});

test("a quota may stand before its node, stats without limits, limits without stats", () => {
  const bench = new Bench();
  bench.quota("/late");
  equal(bench.stats("/late"), "count=0,bytes=0");
  bench.make("/late", utf8("777"));
  equal(bench.stats("/late"), "count=1,bytes=3");
  bench.make("/zookeeper/quota/only");
  bench.make("/only", utf8("1"));
  bench.make("/zookeeper/quota/only/zookeeper_stats", utf8("x"));
  bench.make("/only/1");
  equal(bench.stats("/only"), "count=1,bytes=1");
  bench.remove("/zookeeper/quota/only/zookeeper_stats");
  bench.make("/zookeeper/quota/only/zookeeper_limits", UNSET);
  bench.make("/only/2");
  equal(bench.tree.quotaAt("/only/2"), undefined);
});

test("a quota on the root has no effect, but its stats are filled in", () => {
  const bench = new Bench();
  bench.make("/zookeeper/quota/zookeeper_stats", utf8("x"));
  bench.make("/zookeeper/quota/zookeeper_limits", utf8("count=1,bytes=1"));
  bench.make("/a", utf8("1"));
  equal(bench.stats(""), "count=5,bytes=1");
  equal(bench.tree.quotaAt("/a"), undefined);
  equal(bench.loaded().quotaAt("/a"), undefined);
});

// As 3.8.0 wrote them after the creation of one node with one byte.
const READ: ReadonlyArray<readonly [text: string, after: string]> = [
  ["count=5", "count=6,bytes=0"],
  ["bytes=7", "count=0,bytes=8"],
  ["", "count=0,bytes=0"],
  ["count=5;bytes=7", "count=6,bytes=8"],
  ["bytes=7,count=5", "count=6,bytes=8"],
  ["count=5,count=6,bytes=1", "count=7,bytes=2"],
  ["count=+5,bytes=07", "count=6,bytes=8"],
  ["count=5,,;bytes=7", "count=6,bytes=8"],
  ["count=5,bytes=7=", "count=6,bytes=8"],
  ["count=5,bytes=7=;zz=9;byteHardLimit=3;aa=-1", "count=6,bytes=8=;aa=-1;byteHardLimit=3;zz=9"],
];
for (const [text, after] of READ) {
  test(`counts go on from ${JSON.stringify(text)}`, () => {
    const bench = new Bench();
    bench.make("/a");
    bench.quota("/a");
    bench.set("/zookeeper/quota/a/zookeeper_stats", utf8(text));
    bench.make("/a/e", utf8("1"));
    equal(bench.stats("/a"), after);
  });
}

const MEANINGLESS = ["count", "count=,bytes=7", "count=x", "count=1 ", "=", "count=1,=2,x"];
const TOO_LARGE = ["count=9223372036854775808", `count=1${";".repeat(QUOTA_TEXT_BYTES_MAX)}`];
for (const text of [...MEANINGLESS, ...TOO_LARGE]) {
  test(`${JSON.stringify(text.slice(0, 30))} is as if it were absent`, () => {
    const bench = new Bench();
    bench.make("/a");
    bench.quota("/a");
    bench.set("/zookeeper/quota/a/zookeeper_stats", utf8(text));
    bench.make("/a/b");
    equal(bench.stats("/a"), text);
    equal(bench.tree.quotaAt("/a"), undefined);
  });
}

test("no text fails, and what is written is read again", () => {
  const garbage = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom("count", "bytes", "=", ",", ";", "-", "1", "99"))
      .map((p) => p.join("")),
  );
  const property = fc.property(garbage, (text) => {
    const numbers = parseQuota(text);
    if (numbers === undefined) return;
    const written = formatQuota(numbers);
    equal(formatQuota(parseQuota(written)!), written);
  });
  fc.assert(property, { numRuns: 500 });
});
