/** Specification 2.10: the order of an operation's checks, of which the first failure wins. */
import { deepEqual, equal } from "node:assert/strict";
import { utf8 } from "../../src/base/bytes.ts";
import { toZxid } from "../../src/base/ids.ts";
import { ReconfigRequest } from "../../src/records/client.ts";
import { type Acl, OPEN_ACL } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import * as asking from "../support/asking.ts";
import { create, createTtl, remove, setAcl, setData } from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const only = (perms: number): readonly Acl[] => [{ perms, scheme: "world", id: "anyone" }];

/**
 * /p with a child /p/c, /ro that may be read only, an ephemeral /e; and hard quotas of one node and
 * ten bytes, already reached, on /q, on the ephemeral and on /qro, which may be read only.
 */
function place(): WorldClient {
  const a = new MachineWorld({ enforceQuota: true }).open();
  for (const path of ["/p", "/p/c", "/q"]) create(a, path);
  create(a, "/e", { flags: 1 });
  for (const path of ["/q", "/e", "/qro"]) {
    create(a, `/zookeeper/quota${path}`);
    const limits = utf8("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=1");
    create(a, `/zookeeper/quota${path}/zookeeper_limits`, { data: limits });
    create(a, `/zookeeper/quota${path}/zookeeper_stats`);
  }
  for (const path of ["/ro", "/qro"]) create(a, path, { acl: only(1) });
  return a;
}

type Row = readonly [fails: string, before: string, ask: (at: WorldClient) => number, err: number];
/** Each request fails two checks; the answer tells which was asked first. */
function firstWins(rows: readonly Row[]): void {
  for (const [fails, before, ask, err] of rows) {
    const a = place();
    equal(a.err(ask(a)), err, `${fails} before ${before}`);
  }
}
const TOO_MUCH = new Uint8Array(11);

statement("2.10", "Checks run against the tree plus all prepared, not yet applied writes", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  const xids = [
    ...[create(a, "/a"), create(a, "/a/b"), create(a, "/a"), remove(a, "/a")],
    ...[setData(a, "/a", null, 0), setData(a, "/a", null, 1), setData(a, "/a", null, 1)],
    ...[remove(a, "/a/b"), remove(a, "/a/b"), remove(a, "/a"), create(a, "/a/c")],
  ];
  equal(a.came.length, 0);
  while (world.batchesHeld > 0) world.sync();
  deepEqual(
    xids.map((xid) => a.err(xid)),
    [0, 0, -110, -111, 0, 0, -103, 0, -101, 0, -101],
  );
});

statement("2.10", "create: flags 0 to 6 are known, others fail with -8", () => {
  const a = new MachineWorld().open();
  for (const flags of [-1, 7, 256, -2_147_483_648]) {
    equal(a.err(create(a, "/a", { flags })), -8);
    equal(a.err(asking.create2(a, "/a", { flags })), -8);
    equal(a.err(asking.createContainer(a, "/a", flags)), -8);
    equal(a.err(createTtl(a, "/a", flags, 5n)), -8);
  }
  for (const flags of [0, 1, 2, 3, 4]) equal(a.err(create(a, `/a${flags}`, { flags })), 0);
});

statement(
  "2.10",
  "create: TTL flags while extended types are off fail with -6, before the ttl",
  () => {
    const a = new MachineWorld({ extendedTypes: false }).open();
    for (const ttl of [1000n, 0n]) equal(a.err(createTtl(a, "/a", 5, ttl)), -6);
    equal(a.err(createTtl(a, "/a", 6, 1000n)), -6);
  },
);

statement("2.10", "create: TTL modes want a ttl of 1 to 2^40-1, else -8", () => {
  const a = new MachineWorld().open();
  const ttls = [1n, 2n ** 40n - 1n, 0n, -1n, 2n ** 40n, 2n ** 63n - 1n, -(2n ** 63n)];
  deepEqual(
    ttls.map((ttl, index) => a.err(createTtl(a, `/a${index}`, 5, ttl))),
    [0, 0, -8, -8, -8, -8, -8],
  );
  deepEqual(
    ttls.map((ttl) => a.err(createTtl(a, "/s", 6, ttl))),
    [0, 0, -8, -8, -8, -8, -8],
  );
});

statement("2.10", "create: modes without TTL that carry a ttl of 0 or more fail with -8", () => {
  const a = new MachineWorld().open();
  for (const flags of [0, 1, 2, 3, 4]) equal(a.err(createTtl(a, "/a", flags, 0n)), -8);
});

