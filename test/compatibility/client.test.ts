/** What chapter 2 says of clients, of the session machine of Quoll's own client. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { hexOf, utf8 } from "../../src/base/bytes.ts";
import { SESSION_NONE, type Zxid } from "../../src/base/ids.ts";
import { CREATE_FOR_STAT, creation } from "../../src/client/requests.ts";
import * as ops from "../../src/client-core/operations.ts";
import { SET_WATCHES_BYTES_MAX, setWatchesRequests } from "../../src/client-core/set-watches.ts";
import { Watches } from "../../src/client-core/watches.ts";
import {
  AddWatchRequest,
  CreateRequest,
  CreateResponse,
  CreateTTLRequest,
  ErrorResponse,
  SetWatches2Request,
  SetWatchesRequest,
} from "../../src/records/client.ts";
import { ClientWorld } from "../support/client-world.ts";
import { statement } from "../support/statement.ts";

const three = ["a", "b", "c"].map((name) => ({ name, port: 1 }));
/** A new connection after a lost one. */
const again = (world: ClientWorld): ClientWorld => {
  world.cut();
  world.pass(100);
  world.open();
  world.welcome();
  return world;
};
const sync = (world: ClientWorld, ticket: string): void =>
  world.submit(ticket, ops.sync, { path: `/${ticket}` });
const watchData = (world: ClientWorld, xid: number, path: string): void => {
  world.submit(`x${xid}`, ops.exists, { path, watch: true }, "w");
  world.flush();
  world.reply({ xid, zxid: xid, err: -101 });
};

statement("2.2", "Clients take a timeout of 0 or less as session expired", () => {
  for (const timeoutMs of [0, -1]) {
    const world = new ClientWorld().live();
    world.cut();
    world.pass(100);
    world.open();
    world.log();
    world.welcome({ timeoutMs, sessionId: SESSION_NONE });
    deepEqual(world.log(), ["disconnect: EXPIRED", "EXPIRED"]);
  }
});

statement("2.2", "After the response clients send auth packets, setWatches, then requests", () => {
  const world = new ClientWorld().live();
  const auth = { scheme: "digest", auth: utf8("bob:pw") };
  world.feed({ kind: "addAuth", now: world.now, auth, ticket: "auth" });
  world.reply({ xid: -4 });
  watchData(world, 1, "/w");
  world.cut();
  sync(world, "s");
  world.pass(100);
  world.open();
  world.welcome();
  deepEqual(world.requests(), ["-4 auth", "-8 setWatches", "2 sync"]);
});

statement("2.2", "Clients send setWatches in batches of at most 128 KiB of paths", () => {
  const watches = new Watches<string>();
  const paths = Array.from({ length: 5000 }, (_, index) => `/${"p".repeat(60)}${index}`);
  for (const path of paths) {
    watches.add("data", path, "w");
    watches.add("persistentRecursive", path, "w");
  }
  const requests = setWatchesRequests(watches, 9n as Zxid);
  ok(requests.length > 4);
  equal(SET_WATCHES_BYTES_MAX, 128 * 1024);
  for (const { data, persistentRecursive, relativeZxid } of requests) {
    const all = [...data, ...persistentRecursive];
    ok(all.reduce((sum, path) => sum + path.length, 0) <= 128 * 1024);
    equal(relativeZxid, 9n);
  }
  deepEqual(
    requests.flatMap(({ data }) => data),
    paths,
  );
  deepEqual(
    requests.flatMap(({ persistentRecursive }) => persistentRecursive),
    paths,
  );
});

statement("2.3", "Clients ping at a third of the timeout without a request", () => {
  const world = new ClientWorld().live({ timeoutMs: 6000 });
  world.pass(1999);
  deepEqual(world.requests(), []);
  world.pass(1);
  deepEqual(world.requests(), ["-2 ping"]);
  world.reply({ xid: -2 });
  world.pass(1000);
  sync(world, "s");
  world.flush();
  world.requests();
  world.reply({ xid: 1, zxid: 1 }, CreateResponse, { path: "/s" });
  world.pass(1999);
  deepEqual(world.requests(), []);
  world.pass(1);
  deepEqual(world.requests(), ["-2 ping"]);
});

statement("2.3", "Clients drop the server after 2/3 of the timeout without any byte", () => {
  const world = new ClientWorld({ hosts: three }).live({ timeoutMs: 6000 });
  sync(world, "s");
  world.flush();
  world.pass(3999);
  deepEqual(world.log(), []);
  world.pass(1);
  const [left, failed, state, next] = world.log();
  deepEqual(
    [left, failed, state],
    ["disconnect: the server is silent", "s failed -4", "CONNECTING"],
  );
  match(next ?? "", /^connect /);
});

statement("2.4", "A client checks that a reply's xid is the oldest outstanding one", () => {
  const world = new ClientWorld().live();
  sync(world, "a");
  sync(world, "b");
  world.flush();
  world.reply({ xid: 2, zxid: 9 }, CreateResponse, { path: "/b" });
  deepEqual(world.log(), [
    ...["a failed -4", "disconnect: reply to xid 2, expected 1", "b failed -4", "CONNECTING"],
  ]);
  equal(world.machine.lastZxid, 0n);
});

statement("2.4", "Clients keep the largest zxid above 0 and give it back as lastZxidSeen", () => {
  const world = new ClientWorld().live();
  for (const [at, zxid] of [77, 0, -1, 5].entries()) {
    sync(world, `s${at}`);
    world.flush();
    world.reply({ xid: at + 1, zxid }, CreateResponse, { path: "/s" });
  }
  world.cut();
  world.pass(100);
  equal(world.open().lastZxidSeen, 77n);
});

