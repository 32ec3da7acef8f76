/** Specification 2.7: versions, counters, and what a Stat tells. */
import { deepEqual, equal } from "node:assert/strict";
import { utf8 } from "../../src/base/bytes.ts";
import { toSessionId, toZxid } from "../../src/base/ids.ts";
import { CreateResponse } from "../../src/records/client.ts";
import { OPEN_ACL, type Stat } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { DataTree } from "../../src/tree/data-tree.ts";
import * as asking from "../support/asking.ts";
import { bodyOf, create, getData, remove, setAcl, setData, statOf } from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

/** A world whose wall clock stands at 1700000001000 ms when the session is made, with zxid 1. */
function one(): readonly [world: MachineWorld, a: WorldClient] {
  const world = new MachineWorld();
  world.pass(500);
  return [world, world.open(40_000)];
}
const AT = 1_700_000_001_500;
const madeAt = (at: WorldClient, path: string): string =>
  bodyOf(at, create(at, path, { flags: 2 }), CreateResponse).path;

/** A server that goes on from a tree whose node /n was written so often. */
function wornWorld(counters: { readonly version?: number; readonly cversion?: number }) {
  const tree = new DataTree({ hashSeed: 1, extendedTypes: true });
  let zxid = 0n;
  const header = () => ({
    ...{ clientId: toSessionId(1n), cxid: 0, zxid: toZxid(++zxid), time: 1 },
  });
  const made = { kind: "create", data: null, acl: OPEN_ACL, ephemeral: false } as const;
  tree.apply({ header: header(), txn: { ...made, path: "/n", parentCversion: 1 } }, undefined);
  if (counters.version !== undefined) {
    const txn = { kind: "setData", path: "/n", data: null, version: counters.version } as const;
    tree.apply({ header: header(), txn }, undefined);
  }
  if (counters.cversion !== undefined) {
    const txn = { ...made, path: "/n/first", parentCversion: counters.cversion };
    tree.apply({ header: header(), txn }, undefined);
  }
  return new MachineWorld({}, undefined, { tree, sessions: new Map() });
}

statement("2.7", "A client's cversion is creations + deletions of children", () => {
  const [, a] = one();
  create(a, "/p");
  for (const name of ["a", "b", "c"]) create(a, `/p/${name}`);
  remove(a, "/p/a");
  const { cversion, numChildren } = statOf(a, "/p");
  deepEqual([cversion, numChildren], [4, 2]);
});

statement("2.7", "A sequential name is the path and the count of creations, as %010d", () => {
  const [, a] = one();
  create(a, "/p");
  equal(madeAt(a, "/p/s-"), "/p/s-0000000000");
  equal(madeAt(a, "/p/"), "/p/0000000001");
  equal(madeAt(wornWorld({ cversion: 2_147_483_646 }).open(), "/n/s"), "/n/s2147483646");
});

statement("2.7", "The counter is shared by all children of the parent; deletions leave it", () => {
  const [, a] = one();
  create(a, "/p");
  create(a, "/p/plain");
  create(a, "/p/e", { flags: 1 });
  remove(a, "/p/plain");
  equal(madeAt(a, "/p/s"), "/p/s0000000002");
});

statement(
  "2.7",
  "The counter stays at 2^31-1: sequential creates fail with -110 (divergences: sequence-overflow)",
  () => {
    const a = wornWorld({ cversion: 2_147_483_647 }).open();
    equal(madeAt(a, "/n/s"), "/n/s2147483647");
    equal(a.err(create(a, "/n/s", { flags: 2 })), -110);
    equal(a.err(create(a, "/n/s", { flags: 3 })), -110);
    equal(a.err(create(a, "/n/plain")), 0);
  },
);

statement(
  "2.7",
  "create: czxid = mzxid = pzxid = zxid, times of the transaction, versions 0",
  () => {
    const [, a] = one();
    const xid = create(a, "/a", { data: utf8("data") });
    equal(a.reply(xid).header.zxid, 2n);
    deepEqual(statOf(a, "/a"), {
      ...{ czxid: 2n, mzxid: 2n, ctime: AT, mtime: AT, version: 0, cversion: 0, aversion: 0 },
      ...{ ephemeralOwner: 0n, dataLength: 4, numChildren: 0, pzxid: 2n },
    });
  },
);

/** What of the Stat of `path` a request changes. */
function changed(at: WorldClient, path: string, act: () => number): Partial<Stat> {
  const before = statOf(at, path);
  equal(at.err(act()), 0);
  const pairs = Object.entries(statOf(at, path));
  return Object.fromEntries(pairs.filter(([key, now]) => now !== before[key as keyof Stat]));
}

