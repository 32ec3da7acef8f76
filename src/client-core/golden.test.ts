/**
 * The reference's Java client, word for word: the calls that its shell made, our bytes against its bytes,
 * and what we read from the server's answers.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientWorld } from "../../test/support/client-world.ts";
import { readStream } from "../../test/support/golden.ts";
import { bytesOfHex, hexOf, joinBytes, utf8 } from "../base/bytes.ts";
import { CreateMode } from "../records/constants.ts";
import { OPEN_ACL } from "../records/data.ts";
import { multi } from "./multi.ts";
import * as ops from "./operations.ts";

const stream = readStream("client/java-zkcli").frames;

const acl = OPEN_ACL;
const create = (path: string, data: string, flags: CreateMode) => ({
  path,
  data: utf8(data),
  acl,
  flags,
});

/** Each call of the capture: what it asks, and what the answer must say. */
type Step = (world: ClientWorld, ticket: string) => void;
const steps: ReadonlyArray<readonly [expected: unknown, step: Step]> = [
  ["/jv", (w, t) => w.submit(t, ops.create, create("/jv", "data", CreateMode.persistent))],
  [
    "/jv/e-0000000000",
    (w, t) => w.submit(t, ops.create, create("/jv/e-", "eph", CreateMode.ephemeralSequential)),
  ],
  [
    { path: "/jvc" },
    (w, t) =>
      w.submit(t, ops.createContainer, {
        path: "/jvc",
        data: null,
        acl,
        flags: CreateMode.container,
      }),
  ],
  [
    { path: "/jvt" },
    (w, t) =>
      w.submit(t, ops.createTTL, {
        ...create("/jvt", "x", CreateMode.persistentWithTtl),
        ttl: 100_000n,
      }),
  ],
  [{ data: utf8("data") }, (w, t) => w.submit(t, ops.getData, { path: "/jv", watch: true }, "w")],
  [
    { version: 1, dataLength: 5 },
    (w, t) => w.submit(t, ops.setData, { path: "/jv", data: utf8("data2"), version: -1 }),
  ],
  [
    undefined,
    (w, t) => w.submit(t, ops.addWatch, { path: "/jv", mode: "persistentRecursive" }, "r"),
  ],
  ["/jv/k1", (w, t) => w.submit(t, ops.create, create("/jv/k1", "v", CreateMode.persistent))],
  [
    { version: 1 },
    (w, t) => w.submit(t, ops.setData, { path: "/jv/k1", data: utf8("v2"), version: -1 }),
  ],
  [undefined, (w, t) => w.submit(t, ops.deleteNode, { path: "/jv/k1", version: -1 })],
  [
    undefined,
    (w, t) => w.submit(t, ops.removeWatches, { path: "/jv", selection: "any", local: false }),
  ],
  [{ data: utf8("data2") }, (w, t) => w.submit(t, ops.getData, { path: "/jv", watch: false })],
  [
    { children: ["e-0000000000"] },
    (w, t) => w.submit(t, ops.getChildren2, { path: "/jv", watch: false }),
  ],
  [
    { children: [] },
    (w, t) => w.submit(t, ops.getChildren2, { path: "/jv/e-0000000000", watch: false }),
  ],
  [{ numChildren: 1 }, (w, t) => w.submit(t, ops.exists, { path: "/jv", watch: false })],
  [
    { aversion: 1 },
    (w, t) => {
      const auth = { scheme: "digest", auth: utf8("bob:pw") };
      w.feed({ kind: "addAuth", now: w.now, auth, ticket: "auth" });
      const entry = { perms: 31, scheme: "auth", id: "" };
      w.submit(t, ops.setACL, { path: "/jv", acl: [entry], version: -1 });
    },
  ],
  [
    { acl: [{ perms: 31, scheme: "digest", id: "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=" }] },
    (w, t) => w.submit(t, ops.getACL, { path: "/jv" }),
  ],
  [
    [
      { authScheme: "digest", user: "bob" },
      { authScheme: "ip", user: "127.0.0.1" },
    ],
    (w, t) => w.submit(t, ops.whoAmI, undefined),
  ],
  [1, (w, t) => w.submit(t, ops.getAllChildrenNumber, { path: "/jv" })],
  [["/jv/e-0000000000"], (w, t) => w.submit(t, ops.getEphemerals, { prefix: "/jv" })],
  [
    { err: -101 },
    (w, t) =>
      w.submit(t, ops.getData, { path: "/zookeeper/quota/jv/zookeeper_limits", watch: false }),
  ],
  ["/jv", (w, t) => w.submit(t, ops.sync, { path: "/jv" })],
  [
    { data: new Uint8Array(0) },
    (w, t) => w.submit(t, ops.getConfig, { path: ops.CONFIG_PATH, watch: false }),
  ],
  [[], (w, t) => w.submit(t, ops.getChildren, { path: "/jvc", watch: false })],
  [
    [{ kind: "delete" }],
    (w, t) => w.submit(t, multi, [{ kind: "delete", request: { path: "/jvc", version: -1 } }]),
  ],
];