statement("2.10", "For a removed watch clients make the event themselves", () => {
  const world = new ClientWorld().live();
  watchData(world, 1, "/w");
  world.log();
  world.submit("r", ops.removeWatches, { path: "/w", selection: "any", local: false }, "w");
  world.flush();
  world.reply({ xid: 2, zxid: 3 });
  deepEqual(world.log(), [
    "w <- WatchedEvent state:SyncConnected type:DataWatchRemoved path:/w",
    "r done",
  ]);
});

statement("2.10", "Clients set their watches again relative to the last zxid they saw", () => {
  const world = new ClientWorld().live();
  watchData(world, 1, "/gone");
  watchData(world, 2, "/e");
  world.event(1, "/gone", 500);
  world.cut();
  world.pass(100);
  world.open();
  world.welcome();
  const [request] = world.frames();
  // 2, not 500: of a multi, other events with that zxid may be missing.
  const want = { relativeZxid: 2n, data: [], exist: ["/e"], child: [] };
  deepEqual(SetWatchesRequest.read(request!.body), want);
});

statement("2.2", "The ConnectRequest of clients has 45 bytes, with readOnly", () => {
  const world = new ClientWorld({ timeoutMs: 10_000 });
  world.start();
  world.feed({ kind: "connected", now: world.now, attempt: world.attempt });
  const head = "0000002d0000000000000000000000000000271000000000000000000000001000";
  equal(hexOf(world.bytes()), head + "00".repeat(16));
});

statement("2.2", "Clients take a response without readOnly, as of an old server", () => {
  equal(new ClientWorld().live({ readOnly: undefined }).machine.state, "CONNECTED");
});

statement("2.2", "Closed without a reply, clients try the next server", () => {
  const hosts = ["a", "b"].map((name) => ({ name, port: 1 }));
  const world = new ClientWorld({ hosts });
  world.start();
  world.open();
  const [, first] = world.log();
  world.cut();
  const [next] = world.log();
  match(`${first} ${next}`, /^connect (a:1 connect b:1|b:1 connect a:1)$/);
});

statement("2.3", "Clients ping with xid -2, type 11 and no body", () => {
  const world = new ClientWorld().live();
  world.pass(2000);
  equal(hexOf(world.bytes()), "00000008fffffffe0000000b");
});

statement("2.3", "Clients close with type -11, an ordinary xid and no body", () => {
  const world = new ClientWorld().live();
  sync(world, "s");
  world.flush();
  world.reply({ xid: 1, zxid: 1 }, CreateResponse, { path: "/s" });
  world.bytes();
  world.feed({ kind: "close", now: world.now });
  equal(hexOf(world.bytes()), "0000000800000002fffffff5");
});

statement("2.5", "Clients send auth packets with xid -4, type 100, and type 0 in the body", () => {
  const world = new ClientWorld().live();
  const auth = { scheme: "digest", auth: utf8("bob:pw") };
  world.feed({ kind: "addAuth", now: world.now, auth, ticket: "auth" });
  equal(
    hexOf(world.bytes()),
    "00000020fffffffc000000640000000000000006" + "64696765737400000006" + "626f623a7077",
  );
});

statement("2.5", "A client that is answered -115 to an auth packet has ended", () => {
  const world = new ClientWorld().live();
  const auth = { scheme: "digest", auth: utf8("bob:pw") };
  world.feed({ kind: "addAuth", now: world.now, auth, ticket: "auth" });
  world.reply({ xid: -4, err: -115 });
  equal(world.machine.state, "AUTH_FAILED");
});

statement("2.10", "Clients send containers as 19 with flag 4, TTL nodes as 21 with 5 or 6", () => {
  const world = new ClientWorld().live();
  const flags = (mode: "container" | "persistentWithTtl" | "persistentSequentialWithTtl") => {
    const ttlMs = mode === "container" ? undefined : 9;
    const { kind, request } = creation("/a", null, { mode, ttlMs });
    world.submit(mode, CREATE_FOR_STAT[kind], request);
    world.flush();
    const [frame] = world.frames();
    const codec = kind === "createTTL" ? CreateTTLRequest : CreateRequest;
    return `${frame!.type} ${codec.read(frame!.body).flags}`;
  };
  deepEqual(
    [flags("container"), flags("persistentWithTtl"), flags("persistentSequentialWithTtl")],
    ["createContainer 4", "createTTL 5", "createTTL 6"],
  );
});

statement("2.10", "Clients set persistent watches again with setWatches2", () => {
  const world = new ClientWorld().live();
  world.submit("p", ops.addWatch, { path: "/p", mode: "persistent" }, "p");
  world.submit("r", ops.addWatch, { path: "/r", mode: "persistentRecursive" }, "r");
  world.flush();
  const modes = world.frames().map(({ body }) => AddWatchRequest.read(body).mode);
  deepEqual(modes, [0, 1]);
  for (const xid of [1, 2]) world.reply({ xid, zxid: 1 }, ErrorResponse, { err: 0 });
  const [frame] = again(world).frames();
  equal(frame!.type, "setWatches2");
  const { persistent, persistentRecursive } = SetWatches2Request.read(frame!.body);
  deepEqual([persistent, persistentRecursive], [["/p"], ["/r"]]);
});
