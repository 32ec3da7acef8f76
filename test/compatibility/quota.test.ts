/** Specification 2.11: counts under /zookeeper/quota, and limits that refuse. */
import { deepEqual, equal } from "node:assert/strict";
import { textOf, utf8 } from "../../src/base/bytes.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import { DataTree } from "../../src/tree/data-tree.ts";
import { formatQuota, parseQuota } from "../../src/tree/quota-text.ts";
import * as asking from "../support/asking.ts";
import { create, dataOf, heard, remove, setData, statOf } from "../support/asking.ts";
import { loadRows } from "../support/golden-tree.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x78);
const stats = (at: WorldClient, path = "/a"): string =>
  textOf(dataOf(at, `/zookeeper/quota${path}/zookeeper_stats`)!);

function quota(at: WorldClient, path: string, limits: string): void {
  create(at, `/zookeeper/quota${path}`);
  create(at, `/zookeeper/quota${path}/zookeeper_limits`, { data: utf8(limits) });
  create(at, `/zookeeper/quota${path}/zookeeper_stats`, { data: bytes(0) });
}
const hard = (count: number, size: number): string =>
  `count=-1,bytes=-1=;byteHardLimit=${size};countHardLimit=${count}`;

/** /a of 5 bytes with a child /a/1, and a quota on it. */
function place(limits: string, enforceQuota = true): readonly [WorldClient, MachineWorld] {
  const world = new MachineWorld({ enforceQuota });
  const a = world.open();
  create(a, "/a", { data: bytes(5) });
  create(a, "/a/1");
  quota(a, "/a", limits);
  return [a, world];
}
const warnings = (world: MachineWorld): number =>
  world.notes.filter(({ event }) => event === "quota exceeded").length;

statement(
  "2.11",
  "The text is count=N,bytes=N, then =; and further keys sorted, joined with ;",
  () => {
    equal(
      formatQuota(new Map([["bytes", 2n] as const, ["count", 1n] as const])),
      "count=1,bytes=2",
    );
    const more = [["countHardLimit", 4n] as const, ["byteHardLimit", 3n] as const];
    equal(formatQuota(new Map(more)), "count=-1,bytes=-1=;byteHardLimit=3;countHardLimit=4");
  },
);

statement("2.11", "Readers split on , and ; and then on =", () => {
  const text = "count=1,bytes=2=;byteHardLimit=3;countHardLimit=4";
  const want = { count: 1n, bytes: 2n, byteHardLimit: 3n, countHardLimit: 4n };
  deepEqual(Object.fromEntries(parseQuota(text)!), want);
});

statement("2.11", "-1 or an absent key is no limit", () => {
  for (const limits of [hard(-1, -1), "count=-1,bytes=-1"]) {
    const [a, world] = place(limits);
    equal(a.err(create(a, "/a/2", { data: bytes(100) })), 0);
    equal(warnings(world), 0);
  }
});

statement("2.11", "Creating a stats node fills in the count, root included, and the bytes", () => {
  const [a] = place(hard(-1, -1));
  equal(stats(a), "count=2,bytes=5");
});

statement("2.11", "After that create, delete and setData below update the stats node", () => {
  const [a] = place(hard(-1, -1));
  create(a, "/a/2", { data: bytes(3) });
  equal(stats(a), "count=3,bytes=8");
  setData(a, "/a/1", bytes(10));
  equal(stats(a), "count=3,bytes=18");
  remove(a, "/a/2");
  equal(stats(a), "count=2,bytes=15");
  create(a, "/aa", { data: bytes(9) });
  equal(stats(a), "count=2,bytes=15");
});

statement("2.11", "Creating a limits node registers the path", () => {
  const a = new MachineWorld().open();
  create(a, "/a");
  create(a, "/zookeeper/quota/a");
  create(a, "/zookeeper/quota/a/zookeeper_stats", { data: bytes(0) });
  create(a, "/a/1");
  const before = stats(a);
  create(a, "/zookeeper/quota/a/zookeeper_limits", { data: utf8("count=9,bytes=9") });
  create(a, "/a/2");
  deepEqual([before, stats(a)], ["count=1,bytes=0", "count=2,bytes=0"]);
});

statement("2.11", "Only the longest registered prefix is updated", () => {
  const [a] = place(hard(-1, -1));
  quota(a, "/a/1", hard(-1, -1));
  create(a, "/a/1/x", { data: bytes(3) });
  deepEqual([stats(a), stats(a, "/a/1")], ["count=2,bytes=5", "count=2,bytes=3"]);
});

