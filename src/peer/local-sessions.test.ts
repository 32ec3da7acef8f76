/** Local sessions: no transaction makes or ends them, until they own something. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld, type WorldClient } from "../../test/support/machine-world.ts";
import { type SessionId, toZxid } from "../base/ids.ts";
import { type Codec, record } from "../jute/codec.ts";
import { CreateRequest, ReadRequest } from "../records/client.ts";
import { CreateMode } from "../records/constants.ts";
import type { MultiOp } from "../records/multi.ts";
import { OpCode } from "../records/op-codes.ts";
import { MultiRequest } from "../requests/multi.ts";
import { passwordOf } from "../session/password.ts";
import { NO_NODE } from "../tree/data-tree.ts";

const LOCAL = { localSessions: true, localSessionsUpgrading: true };
const Nothing: Codec<object> = record({});

test("a local session has no transaction, and needs no disk", () => {
  const world = new MachineWorld(LOCAL);
  world.diskIsQuick = false;
  const client = world.open();
  equal(client.welcome?.timeoutMs, 10_000);
  equal(client.paused, false);
  equal(world.batchesHeld, 0);
  deepEqual(counts(world), [1, 0]);
  const close = client.ask(OpCode.closeSession, Nothing, {});
  equal(client.err(close), 0);
  match(client.closed ?? "", /session ended/);
  equal(world.batchesHeld, 0);
  deepEqual(counts(world), [0, 0]);
  equal(world.machine.status.lastZxid, toZxid(0n));
});

test("it reads, writes and watches as every other", () => {
  const world = new MachineWorld(LOCAL);
  const client = world.open();
  const watched = client.ask(OpCode.exists, ReadRequest, { path: "/a", watch: true });
  const made = client.ask(OpCode.create, CreateRequest, newNode("/a"));
  deepEqual([watched, made].map(client.err), [-101, 0]);
  deepEqual(client.story, [`reply ${watched}`, "event 1 /a", `reply ${made}`]);
  equal(world.machine.status.lastZxid, toZxid(1n), "the create alone took a zxid");
  deepEqual(counts(world), [1, 0]);
});

test("it comes back on another connection, and keeps its number", () => {
  const world = new MachineWorld(LOCAL);
  const { session } = world.open();
  const back = returning(world, session);
  equal(back.welcome?.sessionId, session);
  equal(back.welcome?.timeoutMs, 10_000);
  deepEqual(counts(world), [1, 0]);
});

test("it expires without a transaction, with its connection, or alone", () => {
  const world = new MachineWorld(LOCAL);
  const [silent, gone] = [world.open(4000), world.open(4000)];
  world.input({ kind: "closed", now: world.now, conn: gone.conn });
  world.pass(8000);
  match(silent.closed ?? "", /session ended/);
  deepEqual(counts(world), [0, 0]);
  equal(world.machine.status.lastZxid, toZxid(0n));
  equal(returning(world, gone.session).welcome?.timeoutMs, 0);
});

test("after a restart it is gone; one that was upgraded is there", () => {
  const world = new MachineWorld(LOCAL);
  const [local, upgraded] = [world.open(), world.open()];
  upgraded.ask(OpCode.create, CreateRequest, newNode("/e", CreateMode.ephemeral));
  const after = new MachineWorld(LOCAL, undefined, world.loaded);
  equal(returning(after, local.session).welcome?.timeoutMs, 0);
  equal(returning(after, upgraded.session).welcome?.sessionId, upgraded.session);
  deepEqual(counts(after), [0, 1]);
});

const ephemerals: ReadonlyArray<
  readonly [what: string, ask: (client: WorldClient) => number, path: string]
> = [
  [
    "create",
    (client) => client.ask(OpCode.create, CreateRequest, newNode("/e", CreateMode.ephemeral)),
    "/e",
  ],
  [
    "create2",
    (client) => client.ask(OpCode.create2, CreateRequest, newNode("/e", CreateMode.ephemeral)),
    "/e",
  ],
  [
    "an ephemeral sequential",
    (client) =>
      client.ask(OpCode.create, CreateRequest, newNode("/e", CreateMode.ephemeralSequential)),
    "/e0000000000",
  ],
  [
    "a multi that contains one",
    (client) =>
      client.ask(OpCode.multi, MultiRequest, [
        made(newNode("/other")),
        made(newNode("/e", CreateMode.ephemeral)),
      ]),
    "/e",
  ],
];

for (const [what, ask, path] of ephemerals) {
  test(`${what} makes the session global first, and its end deletes the node`, () => {
    const world = new MachineWorld(LOCAL);
    const client = world.open();
    const xid = ask(client);
    equal(client.err(xid), 0);
    equal(client.reply(xid).header.zxid, toZxid(2n), "createSession came before it");
    deepEqual(counts(world), [0, 1]);
    equal(world.loaded.sessions.get(client.session), 10_000);
    deepEqual(world.loaded.tree.ephemeralsOf(client.session), [path]);
    const close = client.ask(OpCode.closeSession, Nothing, {});
    equal(client.reply(close).header.zxid, toZxid(3n), "its end is a transaction");
    equal(has(world, path), false);
    deepEqual(counts(world), [0, 0]);
  });

  test(`without upgrading ${what} is refused with -120, and the session stays local`, () => {
    const world = new MachineWorld({ ...LOCAL, localSessionsUpgrading: false });
    const client = world.open();
    const xid = ask(client);
    if (what.startsWith("a multi")) {
      // A multi's own error stands in its elements: the second one is refused.
      const { body } = client.reply(xid);
      const results = [...body].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      match(results, /ffffffff00ffffff88ffffff88/, "-120 stands at the ephemeral");
    } else equal(client.err(xid), -120);
    equal(has(world, path), false);
    equal(has(world, "/other"), false);
    deepEqual(counts(world), [1, 0]);
    equal(world.machine.status.lastZxid, toZxid(1n), "the refusal takes a zxid");
  });
}

test("a create that fails has made the session global all the same", () => {
  const world = new MachineWorld(LOCAL);
  const client = world.open();
  const xid = client.ask(OpCode.create, CreateRequest, newNode("/no/parent", CreateMode.ephemeral));
  equal(client.err(xid), -101);
  deepEqual(counts(world), [0, 1]);
});

test("two creates behind one another: one createSession, both in order", () => {
  const world = new MachineWorld(LOCAL);
  const client = world.open();
  world.diskIsQuick = false;
  const one = client.ask(OpCode.create, CreateRequest, newNode("/1", CreateMode.ephemeral));
  const two = client.ask(OpCode.create, CreateRequest, newNode("/2", CreateMode.ephemeral));
  while (world.batchesHeld > 0) world.sync();
  deepEqual([one, two].map(client.err), [0, 0]);
  deepEqual(client.story, [`reply ${one}`, `reply ${two}`]);
  equal(world.machine.status.lastZxid, toZxid(3n));
});

test("a close behind the upgrade ends the session in the log, and takes the node with it", () => {
  const world = new MachineWorld(LOCAL);
  const client = world.open();
  world.diskIsQuick = false;
  const one = client.ask(OpCode.create, CreateRequest, newNode("/e", CreateMode.ephemeral));
  const close = client.ask(OpCode.closeSession, Nothing, {});
  while (world.batchesHeld > 0) world.sync();
  deepEqual(client.story, [`reply ${one}`, `reply ${close}`]);
  equal(has(world, "/e"), false);
  equal(world.loaded.sessions.size, 0);
  deepEqual(counts(world), [0, 0]);
});

test("an ephemeral behind the close of a local session is not made", () => {
  const world = new MachineWorld(LOCAL);
  const client = world.open();
  world.diskIsQuick = false;
  const write = client.ask(OpCode.create, CreateRequest, newNode("/a"));
  const close = client.ask(OpCode.closeSession, Nothing, {});
  client.ask(OpCode.create, CreateRequest, newNode("/e", CreateMode.ephemeral));
  while (world.batchesHeld > 0) world.sync();
  deepEqual(client.story, [`reply ${write}`, `reply ${close}`]);
  equal(has(world, "/a"), true);
  equal(has(world, "/e"), false);
  equal(world.loaded.sessions.size, 0);
  deepEqual(counts(world), [0, 0]);
});

test("a close that waits behind a write when its connection goes leaves no session behind", () => {
  const world = new MachineWorld(LOCAL);
  const client = world.open();
  world.diskIsQuick = false;
  client.ask(OpCode.create, CreateRequest, newNode("/a"));
  client.ask(OpCode.closeSession, Nothing, {});
  deepEqual(counts(world), [1, 0]);
  world.input({ kind: "closed", now: world.now, conn: client.conn });
  deepEqual(counts(world), [0, 0]);
  while (world.batchesHeld > 0) world.sync();
  equal(has(world, "/a"), true);
});

test("a session that expires while its upgrade is on the way ends in the log", () => {
  const world = new MachineWorld(LOCAL);
  const client = world.open(4000);
  world.diskIsQuick = false;
  client.ask(OpCode.create, CreateRequest, newNode("/e", CreateMode.ephemeral));
  world.pass(8000);
  while (world.batchesHeld > 0) world.sync();
  equal(has(world, "/e"), false);
  equal(world.loaded.sessions.size, 0);
  deepEqual(counts(world), [0, 0]);
});

test("an upgrade waits in the throttle's line with its request", () => {
  const requestThrottle = {
    ...{ maxRequests: 1, stallTimeMs: 100, dropStale: false, lateAfterMs: 0 },
    ...{ staleLatencyCheck: false, staleConnectionCheck: true },
  };
  const world = new MachineWorld({ ...LOCAL, requestThrottle });
  const client = world.open();
  world.diskIsQuick = false;
  const xids = [
    client.ask(OpCode.create, CreateRequest, newNode("/a")),
    client.ask(OpCode.create, CreateRequest, newNode("/e", CreateMode.ephemeral)),
    client.ask(OpCode.closeSession, Nothing, {}),
  ];
  deepEqual(counts(world), [1, 0]);
  while (world.batchesHeld > 0) world.sync();
  deepEqual(
    client.story,
    xids.map((xid) => `reply ${xid}`),
  );
  equal(has(world, "/e"), false);
  deepEqual(counts(world), [0, 0]);
});

test("a local close that waits in the line ends the session though its connection is gone", () => {
  const requestThrottle = {
    ...{ maxRequests: 1, stallTimeMs: 100, dropStale: false, lateAfterMs: 0 },
    ...{ staleLatencyCheck: false, staleConnectionCheck: true },
  };
  const world = new MachineWorld({ ...LOCAL, requestThrottle });
  const [blocks, client] = [world.open(), world.open()];
  world.diskIsQuick = false;
  blocks.ask(OpCode.create, CreateRequest, newNode("/a"));
  client.ask(OpCode.closeSession, Nothing, {});
  const back = returning(world, client.session);
  equal(back.welcome?.sessionId, client.session);
  deepEqual(counts(world), [2, 0]);
  while (world.batchesHeld > 0) world.sync();
  deepEqual(counts(world), [1, 0]);
  match(back.closed ?? "", /session ended/, "and its new connection ends with it");
});

test("local sessions cost their own weight at the connection throttle", () => {
  const connectionThrottle = {
    ...{ tokens: 3, fillTimeMs: 1e6, fillCount: 1, freezeTimeMs: -1 },
    ...{ dropIncrease: 0.02, dropDecrease: 0.002, decreaseRatio: 0 },
    weights: { global: 3, renew: 2, local: 1 },
  };
  const world = new MachineWorld({ ...LOCAL, connectionThrottle });
  const welcomes = [1, 2, 3, 4].map(() => world.open().welcome !== undefined);
  deepEqual(welcomes, [true, true, true, false]);
});

/** Local and global sessions. */
const counts = ({ machine: { status } }: MachineWorld) => [
  status.localSessions,
  status.globalSessions,
];

function returning(world: MachineWorld, session: SessionId): WorldClient {
  const client = world.connect();
  client.shakeHands({ sessionId: session, password: passwordOf(session) });
  return client;
}

const newNode = (path: string, flags: number = CreateMode.persistent): CreateRequest => ({
  path,
  data: new Uint8Array(0),
  acl: [{ perms: 31, scheme: "world", id: "anyone" }],
  flags,
});

const made = (request: CreateRequest): MultiOp => ({ kind: "create", request });

const has = (world: MachineWorld, path: string): boolean =>
  world.loaded.tree.findText(path) !== NO_NODE;