/** Plays the capture; the server's frames arrive in pieces of `pieceBytes`. */
function replay(pieceBytes: number) {
  const world = new ClientWorld({ timeoutMs: 30_000 });
  world.start();
  const said: Uint8Array[] = [];
  const take = (): void => void said.push(world.bytes());
  const answer = (): void => {
    // All that the server sent before the client spoke again.
    while (stream[at]?.from === "listener") {
      const { bytes } = stream[at++]!;
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        world.receive(bytes.slice(start, start + pieceBytes));
      }
    }
  };
  let at = 0;
  const heard = (): void => {
    while (stream[at]?.from === "dialer") at++;
  };
  world.feed({ kind: "connected", now: world.now, attempt: world.attempt });
  take();
  heard();
  answer();
  for (const [index, [, step]] of steps.entries()) {
    step(world, String(index));
    world.flush();
    take();
    heard();
    answer();
  }
  world.feed({ kind: "close", now: world.now });
  take();
  heard();
  answer();
  return { world, said: joinBytes(said) };
}

for (const pieceBytes of [1, 7, 65_536]) {
  test(`the Java shell's session, answers in pieces of ${pieceBytes} bytes`, () => {
    const { world, said } = replay(pieceBytes);
    const theirs = joinBytes(
      stream.filter(({ from }) => from === "dialer").map(({ bytes }) => bytes),
    );
    assert.equal(hexOf(said), hexOf(theirs));
    for (const [index, [expected]] of steps.entries()) {
      const outcome = world.outcomes.get(String(index));
      const told = outcome?.kind === "done" ? outcome.reply : outcome;
      if (typeof expected !== "object" || expected === null) assert.equal(told, expected);
      else assertPart(told, expected);
    }
    assert.equal(world.machine.state, "CLOSED");
    assert.equal(world.machine.lastZxid, 0x1an);
    assert.equal(world.machine.sessionId, 0x0100_0021_1eae_0001n);
    assert.deepEqual(world.machine.password, bytesOfHex("a3d50fb67dbeab6de384636bc2b7c26f"));
  });
}

test("the events of that session", () => {
  const { world } = replay(65_536);
  assert.deepEqual(
    world.log().filter((line) => line.includes("<-")),
    [
      "w <- WatchedEvent state:SyncConnected type:NodeDataChanged path:/jv",
      "r <- WatchedEvent state:SyncConnected type:NodeCreated path:/jv/k1",
      "r <- WatchedEvent state:SyncConnected type:NodeDataChanged path:/jv/k1",
      "r <- WatchedEvent state:SyncConnected type:NodeDeleted path:/jv/k1",
      "r <- WatchedEvent state:SyncConnected type:PersistentWatchRemoved path:/jv",
    ],
  );
});

/** Every key of `expected` is in `actual`, with an equal value. */
function assertPart(actual: unknown, expected: object): void {
  assert(typeof actual === "object" && actual !== null);
  if (Array.isArray(expected)) return assert.deepEqual(actual, expected);
  const found = new Map(Object.entries(actual));
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(found.get(key), value);
}
