/** What a server does when clients reach its limits: connections, handshakes, requests. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld, SETTINGS, type WorldClient } from "../../test/support/machine-world.ts";
import { encoded } from "../../test/support/raw-session.ts";
import { toZxid } from "../base/ids.ts";
import { record } from "../jute/codec.ts";
import { CreateRequest, ReadRequest, SetDataRequest } from "../records/client.ts";
import { OpCode } from "../records/op-codes.ts";
import { MultiRequest } from "../requests/multi.ts";
import { passwordOf } from "../session/password.ts";
import { NO_NODE } from "../tree/data-tree.ts";
import type { PeerSettings } from "./settings.ts";

test("surplus connections of one address are closed, loopback too; others are let in", () => {
  const world = new MachineWorld({ maxClientCnxns: 2 });
  const [first] = [world.connect("127.0.0.1"), world.connect("127.0.0.1")];
  const third = world.connect("127.0.0.1");
  match(third.closed ?? "", /maxClientCnxns=2/);
  equal(world.connect("127.0.0.2").closed, undefined);
  world.input({ kind: "closed", now: world.now, conn: first!.conn });
  equal(world.connect("127.0.0.1").closed, undefined, "there is room again");
  equal(counter(world, "connection_rejected"), 1);
});

test("surplus connections in all are closed", () => {
  const world = new MachineWorld({ maxCnxns: 2 });
  world.connect("10.0.0.1");
  world.connect("10.0.0.2");
  match(world.connect("10.0.0.3").closed ?? "", /maxCnxns=2/);
});

test("a connection without a handshake is closed after its time, one with a session is not", () => {
  const world = new MachineWorld({ sessionlessTimeoutMs: 3000 });
  const silent = world.connect();
  const open = world.open(10_000);
  world.pass(2900);
  equal(silent.closed, undefined);
  world.pass(700);
  match(silent.closed ?? "", /no handshake within 3000 ms/);
  equal(open.closed, undefined);
  equal(counter(world, "sessionless_connections_expired"), 1);
});

const weights = { global: 3, renew: 2, local: 1 };

test("a handshake that the throttle refuses is closed without a reply, before other checks", () => {
  const connectionThrottle = { ...SETTINGS.connectionThrottle, tokens: 4, fillTimeMs: 1e6 };
  const world = new MachineWorld({ connectionThrottle });
  for (let count = 0; count < 3; count++) equal(world.open().welcome !== undefined, true);
  const ahead = world.connect();
  ahead.shakeHands({ lastZxidSeen: 0x7000n as never });
  match(ahead.closed ?? "", /newer zxid/, "a handshake that fails has taken its token");
  const refused = world.open();
  equal(refused.welcome, undefined);
  match(refused.closed ?? "", /throttle/);
  equal(counter(world, "connection_rejected"), 1);
  equal(counter(world, "connection_request_count"), 4);
  equal(counter(world, "cnt_connection_token_deficit"), 4);
  equal(counter(world, "max_connection_token_deficit"), 4);
  world.pass(1e6 / 4 + 500);
  equal(world.open().welcome, undefined, "no token has come yet");
});

test("a session that comes back takes the weight of a renewal", () => {
  const connectionThrottle = {
    ...SETTINGS.connectionThrottle,
    tokens: 5,
    fillTimeMs: 1e6,
    weights,
  };
  const world = new MachineWorld({ connectionThrottle });
  const { session } = world.open();
  const back = world.connect();
  back.shakeHands({ sessionId: session, password: passwordOf(session) });
  equal(back.welcome?.sessionId, session);
  const again = world.connect();
  again.shakeHands({ sessionId: session, password: passwordOf(session) });
  match(again.closed ?? "", /throttle/);
});

test("the chance of refusal is a number of the status", () => {
  const connectionThrottle = {
    ...SETTINGS.connectionThrottle,
    ...{ tokens: 1, fillTimeMs: 1e6, freezeTimeMs: 10, dropIncrease: 0.5 },
  };
  const world = new MachineWorld({ connectionThrottle });
  world.open();
  world.pass(11);
  world.open();
  equal(world.machine.status.connectionDropProbability, 0.5);
});

function counter(world: MachineWorld, name: string): number | undefined {
  for (const reading of world.metrics.readings()) if (reading.name === name) return reading.value;
  return undefined;
}

const LINE = SETTINGS.requestThrottle;

test("requests beyond the maximum wait in one line and are done in their order", () => {
  const world = new MachineWorld({ requestThrottle: { ...LINE, maxRequests: 2 } });
  const [one, two] = [world.open(), world.open()];
  world.diskIsQuick = false;
  const a = one.ask(OpCode.create, CreateRequest, newNode("/a"));
  const b = one.ask(OpCode.create, CreateRequest, newNode("/b"));
  const c = two.ask(OpCode.create, CreateRequest, newNode("/c"));
  const seen = two.ask(OpCode.exists, ReadRequest, { path: "/c", watch: false });
  const ping = one.ask(OpCode.ping, record({}), {});
  equal(world.machine.status.outstandingRequests, 4 + 1);
  equal(one.came.length + two.came.length, 0);
  world.sync();
  equal(one.err(a), 0);
  equal(one.came.length, 1, "its ping stands behind the requests of others");
  while (world.batchesHeld > 0) world.sync();
  equal(one.err(b), 0);
  equal(two.err(c), 0);
  equal(two.err(seen), 0, "the read came after the create, so it sees it");
  equal(one.err(-2), 0);
  equal(ping > 0, true);
  equal(world.machine.status.outstandingRequests, 0);
  equal(counter(world, "request_throttle_wait_count"), 1);
  equal(counter(world, "stale_requests"), 0);
});

test("a line that stands is counted once in a stall time", () => {
  const requestThrottle = { ...LINE, maxRequests: 1, stallTimeMs: 1000 };
  const { world, waits } = throttledWorld(requestThrottle);
  waits.ask(OpCode.ping, record({}), {});
  world.pass(4000);
  equal(counter(world, "request_throttle_wait_count"), 5);
});

test("a throttled request of a gone connection is dropped, and so are those behind it", () => {
  const { world, waits } = throttledWorld({ ...LINE, maxRequests: 1 });
  waits.ask(OpCode.create, CreateRequest, newNode("/late"));
  waits.ask(OpCode.create, CreateRequest, newNode("/later"));
  waits.ask(OpCode.closeSession, record({}), {});
  world.input({ kind: "closed", now: world.now, conn: waits.conn });
  while (world.batchesHeld > 0) world.sync();
  equal(exists(world, "/late"), false);
  equal(exists(world, "/later"), false);
  equal(counter(world, "stale_requests_dropped"), 1);
  equal(world.machine.status.globalSessions, 2, "its session lives until it expires");
});

test("without dropping, the requests of a gone connection are done, and counted", () => {
  const { world, waits } = throttledWorld({ ...LINE, maxRequests: 1, dropStale: false });
  waits.ask(OpCode.create, CreateRequest, newNode("/late"));
  waits.ask(OpCode.getData, ReadRequest, { path: "/late", watch: true });
  waits.ask(OpCode.closeSession, record({}), {});
  world.input({ kind: "closed", now: world.now, conn: waits.conn });
  while (world.batchesHeld > 0) world.sync();
  equal(exists(world, "/late"), true);
  equal(counter(world, "stale_requests"), 2, "the end of the session is never stale");
  equal(world.machine.status.globalSessions, 1);
  equal(world.machine.status.watchCount, 0);
});

test("a request older than its session's timeout is stale where that is asked for", () => {
  const requestThrottle = { ...LINE, maxRequests: 1, staleLatencyCheck: true };
  const { world, waits, blocks } = throttledWorld(requestThrottle);
  waits.ask(OpCode.create, CreateRequest, newNode("/late"));
  world.pass(3000);
  waits.ask(OpCode.ping, record({}), {});
  world.pass(3000);
  equal(waits.closed?.includes("waited too long"), true);
  while (world.batchesHeld > 0) world.sync();
  equal(exists(world, "/late"), false);
  equal(blocks.closed, undefined);
});

test("a request that waited too long is answered -127 and not done; ping and close are done", () => {
  const { world, waits } = throttledWorld({ ...LINE, maxRequests: 1, lateAfterMs: 2000 });
  const late = waits.ask(OpCode.create, CreateRequest, newNode("/late"));
  const read = waits.ask(OpCode.exists, ReadRequest, { path: "/", watch: true });
  waits.ask(OpCode.ping, record({}), {});
  world.pass(1500);
  const inTime = waits.ask(OpCode.create, CreateRequest, newNode("/in-time"));
  world.pass(1000);
  const before = world.machine.status.lastZxid;
  while (world.batchesHeld > 0) world.sync();
  deepEqual([late, read, -2, inTime].map(waits.err), [-127, -127, 0, 0]);
  equal(waits.reply(late).body.length, 0);
  deepEqual(
    waits.story,
    [late, read, -2, inTime].map((xid) => `reply ${xid}`),
  );
  equal(world.machine.status.lastZxid, toZxid(before + 2n), "a late request takes no zxid");
  equal(world.machine.status.watchCount, 0);
  equal(counter(world, "throttled_ops"), 2);
});

test("reads that waited when their connection went are not in process any more", () => {
  const world = new MachineWorld({ requestThrottle: { ...LINE, maxRequests: 2 } });
  const [gone, next] = [world.open(), world.open()];
  world.diskIsQuick = false;
  const writeAndRead = (client: WorldClient, path: string): void => {
    client.ask(OpCode.create, CreateRequest, newNode(path));
    client.ask(OpCode.exists, ReadRequest, { path, watch: false });
  };
  writeAndRead(gone, "/gone");
  world.input({ kind: "closed", now: world.now, conn: gone.conn });
  world.sync();
  writeAndRead(next, "/next");
  equal(world.machine.status.outstandingRequests, 1, "the read is not in the line");
});

test("a connection with too many requests in the line is not read", () => {
  const throttle = { ...LINE, maxRequests: 1 };
  const { world, waits } = throttledWorld(throttle, { globalOutstandingLimit: 3 });
  for (let count = 0; count < 4; count++) waits.ask(OpCode.ping, record({}), {});
  equal(waits.paused, true);
  while (world.batchesHeld > 0) world.sync();
  equal(waits.paused, false);
});

test("a large request that does not fit ends its connection at its length", () => {
  const world = new MachineWorld({ largeRequests: { thresholdBytes: 100, bytesMax: 1000 } });
  const [fits, refused] = [world.open(), world.open()];
  world.diskIsQuick = false;
  fits.ask(OpCode.create, CreateRequest, newNode("/fits", 600));
  fits.ask(OpCode.create, CreateRequest, newNode("/small", 10));
  refused.send(Uint8Array.of(0, 0, 2, 0));
  match(refused.closed ?? "", /LARGE_REQUESTS_FULL/);
  equal(counter(world, "large_requests_rejected"), 1);
  const exact = world.connect();
  exact.send(Uint8Array.of(0, 0, 0, 100));
  equal(exact.closed, undefined, "as long as the threshold is not large");
  while (world.batchesHeld > 0) world.sync();
  const again = fits.ask(OpCode.create, CreateRequest, newNode("/again", 600));
  while (world.batchesHeld > 0) world.sync();
  equal(fits.err(again), 0, "the bytes are given back when the request is done");
});

test("the bytes of large requests are given back when their connection is gone", () => {
  const world = new MachineWorld({ largeRequests: { thresholdBytes: 100, bytesMax: 1000 } });
  const [gone, other] = [world.open(), world.open()];
  world.diskIsQuick = false;
  gone.ask(OpCode.create, CreateRequest, newNode("/gone", 800));
  world.input({ kind: "closed", now: world.now, conn: gone.conn });
  equal(counter(world, "stale_replies"), 1);
  const xid = other.ask(OpCode.create, CreateRequest, newNode("/other", 800));
  while (world.batchesHeld > 0) world.sync();
  equal(other.err(xid), 0);
  equal(exists(world, "/gone"), true, "it was proposed already");
});

test("two large requests that began to come while there was room: the second is refused whole", () => {
  const world = new MachineWorld({ largeRequests: { thresholdBytes: 100, bytesMax: 1000 } });
  const [first, second] = [world.open(), world.open()];
  world.diskIsQuick = false;
  const bytes = second.framed(1, OpCode.create, encoded(CreateRequest, newNode("/b", 600)));
  second.send(bytes.slice(0, 50));
  first.ask(OpCode.create, CreateRequest, newNode("/a", 600));
  second.send(bytes.slice(50));
  match(second.closed ?? "", /LARGE_REQUESTS_FULL/);
  while (world.batchesHeld > 0) world.sync();
  equal(exists(world, "/b"), false);
});

test("large reads that are answered at once give their bytes back at once", () => {
  const world = new MachineWorld({ largeRequests: { thresholdBytes: 100, bytesMax: 300 } });
  const client = world.open();
  for (let count = 0; count < 10; count++) {
    const path = `/${"long".repeat(40)}`;
    equal(client.err(client.ask(OpCode.exists, ReadRequest, { path, watch: false })), -101);
  }
});

const LARGE_REPLY = "a reply is larger than a client's jute.maxbuffer";

test("a reply longer than jute.maxbuffer is sent as it is, told and counted", () => {
  const world = new MachineWorld({ frameBytesMax: 300 });
  const client = world.open();
  for (let at = 0; at < 40; at++) {
    client.ask(OpCode.create, CreateRequest, newNode(`/with-a-long-name-${at}`));
  }
  const xid = client.ask(OpCode.getChildren, ReadRequest, { path: "/", watch: false });
  equal(client.err(xid), 0);
  const bytes = client.reply(xid).body.length + 16;
  equal(counter(world, "large_replies"), 1);
  const [note, ...others] = world.notes;
  equal(others.length, 0);
  equal(note?.event, LARGE_REPLY);
  const { operation, path, bytes: told, limit, session, remedy } = note?.about ?? {};
  deepEqual(
    { operation, path, told, limit, session },
    { operation: "getChildren", path: "/", told: bytes, limit: 300, session: client.session },
  );
  match(String(remedy), /docs\/limits.md/);
});

test("a reply as long as jute.maxbuffer is not large", () => {
  const world = new MachineWorld({ frameBytesMax: 16 + 4 + 150 + 68 });
  const client = world.open();
  client.ask(OpCode.create, CreateRequest, newNode("/a", 150));
  client.ask(OpCode.getData, ReadRequest, { path: "/a", watch: false });
  equal(counter(world, "large_replies"), 0);
  client.ask(OpCode.setData, SetDataRequest, { path: "/a", data: bytesOf(151), version: -1 });
  client.ask(OpCode.getData, ReadRequest, { path: "/a", watch: false });
  equal(counter(world, "large_replies"), 1);
});

const firstPaths: ReadonlyArray<readonly [what: string, ask: (client: WorldClient) => number]> = [
  [
    "multiRead",
    (client) =>
      client.ask(OpCode.multiRead, MultiRequest, [
        { kind: "getData", request: { path: "/a", watch: false } },
        { kind: "getData", request: { path: "/a", watch: false } },
      ]),
  ],
  [
    "multi",
    (client) =>
      client.ask(
        OpCode.multi,
        MultiRequest,
        [1, 2, 3].map(() => ({
          kind: "setData" as const,
          request: { path: "/a", data: bytesOf(0), version: -1 },
        })),
      ),
  ],
  ["create2", (client) => client.ask(OpCode.create2, CreateRequest, newNode("/a/b"))],
];
for (const [what, ask] of firstPaths) {
  test(`the path of a large reply to ${what} is told`, () => {
    const world = new MachineWorld({ frameBytesMax: what === "create2" ? 90 : 200 });
    const client = world.open();
    client.ask(OpCode.create, CreateRequest, newNode("/a", what === "create2" ? 0 : 120));
    equal(client.err(ask(client)), 0);
    const { operation, path } = world.notes.at(-1)?.about ?? {};
    deepEqual([operation, path], [what, what === "create2" ? "/a/b" : "/a"]);
  });
}

/** A world where one write of `blocks` is on its way to the disk and every other request waits. */
function throttledWorld(
  requestThrottle: PeerSettings["requestThrottle"],
  settings: Partial<PeerSettings> = {},
) {
  const world = new MachineWorld({ ...settings, requestThrottle });
  const [blocks, waits] = [world.open(20_000), world.open(4000)];
  world.diskIsQuick = false;
  blocks.ask(OpCode.create, CreateRequest, newNode("/blocks"));
  return { world, blocks, waits };
}

const newNode = (path: string, bytes = 0): CreateRequest => ({
  path,
  data: bytesOf(bytes),
  acl: [{ perms: 31, scheme: "world", id: "anyone" }],
  flags: 0,
});

const bytesOf = (length: number): Uint8Array => new Uint8Array(length);

const exists = (world: MachineWorld, path: string): boolean =>
  world.loaded.tree.findText(path) !== NO_NODE;
