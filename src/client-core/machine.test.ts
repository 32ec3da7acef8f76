/** The session machine, told as scenarios: what the world does, and what the machine does then. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  ClientWorld,
  eventFrame,
  PASSWORD,
  replyFrame,
  SESSION,
} from "../../test/support/client-world.ts";
import { joinBytes, utf8 } from "../base/bytes.ts";
import { SESSION_NONE } from "../base/ids.ts";
import {
  AuthPacket,
  CreateResponse,
  ErrorResponse,
  GetChildrenResponse,
  SetWatches2Request,
} from "../records/client.ts";
import { OPEN_ACL } from "../records/data.ts";
import { writeMultiResults } from "../records/multi.ts";
import { multi } from "./multi.ts";
import * as ops from "./operations.ts";

const CHANGED = 3;
const CREATED = 1;
const NO_NODE = -101;
const three = ["a", "b", "c"].map((name) => ({ name, port: 1 }));
const sync = (world: ClientWorld, ticket: string): void =>
  world.submit(ticket, ops.sync, { path: `/${ticket}` });
const watchData = (world: ClientWorld, xid: number, path: string, watcher = "w"): void => {
  world.submit(`x${xid}`, ops.exists, { path, watch: true }, watcher);
  world.flush();
  world.reply({ xid, zxid: xid, err: NO_NODE });
};

describe("handshake", () => {
  test("asks for a new session", () => {
    const world = new ClientWorld({ canBeReadOnly: true });
    world.start();
    assert.deepEqual(world.log(), ["CONNECTING", "connect a:1"]);
    const request = world.open();
    assert.equal(request.sessionId, SESSION_NONE);
    assert.equal(request.timeoutMs, 6000);
    assert.equal(request.readOnly, true);
    world.welcome({ timeoutMs: 4000 });
    assert.deepEqual(world.log(), ["CONNECTED"]);
    assert.equal(world.machine.timeoutMs, 4000);
    assert.equal(world.machine.sessionId, SESSION);
    assert.deepEqual(world.machine.password, PASSWORD);
  });

  test("an answer without the read-only byte is one of an old server", () => {
    const world = new ClientWorld().live({ readOnly: undefined });
    assert.equal(world.machine.state, "CONNECTED");
  });

  test("a server that does not know the session ends it", () => {
    const world = new ClientWorld().live();
    world.cut();
    world.pass(100);
    sync(world, "s");
    assert.equal(world.open().sessionId, SESSION);
    world.log();
    world.welcome({ timeoutMs: 0, sessionId: SESSION_NONE });
    assert.deepEqual(world.log(), ["disconnect: EXPIRED", "s failed -112, not sent", "EXPIRED"]);
    sync(world, "late");
    assert.deepEqual(world.log(), ["late failed -112, not sent"]);
    assert.equal(world.machine.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  test("a server behind the client's last zxid closes: the next one is tried", () => {
    const world = new ClientWorld({ hosts: three }).live();
    sync(world, "s");
    world.flush();
    world.reply({ xid: 1, zxid: 77 }, CreateResponse, { path: "/s" });
    world.cut();
    assert.equal(world.open().lastZxidSeen, 77n);
    world.log();
    world.cut();
    const [line, ...more] = world.log();
    assert.match(line ?? "", /^connect /);
    assert.deepEqual(more, []);
    assert.equal(world.machine.state, "CONNECTING");
  });

  test("garbage instead of an answer: the next server", () => {
    const world = new ClientWorld({ hosts: three });
    world.start();
    world.open();
    world.log();
    world.receive(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    assert.match(world.log().join("\n"), /^disconnect: FRAME_NEGATIVE length=-1\nconnect /);
  });

  test("a server that takes the connection and says nothing is left in time for the others", () => {
    const world = new ClientWorld({ hosts: three });
    world.start();
    world.open();
    world.log();
    world.pass(1999);
    assert.deepEqual(world.log(), []);
    world.pass(1);
    assert.match(world.log().join("\n"), /^disconnect: no answer to the handshake\nconnect /);
  });
});

describe("time", () => {
  test("pings at least every 10 s", () => {
    const world = new ClientWorld().live({ timeoutMs: 60_000 });
    world.pass(9999);
    assert.deepEqual(world.requests(), []);
    world.pass(1);
    assert.deepEqual(world.requests(), ["-2 ping"]);
  });

  test("takes the session for expired after four thirds without a server", () => {
    const world = new ClientWorld().live();
    watchData(world, 1, "/w");
    world.log();
    world.cut();
    sync(world, "s");
    for (let tries = 0; world.now < 1000 + 7900; tries++) {
      world.pass(100);
      world.cut();
      assert(tries < 100);
    }
    world.log();
    world.pass(1000);
    assert.deepEqual(world.log().slice(-3), [
      "s failed -112, not sent",
      "EXPIRED",
      "w <- WatchedEvent state:Expired type:None path:null",
    ]);
  });

  test("a client that never had a session goes on for ever, with pauses that grow", () => {
    const world = new ClientWorld();
    world.start();
    sync(world, "s");
    const pauses: number[] = [];
    for (let round = 0; round < 12; round++) {
      world.cut();
      const wait = world.machine.nextDeadline() - world.now;
      pauses.push(wait);
      world.pass(wait);
    }
    assert(pauses.every((ms, round) => ms <= Math.min(20 * 2 ** round, 1000)));
    assert(pauses.every((ms, round) => ms >= Math.min(10 * 2 ** round, 500)));
    assert.equal(world.outcomes.size, 0);
    assert.equal(world.machine.state, "CONNECTING");
  });
});

describe("requests", () => {
  test("many submits are one write, answered in order", () => {
    const world = new ClientWorld().live();
    for (const ticket of ["a", "b", "c"]) sync(world, ticket);
    assert.deepEqual(world.requests(), []);
    world.flush();
    assert.deepEqual(world.requests(), ["1 sync", "2 sync", "3 sync"]);
    world.receive(
      joinBytes([
        replyFrame({ xid: 1, zxid: 5 }, CreateResponse, { path: "/a" }),
        replyFrame({ xid: 2, zxid: 5, err: NO_NODE }),
        replyFrame({ xid: 3, zxid: 6 }, CreateResponse, { path: "/c" }),
      ]),
    );
    assert.deepEqual(world.log(), ["a done", "b failed -101", "c done"]);
    assert.deepEqual(world.outcomes.get("c"), { kind: "done", reply: "/c" });
    assert.equal(world.machine.lastZxid, 6n);
  });

  test("a reply that nobody waits for ends the connection", () => {
    const world = new ClientWorld().live();
    world.reply({ xid: 1 });
    assert.deepEqual(world.log(), ["disconnect: reply to xid 1, expected none", "CONNECTING"]);
  });

  test("a reply that is not what was asked for ends the connection, and settles everybody", () => {
    const world = new ClientWorld().live();
    world.submit("a", ops.getData, { path: "/a", watch: false });
    sync(world, "b");
    world.flush();
    world.reply({ xid: 1, zxid: 1 }, CreateResponse, { path: "too short for data and Stat" });
    assert.match(world.log().join("\n"), /^a failed -4\ndisconnect: [A-Z_]+ .*\nb failed -4\n/);
  });

  test("a lost connection fails what was sent; what comes later waits for the next one", () => {
    const world = new ClientWorld().live();
    sync(world, "sent");
    world.flush();
    sync(world, "not flushed");
    world.cut();
    assert.deepEqual(world.log(), ["sent failed -4", "not flushed failed -4", "CONNECTING"]);
    sync(world, "later");
    world.flush();
    world.pass(100);
    world.cut();
    world.pass(200);
    world.open();
    world.log();
    world.welcome();
    assert.deepEqual(world.log(), ["CONNECTED"]);
    assert.deepEqual(world.requests(), ["3 sync"]);
  });

  test("a request above the limit is refused here, and others go on", () => {
    const world = new ClientWorld({ requestBytesMax: 100 }).live();
    sync(world, "a");
    world.submit("big", ops.setData, { path: "/a", data: new Uint8Array(100), version: -1 });
    sync(world, "b");
    world.flush();
    assert.deepEqual(world.log(), [
      "big failed -8, not sent: request of 122 bytes, the limit is 100",
    ]);
    assert.deepEqual(world.requests(), ["1 sync", "2 sync"]);
  });

  test("a cancelled request is not sent, unless it was already", () => {
    const world = new ClientWorld();
    world.start();
    sync(world, "gone");
    sync(world, "stays");
    world.feed({ kind: "cancel", ticket: "gone" });
    world.open();
    world.welcome();
    assert.deepEqual(world.requests(), ["1 sync"]);
    world.feed({ kind: "cancel", ticket: "stays" });
    world.reply({ xid: 1, zxid: 1 }, CreateResponse, { path: "/stays" });
    assert.deepEqual(world.outcomes.get("stays"), { kind: "done", reply: "/stays" });
  });

  test("news of a connection that was left is ignored", () => {
    const world = new ClientWorld({ hosts: three }).live();
    const old = world.attempt;
    world.cut();
    world.log();
    world.feed({ kind: "received", now: world.now, attempt: old, bytes: replyFrame({ xid: 9 }) });
    world.feed({ kind: "disconnected", now: world.now, attempt: old, reason: "late" });
    world.feed({ kind: "connected", now: world.now, attempt: old });
    assert.deepEqual(world.log(), []);
  });

  test("a failed multi is the failure of one of its elements", () => {
    const world = new ClientWorld().live();
    world.submit("m", multi, [
      { kind: "delete", request: { path: "/ok", version: -1 } },
      { kind: "delete", request: { path: "/none", version: -1 } },
    ]);
    world.flush();
    const reply = [
      { kind: "error", err: 0 },
      { kind: "error", err: NO_NODE },
    ] as const;
    world.reply({ xid: 1, zxid: 1 }, { bytesMin: 0, read: () => reply, write: writeMultiResults }, [
      ...reply,
    ]);
    assert.deepEqual(world.outcomes.get("m"), {
      kind: "failed",
      err: NO_NODE,
      sent: true,
      element: { index: 1, path: "/none", reply },
    });
  });
});

describe("authentication", () => {
  const auth = { scheme: "digest", auth: utf8("bob:pw") };

  test("an identity is sent at once, and again on every connection before anything else", () => {
    const world = new ClientWorld().live();
    world.feed({ kind: "addAuth", now: world.now, auth, ticket: "auth" });
    assert.deepEqual(world.requests(), ["-4 auth"]);
    world.reply({ xid: -4 });
    assert.deepEqual(world.log(), ["auth done"]);
    watchData(world, 1, "/w");
    world.cut();
    sync(world, "s");
    world.pass(100);
    world.open();
    world.welcome();
    const frames = world.frames();
    assert.deepEqual(
      frames.map(({ xid, type }) => `${xid} ${type}`),
      ["-4 auth", "-8 setWatches", "2 sync"],
    );
    assert.deepEqual(AuthPacket.read(frames[0]!.body), { type: 0, ...auth });
  });

  test("an identity whose reply was lost is answered on the next connection", () => {
    const world = new ClientWorld().live();
    world.feed({ kind: "addAuth", now: world.now, auth, ticket: "auth" });
    world.cut();
    world.pass(100);
    world.open();
    world.welcome();
    world.log();
    world.reply({ xid: -4 });
    assert.deepEqual(world.log(), ["auth done"]);
  });

  test("a refused identity ends the session", () => {
    const world = new ClientWorld().live();
    sync(world, "s");
    world.feed({ kind: "addAuth", now: world.now, auth, ticket: "auth" });
    world.reply({ xid: -4, err: -115 });
    assert.deepEqual(world.log(), [
      "disconnect: AUTH_FAILED",
      "s failed -115",
      "auth failed -115, not sent",
      "AUTH_FAILED",
    ]);
  });
});

describe("watches", () => {
  test("are set by the reply: exists on a missing node too, getData only on success", () => {
    const world = new ClientWorld().live();
    world.submit("a", ops.exists, { path: "/e", watch: true }, "exist");
    world.submit("b", ops.getData, { path: "/d", watch: true }, "data");
    world.submit("c", ops.getChildren, { path: "/c", watch: true }, "child");
    world.flush();
    world.reply({ xid: 1, err: NO_NODE });
    world.reply({ xid: 2, err: NO_NODE });
    world.reply({ xid: 3, zxid: 1 }, GetChildrenResponse, { children: [] });
    world.log();
    world.event(CREATED, "/e");
    world.event(CREATED, "/d");
    world.event(4, "/c");
    world.event(4, "/c");
    assert.deepEqual(world.log(), [
      "exist <- WatchedEvent state:SyncConnected type:NodeCreated path:/e",
      "child <- WatchedEvent state:SyncConnected type:NodeChildrenChanged path:/c",
    ]);
  });

  test("an event stands before the reply that follows it", () => {
    const world = new ClientWorld().live();
    watchData(world, 1, "/w");
    world.log();
    sync(world, "s");
    world.flush();
    world.receive(
      joinBytes([
        eventFrame(CHANGED, "/w"),
        replyFrame({ xid: 2, zxid: 8 }, CreateResponse, { path: "/s" }),
      ]),
    );
    assert.deepEqual(world.log(), [
      "w <- WatchedEvent state:SyncConnected type:NodeDataChanged path:/w",
      "s done",
    ]);
  });

  test("persistent ones need setWatches2; session events reach everybody", () => {
    const world = new ClientWorld().live();
    world.submit("a", ops.addWatch, { path: "/p", mode: "persistent" }, "p");
    world.submit("b", ops.addWatch, { path: "/r", mode: "persistentRecursive" }, "r");
    world.flush();
    world.reply({ xid: 1, zxid: 1 }, ErrorResponse, { err: 0 });
    world.reply({ xid: 2, zxid: 1 }, ErrorResponse, { err: 0 });
    world.log();
    world.cut();
    assert(world.log().includes("p r <- WatchedEvent state:Disconnected type:None path:null"));
    world.pass(100);
    world.open();
    world.welcome();
    const [request] = world.frames();
    assert.equal(request!.type, "setWatches2");
    const { persistent, persistentRecursive } = SetWatches2Request.read(request!.body);
    assert.deepEqual([persistent, persistentRecursive], [["/p"], ["/r"]]);
    world.reply({ xid: -8, zxid: 1 });
    world.log();
    world.event(CHANGED, "/r/deep/er");
    assert.deepEqual(world.log(), [
      "r <- WatchedEvent state:SyncConnected type:NodeDataChanged path:/r/deep/er",
    ]);
  });

  test("removal: refused without a watch, asked of the server for the last one only", () => {
    const world = new ClientWorld().live();
    const remove = (ticket: string, watcher?: string, local = false): void =>
      world.submit(ticket, ops.removeWatches, { path: "/w", selection: "any", local }, watcher);
    remove("none");
    assert.deepEqual(world.log(), ["none failed -121, not sent"]);
    watchData(world, 1, "/w", "one");
    watchData(world, 2, "/w", "two");
    world.log();
    world.requests();
    remove("first", "one");
    world.flush();
    assert.deepEqual(world.requests(), []);
    assert.deepEqual(world.log(), [
      "one <- WatchedEvent state:SyncConnected type:DataWatchRemoved path:/w",
      "first done",
    ]);
    remove("second", "two");
    world.flush();
    assert.deepEqual(world.requests(), ["3 removeWatches"]);
    world.reply({ xid: 3, zxid: 3 });
    assert.deepEqual(world.log(), [
      "two <- WatchedEvent state:SyncConnected type:DataWatchRemoved path:/w",
      "second done",
    ]);
  });

  test("removal without a server, where that is wanted", () => {
    const world = new ClientWorld().live();
    watchData(world, 1, "/w");
    world.cut();
    world.log();
    const request = { path: "/w", selection: "any", local: true } as const;
    world.submit("r", ops.removeWatches, request);
    assert.deepEqual(world.log(), [
      "w <- WatchedEvent state:Disconnected type:DataWatchRemoved path:/w",
      "r done",
    ]);
  });

  test("under a chroot, paths are the caller's; the configuration is where it is", () => {
    const world = new ClientWorld({ chroot: "/app" }).live();
    world.submit("a", ops.create, { path: "/n", data: null, acl: OPEN_ACL, flags: 0 });
    world.submit("b", ops.exists, { path: "/", watch: true }, "root");
    world.submit("c", ops.getConfig, { path: ops.CONFIG_PATH, watch: false });
    world.flush();
    const paths = world.frames().map(({ body }) => body.ustring());
    assert.deepEqual(paths, ["/app/n", "/app", "/zookeeper/config"]);
    world.reply({ xid: 1, zxid: 1 }, CreateResponse, { path: "/app/n" });
    world.reply({ xid: 2, zxid: 1, err: NO_NODE });
    assert.deepEqual(world.outcomes.get("a"), { kind: "done", reply: "/n" });
    world.log();
    world.event(CREATED, "/app");
    assert.deepEqual(world.log(), [
      "root <- WatchedEvent state:SyncConnected type:NodeCreated path:/",
    ]);
  });
});

describe("close", () => {
  test("comes behind what was asked before, which is answered", () => {
    const world = new ClientWorld().live();
    sync(world, "a");
    world.feed({ kind: "close", now: world.now });
    assert.deepEqual(world.requests(), ["1 sync", "2 closeSession"]);
    sync(world, "late");
    world.reply({ xid: 1, zxid: 1 }, CreateResponse, { path: "/a" });
    world.reply({ xid: 2, zxid: 2 });
    assert.deepEqual(world.log(), [
      "late failed -4, not sent",
      "a done",
      "disconnect: CLOSED",
      "CLOSED",
    ]);
  });

  test("of a server that does not answer any more", () => {
    const world = new ClientWorld().live();
    world.feed({ kind: "close", now: world.now });
    world.pass(4000);
    assert.deepEqual(world.log(), ["disconnect: the server is silent", "CLOSED"]);
  });

  test("without a connection", () => {
    const world = new ClientWorld();
    world.start();
    sync(world, "a");
    world.log();
    world.feed({ kind: "close", now: world.now });
    assert.deepEqual(world.log(), ["disconnect: CLOSED", "a failed -4, not sent", "CLOSED"]);
    assert.equal(world.machine.nextDeadline(), Number.POSITIVE_INFINITY);
  });
});

describe("a read-only server", () => {
  const toReadOnly = (): ClientWorld =>
    new ClientWorld({ hosts: three, canBeReadOnly: true }).live({ readOnly: true });

  test("will do; the others are asked in turn at doubling distances", () => {
    const world = toReadOnly();
    assert.equal(world.machine.state, "CONNECTED_READ_ONLY");
    world.pass(99);
    assert.deepEqual(world.log(), []);
    world.pass(1);
    world.pass(200);
    world.pass(400);
    const probed = world.log();
    assert.equal(probed.length, 3);
    assert.notEqual(probed[0], probed[1]);
    assert.equal(probed[0], probed[2]);
    assert(!probed.some((line) => line.includes(`probe ${world.machine.host?.name}`)));
  });

  test("is left for one that takes writes, with a new session", () => {
    const world = toReadOnly();
    const host = three.find(({ name }) => name !== world.machine.host?.name)!;
    world.feed({ kind: "probed", now: world.now, host: three[0]!, writable: false });
    assert.deepEqual(world.log(), []);
    world.feed({ kind: "probed", now: world.now, host, writable: true });
    assert.deepEqual(world.log(), [
      `disconnect: ${host.name}:1 takes writes`,
      "CONNECTING",
      `connect ${host.name}:1`,
    ]);
    assert.equal(world.open().sessionId, SESSION_NONE);
    world.welcome({ sessionId: SESSION });
    assert.equal(world.machine.state, "CONNECTED");
    world.feed({ kind: "probed", now: world.now, host: three[0]!, writable: true });
    assert.equal(world.machine.state, "CONNECTED");
  });
});

test("whatever happens, every request is settled once and nothing is written to a dead link", () => {
  const happening = fc.oneof(
    fc.constantFrom("submit", "flush", "open", "welcome", "cut", "reply", "event", "garbage"),
    fc.constantFrom("auth", "authReply", "probed", "close", "expired"),
    fc.integer({ min: 1, max: 5000 }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const world = new ClientWorld({ hosts: three, canBeReadOnly: true });
      world.start();
      const tickets: string[] = [];
      let phase = 0;
      let xid = 1;
      for (const what of happenings) {
        const before = world.attempt;
        if (typeof what === "number") world.pass(what);
        else if (what === "submit") {
          tickets.push(`t${tickets.length}`);
          sync(world, tickets.at(-1)!);
        } else if (what === "flush") world.flush();
        else if (what === "auth") {
          tickets.push(`t${tickets.length}`);
          const auth = { scheme: "digest", auth: utf8("a:b") };
          world.feed({ kind: "addAuth", now: world.now, auth, ticket: tickets.at(-1)! });
        } else if (what === "probed") {
          world.feed({ kind: "probed", now: world.now, host: three[0]!, writable: true });
        } else if (what === "close") world.feed({ kind: "close", now: world.now });
        else if (what === "cut") world.cut();
        else if (what === "open") {
          if (phase === 0 && world.machine.state === "CONNECTING") {
            world.feed({ kind: "connected", now: world.now, attempt: world.attempt });
            phase = 1;
          }
        } else if (phase === 1) {
          if (what === "welcome") world.welcome({ readOnly: xid % 2 === 0 });
          else if (what === "expired") world.welcome({ timeoutMs: 0 });
          if (what === "welcome") phase = 2;
        } else if (phase === 2) {
          if (what === "reply")
            world.reply({ xid: xid++, zxid: xid }, CreateResponse, { path: "/" });
          else if (what === "authReply") world.reply({ xid: -4 });
          else if (what === "event") world.event(CHANGED, "/x");
          else if (what === "garbage") world.receive(Uint8Array.of(0, 0, 0, 1, 9));
        }
        if (world.attempt !== before || isDown(world)) phase = 0;
      }
      world.feed({ kind: "close", now: world.now });
      world.cut();
      assert.equal(world.outcomes.size, tickets.length);
    }),
    { numRuns: 500 },
  );
});

/** True when there is no connection that could be opened or talked to. */
function isDown(world: ClientWorld): boolean {
  const { state } = world.machine;
  return state === "CLOSED" || state === "EXPIRED" || state === "AUTH_FAILED";
}
