/** A standalone server without sockets or disk: sessions, order, watches, limits, bad input. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld } from "../../test/support/machine-world.ts";
import { decoded, encoded, frame } from "../../test/support/raw-session.ts";
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

const timeouts: ReadonlyArray<readonly [why: string, asked: number, given: number]> = [
  ["shorter than two ticks", 1, 4000],
  ["longer than twenty ticks", 1_000_000, 40_000],
  ["negative", -5, 4000],
];
for (const [why, asked, given] of timeouts) {
  test(`a timeout is negotiated: ${why}`, () => {
    equal(new MachineWorld().open(asked).welcome?.timeoutMs, given);
  });
}

test("the response tells about read-only exactly when the request did", () => {
  const world = new MachineWorld();
  const [old, young] = [world.connect(), world.connect()];
  old.shakeHands({ readOnly: undefined });
  young.shakeHands({ readOnly: false });
  equal(old.welcome?.readOnly, undefined);
  equal(young.welcome?.readOnly, false);
});

test("requests that come with the handshake in one chunk wait for the session", () => {
  const world = new MachineWorld();
  const a = world.connect();
  const hello = { ...HELLO };
  const ping = a.framed(-2, OpCode.ping, new Uint8Array(0));
  const bytes = [frame(encoded(client.ConnectRequest, hello)), ping];
  a.send(new Uint8Array(bytes.flatMap((part) => [...part])));
  deepEqual(a.story, ["reply -2"]);
});

const HELLO = {
  protocolVersion: 0,
  lastZxidSeen: toZxid(0n),
  timeoutMs: 10_000,
  sessionId: toSessionId(0n),
  password: new Uint8Array(16),
  readOnly: false,
};

test("nothing is acknowledged before it is durable, and a read behind a write waits for it", () => {
  const world = new MachineWorld();
  const a = world.open();
  const b = world.open();
  world.diskIsQuick = false;
  const create = a.ask(OpCode.create, client.CreateRequest, createOf("/a"));
  const own = a.ask(OpCode.exists, client.ReadRequest, readOf("/a"));
  const other = b.ask(OpCode.exists, client.ReadRequest, readOf("/a"));
  deepEqual(a.came, []);
  equal(b.err(other), ErrorCode.NoNode);
  world.sync();
  deepEqual(a.story, [`reply ${create}`, `reply ${own}`]);
  equal(a.err(own), ErrorCode.Ok);
});

test("writes that come while the disk is busy share the next sync", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  const xids = ["/a", "/b", "/c"].map((path) =>
    a.ask(OpCode.create, client.CreateRequest, createOf(path)),
  );
  equal(world.batchesHeld, 1);
  world.sync();
  deepEqual(a.story, [`reply ${xids[0]}`]);
  equal(world.batchesHeld, 1);
  world.sync();
  deepEqual(
    a.story,
    xids.map((xid) => `reply ${xid}`),
  );
});

test("sync waits for what others proposed before it", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  world.diskIsQuick = false;
  a.ask(OpCode.create, client.CreateRequest, createOf("/a"));
  const sync = b.ask(OpCode.sync, client.PathRequest, { path: "/" });
  const after = b.ask(OpCode.exists, client.ReadRequest, readOf("/a"));
  deepEqual(b.came, []);
  world.sync();
  deepEqual(b.story, [`reply ${sync}`, `reply ${after}`]);
  equal(b.err(after), ErrorCode.Ok);
});

test("sync gives back any path, also null", () => {
  const a = new MachineWorld().open();
  const anyPath = record({ path: ustringOrNull });
  for (const path of [null, "", "/none"]) {
    const sync = a.ask(OpCode.sync, anyPath, { path });
    deepEqual(decoded(anyPath, a.reply(sync).body), { path });
  }
});

test("an event comes before the reply to the write that caused it, and carries its zxid", () => {
  const world = new MachineWorld();
  const a = world.open();
  a.ask(OpCode.exists, client.ReadRequest, readOf("/a", true));
  a.ask(OpCode.getChildren, client.ReadRequest, readOf("/", true));
  const create = a.ask(OpCode.create, client.CreateRequest, createOf("/a"));
  deepEqual(a.story.slice(2), ["event 1 /a", "event 4 /", `reply ${create}`]);
  const event = a.came[2];
  equal(event?.kind === "event" && event.zxid, a.reply(create).header.zxid);
});

test("an event is kept from who may not read the node (CVE-2024-23944)", () => {
  const world = new MachineWorld();
  const [owner, nosy] = [world.open(), world.open()];
  owner.ask(OpCode.auth, client.AuthPacket, {
    type: 0,
    scheme: "digest",
    auth: new TextEncoder().encode("o:pw"),
  });
  nosy.ask(OpCode.exists, client.ReadRequest, readOf("/secret", true));
  owner.ask(OpCode.exists, client.ReadRequest, readOf("/secret", true));
  const acl = [{ perms: 31, scheme: "auth", id: "" }];
  const made = owner.ask(OpCode.create, client.CreateRequest, { ...createOf("/secret"), acl });
  equal(owner.err(made), ErrorCode.Ok);
  ok(owner.story.includes("event 1 /secret"));
  equal(nosy.story.includes("event 1 /secret"), false);
});

test("an expired session loses its ephemerals in one transaction, and its connection", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  const b = world.open(40_000);
  a.ask(OpCode.create, client.CreateRequest, createOf("/e1", CreateMode.ephemeral));
  a.ask(OpCode.create, client.CreateRequest, createOf("/e2", CreateMode.ephemeral));
  b.ask(OpCode.exists, client.ReadRequest, readOf("/e1", true));
  const before = world.loaded.tree.lastProcessed;
  world.pass(8000);
  equal(world.loaded.tree.lastProcessed, before + 1n);
  deepEqual(b.story.slice(-1), ["event 2 /e1"]);
  notEqual(a.closed, undefined);
  equal(world.loaded.tree.findText("/e2"), -1);
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

test("pings keep a session alive", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  for (let round = 0; round < 10; round++) {
    a.send(a.framed(-2, OpCode.ping, new Uint8Array(0)));
    world.pass(2000);
  }
  equal(a.closed, undefined);
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

test("a crowd of sessions expires in slices", () => {
  const world = new MachineWorld({ maxClientCnxns: 0 });
  for (let count = 0; count < 450; count++) world.open(4000);
  world.now += 1900;
  for (let step = 0; step < 4; step++) {
    world.input({ kind: "tick", now: world.now, wall: world.now });
    world.now += 1900;
  }
  equal(world.wantsMore, true);
  while (world.wantsMore) world.input({ kind: "continue", now: world.now });
  equal(world.machine.status.globalSessions, 0);
});

test("a session comes back with its password: the old connection goes, the ephemeral stays", () => {
  const world = new MachineWorld();
  const a = world.open();
  a.ask(OpCode.create, client.CreateRequest, createOf("/e", CreateMode.ephemeral));
  const again = world.connect();
  again.shakeHands({ sessionId: a.session, password: passwordOf(a.session), timeoutMs: 12_000 });
  equal(again.session, a.session);
  equal(again.welcome?.timeoutMs, 12_000);
  notEqual(a.closed, undefined);
  notEqual(world.loaded.tree.findText("/e"), -1);
});

const refusals: ReadonlyArray<readonly [why: string, session: bigint, password: number]> = [
  ["unknown session", 0x1234n, 0],
  ["wrong password", -1n, 9],
];
for (const [why, session, password] of refusals) {
  test(`refused, and nobody else disturbed: ${why}`, () => {
    const world = new MachineWorld();
    const a = world.open();
    const b = world.connect();
    b.shakeHands({
      sessionId: session === -1n ? a.session : toSessionId(session),
      password: new Uint8Array(16).fill(password),
    });
    equal(b.welcome?.timeoutMs, 0);
    equal(b.welcome?.sessionId, 0n);
    notEqual(b.closed, undefined);
    equal(a.closed, undefined);
  });
}

test("a client that has seen a newer zxid is sent away without an answer", () => {
  const world = new MachineWorld();
  const a = world.connect();
  a.shakeHands({ lastZxidSeen: toZxid(99n) });
  equal(a.welcome, undefined);
  notEqual(a.closed, undefined);
});

test("closing: ephemerals go first, the reply comes, the connection ends", () => {
  const world = new MachineWorld();
  const a = world.open();
  a.ask(OpCode.create, client.CreateRequest, createOf("/e", CreateMode.ephemeral));
  a.ask(OpCode.exists, client.ReadRequest, readOf("/e", true));
  const close = a.ask(OpCode.closeSession, Nothing, {});
  deepEqual(a.story.slice(-2), ["event 2 /e", `reply ${close}`]);
  notEqual(a.closed, undefined);
  equal(world.machine.status.globalSessions, 0);
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

test("setWatches: what was missed comes before the reply, the rest is armed again", () => {
  const world = new MachineWorld();
  const a = world.open();
  const made = a.ask(OpCode.create, client.CreateRequest, createOf("/a"));
  const relativeZxid = a.reply(made).header.zxid;
  a.ask(OpCode.setData, client.SetDataRequest, { path: "/a", data: null, version: -1 });
  const xid = a.ask(OpCode.setWatches, client.SetWatchesRequest, {
    relativeZxid,
    data: ["/a", "/gone"],
    exist: ["/later"],
    child: ["/"],
  });
  deepEqual(a.story.slice(-3), ["event 3 /a", "event 2 /gone", `reply ${xid}`]);
  a.ask(OpCode.create, client.CreateRequest, createOf("/later"));
  deepEqual(a.story.slice(-3, -1), ["event 1 /later", "event 4 /"]);
});

const wrongFrames: ReadonlyArray<readonly [why: string, bytes: readonly number[]]> = [
  ["negative length", [0xff, 0xff, 0xff, 0xff]],
  ["longer than jute.maxbuffer", [0x00, 0x10, 0x00, 0x00]],
  ["empty frame", [0, 0, 0, 0]],
  ["shorter than a request header", [0, 0, 0, 3, 1, 2, 3]],
];
for (const [why, bytes] of wrongFrames) {
  test(`closes that connection only: ${why}`, () => {
    const world = new MachineWorld();
    const [a, b] = [world.open(), world.open()];
    a.send(Uint8Array.from(bytes));
    notEqual(a.closed, undefined);
    equal(world.notes.length, 1);
    b.ask(OpCode.exists, client.ReadRequest, readOf("/"));
    equal(b.came.length, 1);
  });
}

test("garbage instead of a handshake closes the connection", () => {
  const world = new MachineWorld();
  const a = world.connect();
  a.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  notEqual(a.closed, undefined);
});

test("a trickled handshake and request are understood", () => {
  const world = new MachineWorld();
  const a = world.connect();
  for (const byte of frame(encoded(client.ConnectRequest, HELLO))) a.send(Uint8Array.of(byte));
  notEqual(a.session, 0n);
  for (const byte of a.framed(5, OpCode.exists, encoded(client.ReadRequest, readOf("/")))) {
    a.send(Uint8Array.of(byte));
  }
  equal(a.err(5), ErrorCode.Ok);
});

test("four-letter words are told from frames, also when they trickle", () => {
  const world = new MachineWorld();
  const [whole, slow, mask] = [world.connect(), world.connect(), world.connect()];
  whole.send(new TextEncoder().encode("ruok\n"));
  equal(whole.word, "ruok");
  for (const letter of "srvr") slow.send(new TextEncoder().encode(letter));
  equal(slow.word, "srvr");
  mask.send(new TextEncoder().encode("stmk"));
  equal(mask.word, undefined);
  mask.send(Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2));
  equal(mask.word, "stmk");
});

const notServed: ReadonlyArray<readonly [why: string, code: number]> = [
  ["notification", 0],
  ["nobody's", 4242],
  ["check outside a multi (ZOOKEEPER-2623)", OpCode.check],
  ["createSession from a client", OpCode.createSession],
  ["deleteContainer from a client", OpCode.deleteContainer],
  ["error", OpCode.error],
];
for (const [why, code] of notServed) {
  test(`answered Unimplemented with zxid -1, then closed: ${why}`, () => {
    const world = new MachineWorld();
    const a = world.open();
    const xid = a.ask(code, Nothing, {});
    equal(a.err(xid), ErrorCode.Unimplemented);
    equal(a.reply(xid).header.zxid, -1n);
    notEqual(a.closed, undefined);
  });
}

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

test("connections above the limit per address are closed at once", () => {
  const world = new MachineWorld({ maxClientCnxns: 2 });
  const three = [world.connect(), world.connect(), world.connect()];
  deepEqual(
    three.map((one) => one.closed === undefined),
    [true, true, false],
  );
  equal(world.connect("10.0.0.2").closed, undefined);
});

test("a connection that says nothing is closed after the time for handshakes", () => {
  const world = new MachineWorld();
  const silent = world.connect();
  const a = world.open(40_000);
  world.pass(11_000);
  notEqual(silent.closed, undefined);
  equal(a.closed, undefined);
});

test("above the limit of outstanding writes their connections are not read", () => {
  const world = new MachineWorld({ globalOutstandingLimit: 2 });
  const [a, b] = [world.open(), world.open()];
  world.diskIsQuick = false;
  for (const path of ["/a", "/b", "/c"]) a.ask(OpCode.create, client.CreateRequest, createOf(path));
  equal(a.paused, true);
  b.ask(OpCode.exists, client.ReadRequest, readOf("/"));
  equal(b.paused, false);
  world.sync();
  equal(a.paused, false);
});

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

test("wrong credentials: refused with AuthFailed, then closed", () => {
  const world = new MachineWorld();
  const a = world.open();
  const auth = { type: 0, scheme: "nonsense", auth: new Uint8Array(3) };
  const xid = a.ask(OpCode.auth, client.AuthPacket, auth);
  equal(a.err(xid), ErrorCode.AuthFailed);
  notEqual(a.closed, undefined);
});

test("create answers the final path, create2 the Stat as well", () => {
  const world = new MachineWorld();
  const a = world.open();
  const flags = CreateMode.persistentSequential;
  const one = a.ask(OpCode.create, client.CreateRequest, createOf("/s-", flags));
  const two = a.ask(OpCode.create2, client.CreateRequest, createOf("/s-", flags));
  equal(decoded(client.CreateResponse, a.reply(one).body).path, "/s-0000000000");
  const made = decoded(client.Create2Response, a.reply(two).body);
  equal(made.path, "/s-0000000001");
  equal(made.stat.czxid, a.reply(two).header.zxid);
});

test("a write behind a sync is answered when one batch brings what both wait for", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  world.diskIsQuick = false;
  a.ask(OpCode.create, client.CreateRequest, createOf("/first"));
  a.ask(OpCode.create, client.CreateRequest, createOf("/second"));
  const sync = b.ask(OpCode.sync, client.PathRequest, { path: "/" });
  const write = b.ask(OpCode.create, client.CreateRequest, createOf("/third"));
  world.sync();
  world.sync();
  deepEqual(b.story, [`reply ${sync}`, `reply ${write}`]);
});
