/** Specification 2.10: what a transaction does to the tree, live and again over a fuzzy snapshot. */
import { deepEqual, equal } from "node:assert/strict";
import { utf8 } from "../../src/base/bytes.ts";
import { toSessionId, toZxid } from "../../src/base/ids.ts";
import { OPEN_ACL, READ_ACL, type StatPersisted } from "../../src/records/data.ts";
import type { Txn } from "../../src/records/txn.ts";
import { type Applied, DataTree } from "../../src/tree/data-tree.ts";
import { create, exists } from "../support/asking.ts";
import { MachineWorld } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

/** A tree and the zxid that its next transaction has. */
class Bench {
  readonly tree = new DataTree({ hashSeed: 1, extendedTypes: true });
  zxid = 1n;

  apply(txn: Txn, zxid = this.zxid++): Applied {
    const header = { clientId: toSessionId(5n), cxid: 1, zxid: toZxid(zxid), time: 1000 };
    return this.tree.apply({ header, txn }, undefined);
  }

  make(path: string, parentCversion = -1, ephemeral = false): Applied {
    return this.apply(creation(path, parentCversion, ephemeral));
  }

  stat(path: string): StatPersisted {
    return this.tree.persistedStatOf(this.tree.findText(path));
  }

  /** Stored cversion and pzxid. */
  parent(path = "/p"): readonly [cversion: number, pzxid: bigint] {
    const { cversion, pzxid } = this.stat(path);
    return [cversion, pzxid];
  }

  has(path: string): boolean {
    return this.tree.findText(path) >= 0;
  }
}

const creation = (path: string, parentCversion = -1, ephemeral = false): Txn => ({
  kind: "create",
  ...{ path, data: null, acl: OPEN_ACL, ephemeral, parentCversion },
});

/** A bench with /p (zxid 1). */
function withParent(): Bench {
  const bench = new Bench();
  bench.make("/p");
  return bench;
}

statement("2.10", "Applying create: a missing parent is error -101, and nothing changes", () => {
  const bench = new Bench();
  const before = bench.tree.digest;
  deepEqual(bench.make("/none/x"), { kind: "failed", err: -101 });
  equal(bench.tree.digest, before);
});

statement("2.10", "Applying create: a child that exists is error -110 and is not changed", () => {
  const bench = withParent();
  bench.make("/p/c", 1);
  const before = bench.stat("/p/c");
  deepEqual(bench.make("/p/c", 1), { kind: "failed", err: -110 });
  deepEqual(bench.stat("/p/c"), before);
});

statement(
  "2.10",
  "Applying create: a child that exists raises the parent's counters (divergences: create-again)",
  () => {
    const bench = withParent();
    bench.make("/p/c", 1); // Zxid 2.
    bench.make("/p/c", 7); // Zxid 3.
    deepEqual(bench.parent(), [7, 3n]);
    bench.make("/p/c", 7); // Not greater: nothing moves.
    deepEqual(bench.parent(), [7, 3n]);
    const container = { path: "/p/c", data: null, acl: OPEN_ACL, parentCversion: 8 };
    bench.apply({ kind: "createContainer", ...container }); // Zxid 5.
    deepEqual(bench.parent(), [8, 5n]);
  },
);

statement("2.10", "Applying create: a parentCVersion of -1 means stored + 1", () => {
  const bench = withParent();
  bench.make("/p/a", 5);
  bench.make("/p/b", -1);
  equal(bench.parent()[0], 6);
});

statement("2.10", "Applying create: cversion and pzxid move only when it is greater", () => {
  const bench = withParent();
  bench.make("/p/a", 5); // Zxid 2.
  bench.make("/p/b", 3);
  bench.make("/p/c", 5);
  deepEqual(bench.parent(), [5, 2n]);
  deepEqual([bench.has("/p/b"), bench.has("/p/c")], [true, true]);
  bench.make("/p/d", 6); // Zxid 5.
  deepEqual(bench.parent(), [6, 5n]);
});

statement("2.10", "Applying delete: a missing parent is an error", () => {
  const applied = new Bench().apply({ kind: "delete", path: "/none/x" });
  deepEqual(applied, { kind: "failed", err: -101 });
});

statement(
  "2.10",
  "Applying delete: the parent's pzxid is the greater of its own and the zxid",
  () => {
    const bench = withParent();
    bench.make("/p/a", 1); // Zxid 2.
    bench.make("/p/b", 2); // Zxid 3.
    bench.apply({ kind: "delete", path: "/p/a" }, 2n);
    deepEqual(bench.parent(), [2, 3n]);
    bench.apply({ kind: "delete", path: "/p/b" }, 9n);
    deepEqual(bench.parent(), [2, 9n]);
  },
);

statement("2.10", "Applying delete: the parent's pzxid is raised also without the child", () => {
  const bench = withParent();
  bench.apply({ kind: "delete", path: "/p/none" }, 9n);
  deepEqual(bench.parent(), [0, 9n]);
});

statement("2.10", "Applying setData: data, mtime, mzxid and version of the transaction", () => {
  const bench = withParent();
  const before = bench.stat("/p");
  bench.apply({ kind: "setData", path: "/p", data: utf8("x"), version: 17 }, 9n);
  deepEqual(bench.stat("/p"), { ...before, mtime: 1000, mzxid: 9n, version: 17 });
  deepEqual(bench.tree.dataOf(bench.tree.findText("/p")), utf8("x"));
});

