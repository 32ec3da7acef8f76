/** A standalone server without sockets or disk: batches, pauses, crowds, bad input. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld } from "../../test/support/machine-world.ts";
import { decoded, encoded } from "../../test/support/raw-session.ts";
import { joinBytes } from "../base/bytes.ts";
import { toSessionId, toZxid } from "../base/ids.ts";
import { record, ustringOrNull } from "../jute/codec.ts";
import * as client from "../records/client.ts";
import { CreateMode } from "../records/constants.ts";
import { OPEN_ACL } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { passwordOf } from "../session/password.ts";
import { DataTree } from "../tree/data-tree.ts";

const Nothing = record({});
const createOf = (path: string, flags: number = CreateMode.persistent) => ({
  path,
  data: new Uint8Array([1]),
  acl: OPEN_ACL,
  flags,
});
const readOf = (path: string, watch = false) => ({ path, watch });

test("a new session is welcomed after its transaction is durable, not before", () => {
  const world = new MachineWorld();
  world.diskIsQuick = false;
  const a = world.connect();
  a.shakeHands({ timeoutMs: 10_000 });
  equal(a.session, 0n);
  equal(a.paused, true);
  world.sync();
  equal(a.welcome?.timeoutMs, 10_000);
  deepEqual(a.welcome?.password, passwordOf(a.session));
  equal(a.paused, false);
});

test("writes that come while the disk is busy share the next sync", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  const xids = ["/a", "/b", "/c", "/d"].map((path) =>
    a.ask(OpCode.create, client.CreateRequest, createOf(path)),
  );
  const replies = xids.map((xid) => `reply ${xid}`);
  equal(world.batchesHeld, 2);
  world.sync();
  deepEqual(a.story, replies.slice(0, 1));
  equal(world.batchesHeld, 2);
  world.sync();
  deepEqual(a.story, replies.slice(0, 2));
  equal(world.batchesHeld, 1);
  world.sync();
  deepEqual(a.story, replies);
});

test("sync gives back any path, also null", () => {
  const a = new MachineWorld().open();
  const anyPath = record({ path: ustringOrNull });
  for (const path of [null, "", "/none"]) {
    const sync = a.ask(OpCode.sync, anyPath, { path });
    deepEqual(decoded(anyPath, a.reply(sync).body), { path });
  }
});

test("ephemerals of a session that no table knows are removed by a transaction", () => {
  const lost = toSessionId(0x77n);
  const header = { clientId: lost, cxid: 1, zxid: toZxid(1n), time: 1 };
  const txn = { kind: "create" as const, path: "/e", data: null, acl: OPEN_ACL, ephemeral: true };
  const tree = new DataTree({ hashSeed: 1, extendedTypes: true });
  tree.apply({ header, txn: { ...txn, parentCversion: 1 } }, undefined);
  const world = new MachineWorld({}, undefined, { tree, sessions: new Map() });
  world.pass(1000);
  equal(world.loaded.tree.findText("/e"), -1);
  equal(world.loaded.tree.lastProcessed, 2n);
  equal(world.notes.length, 1);
});

test("after a pause of the whole process clients are heard before sessions expire", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  world.now += 60_000;
  world.input({ kind: "tick", now: world.now, wall: world.now });
  world.pass(500);
  a.send(a.framed(-2, OpCode.ping, new Uint8Array(0)));
  world.pass(1000);
  equal(a.closed, undefined);
});

test("what is asked after a close is refused with SessionExpired", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  a.ask(OpCode.closeSession, Nothing, {});
  a.ask(OpCode.create, client.CreateRequest, createOf("/late"));
  world.sync();
  world.sync();
  equal(world.loaded.tree.findText("/late"), -1);
});

test("garbage instead of a handshake closes the connection", () => {
  const world = new MachineWorld();
  const a = world.connect();
  a.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  notEqual(a.closed, undefined);
});

const bodies: readonly (keyof typeof OpCode)[] = [
  "create",
  "create2",
  "createContainer",
  "createTTL",
  "delete",
  "exists",
  "getData",
  "setData",
  "getACL",
  "setACL",
  "getChildren",
  "getChildren2",
  "sync",
  "multi",
  "multiRead",
  "setWatches",
];
for (const name of bodies) {
  test(`a malformed ${name} is answered MarshallingError, and the connection stays`, () => {
    const world = new MachineWorld();
    const a = world.open();
    for (const body of [[], [0xff], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xfe]]) {
      a.send(a.framed(77, OpCode[name], Uint8Array.from(body)));
      const last = a.came.at(-1);
      equal(last?.kind === "reply" && last.header.err, ErrorCode.MarshallingError);
    }
    equal(a.closed, undefined);
  });
}

test("many requests for much data in one chunk are answered as far as the client reads", () => {
  const world = new MachineWorld();
  const a = world.open();
  const data = new Uint8Array(500_000);
  const big = { ...createOf("/big"), data };
  a.ask(OpCode.create, client.CreateRequest, big);
  const one = (xid: number) =>
    a.framed(xid, OpCode.getData, encoded(client.ReadRequest, readOf("/big")));
  const chunk = Array.from({ length: 10 }, (_, at) => one(100 + at));
  a.send(joinBytes(chunk));
  const told = () => a.story.filter((line) => line.startsWith("reply 10")).length;
  equal(told(), 3);
  equal(a.paused, true);
  for (let rounds = 0; a.awaitsDrain; rounds++) {
    ok(rounds < 10);
    a.drained();
  }
  equal(told(), 10);
  equal(a.paused, false);
});

test("reads behind a write wait in a bounded number, and all are answered in order", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  a.ask(OpCode.create, client.CreateRequest, createOf("/a"));
  const read = (xid: number) =>
    a.framed(xid, OpCode.exists, encoded(client.ReadRequest, readOf("/a")));
  const chunk = Array.from({ length: 1000 }, (_, at) => read(100 + at));
  a.send(joinBytes(chunk));
  equal(a.paused, true);
  world.sync();
  deepEqual(a.story, ["reply 1", ...chunk.map((_, at) => `reply ${100 + at}`)]);
  equal(a.paused, false);
});

test("a write behind a sync is answered when one batch brings what both wait for", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  world.diskIsQuick = false;
  for (const path of ["/first", "/second", "/third"]) {
    a.ask(OpCode.create, client.CreateRequest, createOf(path));
  }
  const sync = b.ask(OpCode.sync, client.PathRequest, { path: "/" });
  const write = b.ask(OpCode.create, client.CreateRequest, createOf("/fourth"));
  for (let batch = 0; batch < 3; batch++) world.sync();
  deepEqual(b.story, [`reply ${sync}`, `reply ${write}`]);
});