statement(
  "2.10",
  "Opcode 21 with flags other than 5, 6 fails with -8 (divergences: create-ttl-flags)",
  () => {
    const a = new MachineWorld().open();
    for (const flags of [0, 1, 2, 3, 4]) equal(a.err(createTtl(a, "/a", flags, -1n)), -8);
    equal(a.err(asking.exists(a, "/a")), -101);
  },
);

statement(
  "2.10",
  "create: flags, ttl, path, ACL, parent, CREATE, full path, node, owner, quota",
  () => {
    const bad = { acl: [] };
    firstWins([
      ["flags", "ACL", (at) => create(at, "/x", { flags: 7, ...bad }), -8],
      ["ttl", "parent", (at) => createTtl(at, "/none/x", 5, 0n), -8],
      ["path", "ACL", (at) => create(at, "x", bad), -8],
      ["ACL", "parent", (at) => create(at, "/none/x", bad), -114],
      ["parent", "full path", (at) => create(at, "/none/x/"), -101],
      ["CREATE", "full path", (at) => create(at, "/ro/"), -102],
      ["full path", "owner", (at) => create(at, "/e/."), -8],
      ["node", "quota", (at) => create(at, "/q"), -110],
      ["owner", "quota", (at) => create(at, "/e/x"), -108],
      ["quota", "nothing", (at) => create(at, "/q/x"), -125],
    ]);
  },
);

statement("2.10", "delete: path, parent, DELETE on the parent, node, version, children", () => {
  firstWins([
    ["path", "version", (at) => remove(at, "/zookeeper", 9), -8],
    ["parent", "version", (at) => remove(at, "/none/x", 9), -101],
    ["DELETE", "node", (at) => remove(at, "/ro/x"), -102],
    ["node", "version", (at) => remove(at, "/x", 9), -101],
    ["version", "children", (at) => remove(at, "/p", 9), -103],
    ["children", "nothing", (at) => remove(at, "/p"), -111],
  ]);
});

statement("2.10", "setData: path, node, WRITE, quota, version", () => {
  firstWins([
    ["path", "node", (at) => setData(at, "/none/"), -8],
    ["node", "version", (at) => setData(at, "/none", null, 9), -101],
    ["WRITE", "quota", (at) => setData(at, "/qro", TOO_MUCH), -102],
    ["quota", "version", (at) => setData(at, "/q", TOO_MUCH, 9), -125],
    ["version", "nothing", (at) => setData(at, "/p", null, 9), -103],
  ]);
});

statement("2.10", "setACL: path, ACL, node, ADMIN, aversion", () => {
  firstWins([
    ["path", "ACL", (at) => setAcl(at, "/p/", []), -8],
    ["ACL", "node", (at) => setAcl(at, "/none", []), -114],
    ["node", "aversion", (at) => setAcl(at, "/none", OPEN_ACL, 9), -101],
    ["ADMIN", "aversion", (at) => setAcl(at, "/ro", OPEN_ACL, 9), -102],
    ["aversion", "nothing", (at) => setAcl(at, "/p", OPEN_ACL, 9), -103],
  ]);
});

statement("2.10", "check in a multi: path, node, READ, version", () => {
  const a = place();
  create(a, "/wo", { acl: only(2) });
  const checked = (path: string, version: number) => {
    const xid = asking.multi(a, [{ kind: "check", request: { path, version } }]);
    return asking.resultsOf(a, xid);
  };
  deepEqual(checked("/none/", 9), [{ kind: "error", err: -8 }]);
  deepEqual(checked("/none", 9), [{ kind: "error", err: -101 }]);
  deepEqual(checked("/wo", 9), [{ kind: "error", err: -102 }]);
  deepEqual(checked("/p", 9), [{ kind: "error", err: -103 }]);
  deepEqual([...checked("/p", 0), ...checked("/p", -1)], [{ kind: "check" }, { kind: "check" }]);
});

statement("2.10", "reconfig: -123 where it is not enabled, -6 on a standalone server", () => {
  for (const [reconfigEnabled, err] of [[false, -123] as const, [true, -6] as const]) {
    const a = new MachineWorld({ reconfigEnabled }).open();
    const nobody = { joiningServers: null, leavingServers: null, newMembers: null };
    const asked = { ...nobody, curConfigId: toZxid(-1n) };
    const xid = a.ask(OpCode.reconfig, ReconfigRequest, asked);
    // Refusals take a zxid too.
    deepEqual(a.reply(xid).header, { xid, zxid: 2n, err });
    equal(a.closed, undefined);
  }
});