statement("2.7", "create: the parent's cversion is one more and its pzxid is the zxid", () => {
  const [world, a] = one();
  create(a, "/p"); // Zxid 2.
  world.pass(500);
  deepEqual(
    changed(a, "/p", () => create(a, "/p/a")),
    { cversion: 1, numChildren: 1, pzxid: 3n },
  );
});

statement("2.7", "delete: the parent's pzxid is the zxid", () => {
  const [world, a] = one();
  create(a, "/p");
  create(a, "/p/a"); // Zxid 3.
  world.pass(500);
  deepEqual(
    changed(a, "/p", () => remove(a, "/p/a")),
    { cversion: 2, numChildren: 0, pzxid: 4n },
  );
});

statement("2.7", "setData changes mzxid, mtime and version", () => {
  const [world, a] = one();
  create(a, "/a"); // Zxid 2.
  world.pass(500);
  deepEqual(
    changed(a, "/a", () => setData(a, "/a", utf8("abc"))),
    { mzxid: 3n, mtime: AT + 500, version: 1, dataLength: 3 },
  );
});

statement("2.7", "setACL changes aversion alone, no zxid and no time", () => {
  const [world, a] = one();
  create(a, "/a");
  world.pass(500);
  deepEqual(
    changed(a, "/a", () => setAcl(a, "/a", OPEN_ACL)),
    { aversion: 1 },
  );
});

statement("2.7", "Expected version -1 matches anything, any other only itself", () => {
  const [, a] = one();
  create(a, "/a");
  setData(a, "/a");
  const errs = [
    ...[setData(a, "/a", null, 0), setData(a, "/a", null, 2), setData(a, "/a", null, 1)],
    ...[setData(a, "/a", null, -1), setAcl(a, "/a", OPEN_ACL, 1), setAcl(a, "/a", OPEN_ACL, 0)],
    ...[setAcl(a, "/a", OPEN_ACL, -1), remove(a, "/a", 1), remove(a, "/a", -1)],
  ].map((xid) => a.err(xid));
  deepEqual(errs, [-103, -103, 0, 0, -103, 0, 0, -103, 0]);
});

statement("2.7", "A version that would become -1 becomes 0 (divergences: version-wrap)", () => {
  const a = wornWorld({ version: -2 }).open();
  setData(a, "/n");
  equal(statOf(a, "/n").version, 0);
  const b = wornWorld({ version: 2_147_483_647 }).open();
  setData(b, "/n");
  equal(statOf(b, "/n").version, -2_147_483_648);
});

statement("2.7", "dataLength is 0 for null data", () => {
  const [, a] = one();
  create(a, "/a", { data: null });
  equal(statOf(a, "/a").dataLength, 0);
});

statement("2.7", "ephemeralOwner is the session of an ephemeral and 0 of all other nodes", () => {
  const [, a] = one();
  create(a, "/p");
  create(a, "/e", { flags: 1 });
  asking.createContainer(a, "/c");
  asking.createTtl(a, "/t", 5, 1000n);
  const owners = ["/p", "/e", "/c", "/t"].map((path) => statOf(a, path).ephemeralOwner);
  deepEqual(owners, [0n, a.session, 0n, 0n]);
});

statement("2.7", "/zookeeper/config has aversion -1 until its ACL is changed", () => {
  const a = new MachineWorld({}, "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=").open();
  const { version, aversion, mzxid } = statOf(a, "/zookeeper/config");
  // Its version is -1 in an ensemble; a standalone 3.8.0 has it at 0 (golden standalone).
  deepEqual([version, aversion, mzxid], [0, -1, 0n]);
  asking.auth(a, "bob:pw");
  setAcl(a, "/zookeeper/config", OPEN_ACL);
  equal(statOf(a, "/zookeeper/config").aversion, 0);
});

statement("2.7", "Null data and empty data are kept apart: getData has length -1 or 0", () => {
  const [, a] = one();
  create(a, "/null", { data: null });
  create(a, "/empty", { data: new Uint8Array(0) });
  const lengths = ["/null", "/empty"].map((path) => {
    const { body } = a.reply(getData(a, path));
    return new DataView(body.slice().buffer).getInt32(0);
  });
  deepEqual(lengths, [-1, 0]);
});

statement("2.7", "Replies have no size limit on the server side", () => {
  const [, a] = one();
  for (let index = 0; index < 1200; index++) create(a, `/${"n".repeat(1000)}${index}`);
  const { body } = a.reply(asking.read(a, OpCode.getChildren, "/"));
  equal(body.length > 0xf_ffff, true);
});