statement("2.11", "The stats node changes without a transaction, zxid, version or event", () => {
  const [a, world] = place(hard(-1, -1));
  const path = "/zookeeper/quota/a/zookeeper_stats";
  asking.getData(a, path, true);
  heard(a);
  const [before, zxid] = [statOf(a, path), world.loaded.tree.lastProcessed];
  create(a, "/a/2", { data: bytes(95) });
  deepEqual(statOf(a, path), { ...before, dataLength: "count=3,bytes=100".length });
  equal(world.loaded.tree.lastProcessed, zxid + 1n);
  deepEqual(heard(a), []);
});

statement("2.11", "The stats node's data is not part of the digest", () => {
  const [with_, without] = [new MachineWorld(), new MachineWorld()];
  const [a, b] = [with_.open(), without.open()];
  create(a, "/a");
  create(b, "/a");
  quota(a, "/a", hard(-1, -1));
  for (let count = 0; count < 3; count++) create(b, `/zookeeper/quota/x${count}`);
  create(a, "/a/1");
  create(b, "/a/1");
  equal(with_.loaded.tree.digest, without.loaded.tree.digest);
});

statement("2.11", "At snapshot load stats are recomputed", () => {
  const [a, world] = place(hard(-1, -1));
  setData(a, "/zookeeper/quota/a/zookeeper_stats", utf8("count=77,bytes=77"));
  const { tree } = world.loaded;
  const cursor = tree.startCursor(tree.lastProcessed);
  const rows = new JuteWriter();
  while (cursor.writeNodes(rows, 1000));
  const loaded = new DataTree({ hashSeed: 4, extendedTypes: true });
  loaded.startLoad();
  for (const [id, list] of cursor.acls) loaded.acls.load(id, list);
  loadRows(loaded, new JuteReader(rows.written()));
  loaded.finishLoad(tree.lastProcessed);
  const b = new MachineWorld({}, undefined, { tree: loaded, sessions: new Map() }).open();
  equal(stats(b), "count=2,bytes=5");
});

statement(
  "2.11",
  "Text that cannot be parsed is treated as absent (divergences: quota-text)",
  () => {
    for (const text of ["count=zero", "", "x", "count=1,bytes=99999999999999999999"]) {
      const [a] = place(text);
      equal(a.err(create(a, "/a/2", { data: bytes(9) })), 0);
      setData(a, "/zookeeper/quota/a/zookeeper_stats", utf8(text));
      equal(a.err(create(a, "/a/3", { data: bytes(9) })), 0);
    }
  },
);

statement("2.11", "Without enforceQuota nothing is checked", () => {
  const [a, world] = place(hard(0, 0), false);
  equal(a.err(create(a, "/a/2", { data: bytes(1) })), 0);
  equal(warnings(world), 0);
  equal(stats(a), "count=3,bytes=6");
});

statement("2.11", "With enforceQuota soft limits are advisory: a warning, no refusal", () => {
  const [a, world] = place("count=1,bytes=1");
  equal(a.err(create(a, "/a/2", { data: bytes(1) })), 0);
  equal(warnings(world), 2);
});

statement("2.11", "With enforceQuota a new total above a hard limit is -125, at it is not", () => {
  const [a] = place(hard(3, 10));
  equal(a.err(create(a, "/a/2")), 0);
  equal(a.err(create(a, "/a/3")), -125);
  equal(a.err(setData(a, "/a/1", bytes(5))), 0);
  equal(a.err(setData(a, "/a/1", bytes(6))), -125);
  equal(stats(a), "count=3,bytes=10");
});

statement("2.11", "Only a growing dimension is refused (divergences: quota-shrink)", () => {
  const [a] = place(hard(1, 1));
  deepEqual(
    [4, 4, 5, 0].map((length) => a.err(setData(a, "/a", bytes(length)))),
    [0, 0, -125, 0],
  );
});

statement("2.11", "A quota on / has no limits and counts once (divergences: quota-root)", () => {
  const a = new MachineWorld({ enforceQuota: true }).open();
  create(a, "/zookeeper/quota/zookeeper_limits", { data: utf8(hard(1, 1)), acl: OPEN_ACL });
  equal(a.err(create(a, "/a", { data: bytes(9) })), 0);
  equal(a.err(create(a, "/a/b", { data: bytes(9) })), 0);
});

statement("2.11", "Deleting the limits node ends the counting below its path", () => {
  const [a] = place(hard(3, 10));
  equal(a.err(remove(a, "/zookeeper/quota/a/zookeeper_limits")), 0);
  equal(a.err(create(a, "/a/2", { data: bytes(100) })), 0);
  equal(stats(a), "count=2,bytes=5");
});