statement("2.10", "Applying setACL: acl and aversion of the transaction", () => {
  const bench = withParent();
  const before = bench.stat("/p");
  bench.apply({ kind: "setACL", path: "/p", acl: READ_ACL, version: 17 }, 9n);
  deepEqual(bench.stat("/p"), { ...before, aversion: 17 });
  deepEqual(bench.tree.aclOf(bench.tree.findText("/p")), READ_ACL);
});

statement("2.10", "Applying check and error changes nothing but the last zxid", () => {
  const bench = withParent();
  const before = bench.tree.digest;
  bench.apply({ kind: "check", path: "/p", version: 1 });
  deepEqual(bench.apply({ kind: "error", err: -101 }), { kind: "failed", err: -101 });
  equal(bench.tree.digest, before);
  equal(bench.tree.lastProcessed, 3n);
});

statement("2.10", "Applying multi: with an element of type -1 none is applied", () => {
  const bench = withParent();
  const txns: Txn[] = [creation("/a"), { kind: "error", err: -101 }, { kind: "error", err: -2 }];
  const before = bench.tree.digest;
  const results = [0, -101, -2].map((err) => ({ kind: "failed", err }));
  deepEqual(bench.apply({ kind: "multi", txns }), { kind: "multi", results });
  deepEqual([bench.has("/a"), bench.tree.digest], [false, before]);
});

statement("2.10", "Applying multi: its elements in order, with its zxid and time", () => {
  const bench = new Bench();
  const txns: Txn[] = [creation("/a"), creation("/a/b"), { kind: "delete", path: "/a/b" }];
  bench.apply({ kind: "multi", txns }, 9n);
  const { czxid, pzxid, ctime } = bench.stat("/a");
  deepEqual([czxid, pzxid, ctime, bench.has("/a/b")], [9n, 9n, 1000, false]);
});

statement("2.10", "lastProcessedZxid moves once a transaction, and only upwards", () => {
  const bench = new Bench();
  bench.apply({ kind: "multi", txns: [creation("/a"), creation("/b")] }, 9n);
  equal(bench.tree.lastProcessed, 9n);
  bench.apply(creation("/c"), 4n);
  equal(bench.tree.lastProcessed, 9n);
});

statement(
  "2.10",
  "Applying closeSession deletes its paths, then the session's other ephemerals",
  () => {
    const bench = new Bench();
    bench.make("/e1", -1, true);
    bench.make("/e2", -1, true);
    bench.make("/plain");
    bench.apply({ kind: "closeSession", paths: ["/e1"] }, 9n);
    deepEqual([bench.has("/e1"), bench.has("/e2"), bench.has("/plain")], [false, false, true]);
    equal(bench.stat("/").pzxid, 9n);
  },
);

statement("2.10", "A CreateTTLTxn with a ttl outside 1 to 2^40-1 is treated as failed", () => {
  const bench = new Bench();
  const txn = { path: "/t", data: null, acl: OPEN_ACL, parentCversion: 1 };
  for (const ttl of [-1n, 0n, 2n ** 40n]) {
    deepEqual(bench.apply({ kind: "createTTL", ...txn, ttl }), { kind: "failed", err: -8 });
  }
  equal(bench.has("/t"), false);
});

statement("2.10", "Applying the same transactions again changes nothing", () => {
  const bench = withParent();
  const txns: Txn[] = [
    ...[creation("/p/a", 1), creation("/p/b", 2)],
    { kind: "setData", path: "/p/a", data: utf8("x"), version: 1 },
    { kind: "delete", path: "/p/b" },
    { kind: "setACL", path: "/p", acl: READ_ACL, version: 1 },
  ];
  for (const [at, txn] of txns.entries()) bench.apply(txn, BigInt(at + 2));
  const [digest, parent] = [bench.tree.digest, bench.stat("/p")];
  for (const [at, txn] of txns.entries()) bench.apply(txn, BigInt(at + 2));
  deepEqual([bench.tree.digest, bench.stat("/p")], [digest, parent]);
});

statement("2.10", "createSession and closeSession update the table of sessions", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(5000), world.open(6000)];
  create(a, "/e", { flags: 1 });
  deepEqual([...world.loaded.sessions].flat(), [a.session, 5000, b.session, 6000]);
  world.pass(1000);
  a.send(a.framed(90, -11, new Uint8Array(0)));
  deepEqual([...world.loaded.sessions.keys()], [b.session]);
  equal(b.err(exists(b, "/e")), -101);
});

statement("2.10", "Applying setData and setACL: a missing node is error -101", () => {
  const bench = new Bench();
  const before = bench.tree.digest;
  const absent = { kind: "failed", err: -101 };
  deepEqual(bench.apply({ kind: "setData", path: "/x", data: null, version: 1 }), absent);
  deepEqual(bench.apply({ kind: "setACL", path: "/x", acl: READ_ACL, version: 1 }), absent);
  equal(bench.tree.digest, before);
});

statement("2.10", "Applying delete: a missing child is error -101", () => {
  deepEqual(withParent().apply({ kind: "delete", path: "/p/x" }), { kind: "failed", err: -101 });
});
