/** The driver and the public class on connections that the test holds in its hands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventFrame, frame, replyFrame, SESSION } from "../../test/support/client-world.ts";
import { exists, getData, setData, sync } from "../client-core/operations.ts";
import { REQUEST_BYTES_MAX } from "../client-core/protocol.ts";
import { ConnectResponse, StatResponse, SyncResponse } from "../records/client.ts";
import type { ConnectionEvents, Dial } from "./connection.ts";
import { Driver, type Listeners, type Watcher } from "./driver.ts";
import { ClosedError, ConnectionLossError, KeeperError, NoNodeError } from "./keeper-error.ts";

const welcome = frame((to) =>
  ConnectResponse.write(to, {
    protocolVersion: 0,
    timeoutMs: 30_000,
    sessionId: SESSION,
    password: new Uint8Array(16),
    readOnly: false,
  }),
);
const NO_STAT = {
  czxid: 0n,
  mzxid: 0n,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
  pzxid: 0n,
} as Parameters<typeof StatResponse.write>[1]["stat"];

/** A driver whose connections are objects; `line` is the one in use. */
function setUp(listeners: Listeners = {}) {
  const lines: { events: ConnectionEvents; writes: Uint8Array[]; isClosed: boolean }[] = [];
  const dial: Dial = (_, events) => {
    const line = { events, writes: [] as Uint8Array[], isClosed: false };
    lines.push(line);
    return {
      write: (bytes) => void line.writes.push(bytes),
      close: () => {
        line.isClosed = true;
      },
    };
  };
  const options = {
    hosts: [{ name: "a", port: 1 }],
    chroot: "",
    timeoutMs: 30_000,
    canBeReadOnly: false,
    sasl: false,
    requestBytesMax: REQUEST_BYTES_MAX,
    seed: 1,
  };
  const driver = new Driver(options, dial, listeners);
  driver.start();
  const line = () => lines.at(-1)!;
  const greet = (): void => {
    line().events.opened();
    line().events.received(welcome);
    line().writes.length = 0;
  };
  /** Ends the session, so that no timer stays. */
  const end = async (): Promise<void> => {
    const over = driver.close();
    line().events.closed("the test is over");
    await over;
  };
  return { driver, line, greet, end };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("requests of one turn are one write", async () => {
  const { driver, line, greet, end } = setUp();
  greet();
  const calls = ["/a", "/b", "/c"].map((path) => driver.call(sync, { path }, {}));
  assert.equal(line().writes.length, 0);
  await turn();
  assert.equal(line().writes.length, 1);
  for (const xid of [1, 2, 3]) {
    line().events.received(replyFrame({ xid, zxid: 1 }, SyncResponse, { path: `/${xid}` }));
  }
  assert.deepEqual(await Promise.all(calls), ["/1", "/2", "/3"]);
  await end();
});

test("replies and events reach the program in the order of the wire", async () => {
  const { driver, line, greet, end } = setUp();
  greet();
  const order: string[] = [];
  const watcher: Watcher = ({ type }) => order.push(type);
  const first = driver.call(exists, { path: "/a", watch: true }, { watcher });
  const second = driver.call(setData, { path: "/a", data: null, version: -1 }, {});
  void first.then(() => order.push("exists"));
  void second.then(() => order.push("setData"));
  await turn();
  const stat = { stat: NO_STAT };
  line().events.received(
    Buffer.concat([
      replyFrame({ xid: 1, zxid: 1 }, StatResponse, stat),
      eventFrame(3, "/a"),
      replyFrame({ xid: 2, zxid: 2 }, StatResponse, stat),
    ]),
  );
  await turn();
  assert.deepEqual(order, ["exists", "NodeDataChanged", "setData"]);
  await end();
});

test("refusals are errors with code and path", async () => {
  const { driver, line, greet, end } = setUp();
  greet();
  const refused = driver.call(getData, { path: "/none", watch: false }, {});
  await turn();
  line().events.received(replyFrame({ xid: 1, zxid: 1, err: -101 }));
  const error = await refused.catch((one: unknown) => one);
  assert(error instanceof NoNodeError && error instanceof KeeperError);
  assert.equal(error.message, "getData /none: node does not exist");
  assert.equal(error.name, "NoNodeError");
  await end();
});

test("a lost connection: a sent write may have been done, a read or an unsent write was not", async () => {
  const troubles: string[] = [];
  const { driver, line, greet, end } = setUp({ onTrouble: (reason) => troubles.push(reason) });
  greet();
  const write = driver.call(setData, { path: "/w", data: null, version: -1 }, {});
  const read = driver.call(getData, { path: "/r", watch: false }, {});
  await turn();
  line().events.closed("cable");
  const [lostWrite, lostRead] = await Promise.all(
    [write, read].map((call: Promise<unknown>) => call.catch((error: unknown) => error)),
  );
  assert(lostWrite instanceof ConnectionLossError && lostWrite.ambiguous && lostWrite.retryable);
  assert(lostRead instanceof ConnectionLossError && !lostRead.ambiguous && lostRead.retryable);
  assert.deepEqual(troubles, ["cable"]);
  assert.equal(driver.lastTrouble, "cable");
  await end();
});

test("abort: a waiting request is taken back, a sent one is no longer waited for", async () => {
  const { driver, line, greet, end } = setUp();
  const abort = new AbortController();
  const waiting = driver.call(sync, { path: "/waiting" }, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  greet();
  await turn();
  assert.equal(line().writes.length, 0);
  const again = new AbortController();
  const sent = driver.call(sync, { path: "/sent" }, { signal: again.signal });
  const other = driver.call(sync, { path: "/other" }, {});
  await turn();
  again.abort(new Error("enough"));
  await assert.rejects(sent, /enough/);
  line().events.received(replyFrame({ xid: 1, zxid: 1 }, SyncResponse, { path: "/sent" }));
  line().events.received(replyFrame({ xid: 2, zxid: 1 }, SyncResponse, { path: "/other" }));
  assert.equal(await other, "/other");
  await end();
});

test("close settles everybody and leaves the connection", async () => {
  const states: string[] = [];
  const { driver, line, greet } = setUp();
  driver.onState((state) => states.push(state));
  greet();
  const asked = driver.call(sync, { path: "/a" }, {});
  const closed = driver.close();
  const late = driver.call(sync, { path: "/late" }, {});
  await assert.rejects(late, ClosedError);
  line().events.received(replyFrame({ xid: 1, zxid: 1 }, SyncResponse, { path: "/a" }));
  line().events.received(replyFrame({ xid: 2, zxid: 1 }));
  assert.equal(await asked, "/a");
  await closed;
  assert(line().isClosed);
  assert.deepEqual(states, ["CONNECTED", "CLOSED"]);
  await driver.close();
});
