/** Specification 2.10: multi, multiRead, and the effect of each kind of request. */
import { deepEqual, equal } from "node:assert/strict";
import { bytesOfHex, hexOf, utf8 } from "../../src/base/bytes.ts";
import type { MultiOp } from "../../src/records/multi.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import * as asking from "../support/asking.ts";
import { create, creation, exists, multi, resultsOf, statOf } from "../support/asking.ts";
import { MachineWorld } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const made = (path: string, flags = 0): MultiOp => ({
  kind: "create",
  request: creation(path, { flags }),
});
const gone = (path: string): MultiOp => ({ kind: "delete", request: { path, version: -1 } });
const set = (path: string, version = -1): MultiOp => ({
  kind: "setData",
  request: { path, data: utf8("x"), version },
});
const codes = (results: ReturnType<typeof resultsOf>): readonly (string | number)[] =>
  results.map((result) => (result.kind === "error" ? result.err : result.kind));

statement("2.10", "multi: all sub-operations are under one zxid", () => {
  const a = new MachineWorld().open();
  const xid = multi(a, [made("/a"), made("/b"), set("/a")]);
  equal(a.reply(xid).header.zxid, 2n);
  const { czxid, mzxid, pzxid } = statOf(a, "/a");
  deepEqual([czxid, mzxid, pzxid, statOf(a, "/b").czxid], [2n, 2n, 2n, 2n]);
});

statement("2.10", "multi: each sub-operation sees the earlier ones", () => {
  const a = new MachineWorld().open();
  const ops = [made("/a"), made("/a/b"), set("/a", 0), set("/a", 1), gone("/a/b"), gone("/a")];
  deepEqual(codes(resultsOf(a, multi(a, ops))), [
    ...["create", "create", "setData", "setData", "delete", "delete"],
  ]);
});

statement("2.10", "multi: the first failure keeps its error, earlier are 0 and later -2", () => {
  const a = new MachineWorld().open();
  const xid = multi(a, [made("/a"), set("/a"), gone("/none"), made("/b"), gone("/none")]);
  deepEqual(codes(resultsOf(a, xid)), [0, 0, -101, -2, -2]);
});

statement("2.10", "multi: after a failure none of its changes is there", () => {
  const a = new MachineWorld().open();
  const before = statOf(a, "/");
  multi(a, [made("/a"), set("/"), gone("/none")]);
  equal(a.err(exists(a, "/a")), -101);
  deepEqual(statOf(a, "/"), before);
});

statement("2.10", "multi: a failure drops the speculative changes of this multi alone", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  const xids = [create(a, "/a"), multi(a, [made("/b"), gone("/x")]), create(a, "/a/1")];
  xids.push(create(a, "/b/1"));
  while (world.batchesHeld > 0) world.sync();
  deepEqual(
    xids.map((xid) => a.err(xid)),
    [0, 0, 0, -101],
  );
});

statement("2.10", "multi: the header's err is 0 for success and failure", () => {
  const a = new MachineWorld().open();
  deepEqual([a.err(multi(a, [made("/a")])), a.err(multi(a, [made("/a")]))], [0, 0]);
});

statement("2.10", "multi: in a failure every result is (-1, false, e) and int e", () => {
  const a = new MachineWorld().open();
  const { body } = a.reply(multi(a, [made("/a"), gone("/x"), made("/b")]));
  const element = (err: string): string => `ffffffff00${err}${err}`;
  const want = ["00000000", "ffffff9b", "fffffffe"].map(element).join("");
  equal(hexOf(body), `${want}ffffffff01ffffffff`);
});

statement("2.10", "An empty multi succeeds and uses a zxid", () => {
  const world = new MachineWorld();
  const a = world.open();
  const { header, body } = a.reply(multi(a, []));
  deepEqual([header.err, header.zxid, hexOf(body)], [0, 2n, "ffffffff01ffffffff"]);
  equal(a.reply(create(a, "/a")).header.zxid, 3n);
});

statement("2.10", "multi: a failed one uses a zxid as well", () => {
  const a = new MachineWorld().open();
  equal(a.reply(multi(a, [gone("/x")])).header.zxid, 2n);
  equal(a.reply(create(a, "/a")).header.zxid, 3n);
});

statement(
  "2.10",
  "multi: create answers a path; create2, container and TTL flags a Stat too",
  () => {
    const a = new MachineWorld().open();
    const xid = multi(a, [
      ...[made("/1"), made("/2", 4)],
      { kind: "create2", request: creation("/3") },
      { kind: "createContainer", request: creation("/4", { flags: 4 }) },
      { kind: "createTTL", request: { ...creation("/5", { flags: 5 }), ttl: 9n } },
    ]);
    deepEqual(codes(resultsOf(a, xid)), ["create", ...new Array<string>(4).fill("create2")]);
  },
);

statement("2.10", "multi: TTL flags in a create make the request -5, as in 3.8.0", () => {
  const a = new MachineWorld().open();
  for (const flags of [5, 6]) {
    const xid = multi(a, [made("/a"), made("/b", flags)]);
    equal(a.err(xid), -5);
    equal(a.reply(xid).body.length, 0);
  }
  equal(a.err(exists(a, "/a")), -101);
});

statement("2.10", "multi: createTTL without TTL flags is a plain create, as in 3.8.0", () => {
  const a = new MachineWorld().open();
  const request = { ...creation("/a"), ttl: 9n };
  deepEqual(resultsOf(a, multi(a, [{ kind: "createTTL", request }])), [
    { kind: "create", path: "/a" },
  ]);
});

statement("2.10", "multi: a type that is not allowed in it makes the request -5", () => {
  const a = new MachineWorld().open();
  const end = "ffffffff01ffffffff";
  a.send(a.framed(90, OpCode.multi, bytesOfHex(`00000003 00 ffffffff 00000001 2f 00 ${end}`)));
  a.send(a.framed(91, OpCode.multi, bytesOfHex(`00000004 00 ffffffff 00000001 2f 00 ${end}`)));
  deepEqual([a.err(90), a.err(91)], [-5, -5]);
  equal(a.closed, undefined);
});

const data = (path: string): MultiOp => ({ kind: "getData", request: { path, watch: true } });
const children = (path: string): MultiOp => ({
  kind: "getChildren",
  request: { path, watch: true },
});

statement("2.10", "multiRead: results are independent, errors in their places", () => {
  const a = new MachineWorld().open();
  create(a, "/a", { data: utf8("x") });
  create(a, "/secret", { acl: [{ perms: 2, scheme: "world", id: "anyone" }] });
  const ops = [data("/none"), data("/a"), children("/a"), data("/secret"), children("/none")];
  const xid = asking.multiRead(a, ops);
  equal(a.err(xid), 0);
  deepEqual(codes(resultsOf(a, xid)), [-101, "getData", "getChildren", -102, -101]);
});

statement("2.10", "multiRead sets no watches", () => {
  const world = new MachineWorld();
  const a = world.open();
  asking.multiRead(a, [data("/"), children("/")]);
  equal(world.machine.status.watchCount, 0);
});
