/** Watches as iterators, on a server in the same process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServedClients, turn } from "../../test/support/served-client.ts";
import { SessionExpiredError } from "./keeper-error.ts";
import type { StreamedEvent, WatchStream } from "./watch-stream.ts";

const words = ({ type, state, path, missed }: StreamedEvent): string =>
  `${path ?? state} ${type}${missed > 0 ? ` missed ${missed}` : ""}`;

async function take(stream: WatchStream, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { done, value } = await stream.next();
    if (done === true) return [...taken, "end"];
    taken.push(words(value));
  }
  return taken;
}

test("a recursive watch tells what happens at and below its path, in order", async () => {
  const zk = new ServedClients().client();
  const stream = zk.watch("/a", { recursive: true });
  await zk.create("/a");
  await zk.create("/a/b");
  await zk.setData("/a/b", "x");
  await zk.create("/other");
  await zk.delete("/a/b");
  const seen = await take(stream, 4);
  assert.deepEqual(seen, [
    "/a NodeCreated",
    "/a/b NodeCreated",
    "/a/b NodeDataChanged",
    "/a/b NodeDeleted",
  ]);
  await zk.close();
});

test("one without recursion tells of the node and its children", async () => {
  const zk = new ServedClients().client();
  const stream = zk.watch("/a");
  await zk.create("/a");
  await zk.create("/a/b");
  await zk.create("/a/b/c");
  await zk.setData("/a", "x");
  const seen = await take(stream, 3);
  assert.deepEqual(seen, ["/a NodeCreated", "/a NodeChildrenChanged", "/a NodeDataChanged"]);
  await zk.close();
});

test("leaving the loop takes the watch away from the server", async () => {
  const served = new ServedClients();
  const zk = served.client();
  const events = zk.watch("/", { recursive: true });
  void zk.create("/a");
  for await (const event of events) {
    assert.equal(event.path, "/a");
    break;
  }
  assert.equal(served.world.machine.status.watchCount, 0);
  assert.deepEqual(await take(events, 1), ["end"]);
  await zk.close();
});

test("a watch outlives a reconnection and tells the gap", async () => {
  const served = new ServedClients();
  const zk = served.client();
  const { zk: other, cut } = served.cuttable();
  const stream = other.watch("/", { recursive: true });
  await stream.ready;
  cut();
  assert.deepEqual(await take(stream, 2), ["Disconnected None", "SyncConnected None"]);
  // The watch is set again by a request of this connection, before what is asked from now on.
  await other.sync("/");
  await zk.create("/after");
  assert.deepEqual(await take(stream, 1), ["/after NodeCreated"]);
  await Promise.all([zk.close(), other.close()]);
});

test("a watch whose request was lost is asked for again", async () => {
  const served = new ServedClients();
  const { zk, cut } = served.cuttable();
  await zk.connected();
  const stream = zk.watch("/", { recursive: true });
  await new Promise<void>((resolve) => process.nextTick(resolve));
  cut("after the requests");
  await stream.ready;
  await zk.create("/a");
  assert.deepEqual(await take(stream, 1), ["/a NodeCreated"]);
  await zk.close();
});

test("a slow reader misses the oldest and is told how many", async () => {
  const zk = new ServedClients().client();
  const stream = zk.watch("/", { recursive: true, bufferMax: 2 });
  await Promise.all(["/a", "/b", "/c", "/d", "/e"].map((path) => zk.create(path)));
  const seen = await take(stream, 2);
  assert.deepEqual(seen, ["/d NodeCreated missed 3", "/e NodeCreated"]);
  assert.throws(() => zk.watch("/", { bufferMax: 0 }), RangeError);
  await zk.close();
});

test("the signal and close end it, also for who waits", async () => {
  const zk = new ServedClients().client();
  const abort = new AbortController();
  const aborted = take(zk.watch("/", { signal: abort.signal }), 1);
  const closed = take(zk.watch("/x"), 1);
  await zk.connected();
  abort.abort();
  assert.deepEqual(await aborted, ["end"]);
  assert.deepEqual(await take(zk.watch("/", { signal: abort.signal }), 1), ["end"]);
  await zk.close();
  assert.deepEqual(await closed, ["end"]);
  assert.deepEqual(await take(zk.watch("/late"), 1), ["end"]);
});

test("it throws when the session has expired, after what came before", async () => {
  const served = new ServedClients();
  const { zk, cut } = served.cuttable({ timeoutMs: 4000 });
  const stream = zk.watch("/", { recursive: true });
  await zk.create("/a");
  served.refuse(true);
  cut();
  await turn();
  served.world.pass(10_000);
  served.refuse(false);
  assert.deepEqual(await take(stream, 2), ["/a NodeCreated", "Disconnected None"]);
  await assert.rejects(stream.next(), SessionExpiredError);
  assert.deepEqual(await take(stream, 1), ["end"]);
});

test("a removal by somebody else ends it", async () => {
  const zk = new ServedClients().client();
  const stream = zk.watch("/a");
  await stream.ready;
  await zk.removeWatches("/a");
  assert.deepEqual(await take(stream, 1), ["end"]);
  await zk.close();
});

test("a path that is none is told by the first reading", async () => {
  const zk = new ServedClients().client();
  const stream = zk.watch("a");
  await assert.rejects(stream.next(), /Path must start with/);
  assert.deepEqual(await take(stream, 1), ["end"]);
  await zk.close();
});
