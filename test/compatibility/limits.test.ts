/** Specification 2.13: how much one client, and all of them, may ask for. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { OpCode } from "../../src/records/op-codes.ts";
import { bare, create, exists } from "../support/asking.ts";
import { configOf } from "../support/config.ts";
import { MachineWorld, SETTINGS } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

statement("2.13", "maxClientCnxns connections per address; a surplus is closed at accept", () => {
  const world = new MachineWorld({ maxClientCnxns: 2 });
  const three = [world.connect(), world.connect(), world.connect()];
  deepEqual(
    three.map((one) => one.closed === undefined),
    [true, true, false],
  );
  equal(world.connect("10.0.0.2").closed, undefined);
  // Room again when one has gone.
  world.input({ kind: "closed", now: world.now, conn: three[0]!.conn });
  equal(world.connect().closed, undefined);
});

statement("2.13", "maxClientCnxns is 60 by default", () => {
  const world = new MachineWorld();
  const many = Array.from({ length: 61 }, () => world.connect());
  equal(configOf().maxClientCnxns, 60);
  equal(many.filter((one) => one.closed === undefined).length, 60);
});

statement("2.13", "maxCnxns connections in all; 0 is no limit", () => {
  const world = new MachineWorld({ maxCnxns: 2 });
  const three = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => world.connect(address));
  deepEqual(
    three.map((one) => one.closed === undefined),
    [true, true, false],
  );
  equal(configOf().maxCnxns, 0);
  const open = new MachineWorld({ maxCnxns: 0, maxClientCnxns: 0 });
  const many = Array.from({ length: 500 }, () => open.connect());
  equal(
    many.every((one) => one.closed === undefined),
    true,
  );
});

statement("2.13", "Above globalOutstandingLimit a connection with a request is not read", () => {
  const world = new MachineWorld({ globalOutstandingLimit: 2 });
  const [a, b] = [world.open(), world.open()];
  world.diskIsQuick = false;
  for (const path of ["/a", "/b", "/c"]) create(a, path);
  equal(a.paused, true);
  equal(b.err(exists(b, "/")), 0);
  equal(b.paused, false);
});

statement("2.13", "Above globalOutstandingLimit nothing is refused", () => {
  const world = new MachineWorld({ globalOutstandingLimit: 2 });
  const a = world.open();
  world.diskIsQuick = false;
  const xids = ["/a", "/b", "/c", "/d", "/e"].map((path) => create(a, path));
  while (world.batchesHeld > 0) world.sync();
  for (const xid of xids) equal(a.err(xid), 0);
  deepEqual([a.paused, a.closed], [false, undefined]);
});

statement("2.13", "globalOutstandingLimit is 1000 by default", () => {
  const world = new MachineWorld();
  equal(configOf().globalOutstandingLimit, 1000);
  const a = world.open();
  world.diskIsQuick = false;
  for (let count = 0; count < 1000; count++) create(a, `/${count}`);
  equal(a.paused, false);
  create(a, "/1000");
  equal(a.paused, true);
});

statement("2.13", "The connection token bucket closes a handshake without a reply", () => {
  const connectionThrottle = { ...SETTINGS.connectionThrottle, tokens: 2, fillTimeMs: 1e6 };
  const world = new MachineWorld({ connectionThrottle });
  const three = [world.open(), world.open(), world.open()];
  deepEqual(
    three.map((one) => [one.frames.length, one.closed === undefined]),
    [
      [1, true],
      [1, true],
      [0, false],
    ],
  );
});

statement("2.13", "The throttles and the limit of large requests are off by default", () => {
  const config = configOf();
  deepEqual(
    [config.connectionTokens, config.requestThrottleMax, config.throttledOpWaitMs],
    [0, 0, 0],
  );
  deepEqual([config.largeRequestThreshold, config.largeRequestBytesMax], [-1, 104_857_600]);
});

/** One request is under way, and the disk stands; what `waits` asks for stands in the line. */
function line(lateAfterMs: number) {
  const requestThrottle = { ...SETTINGS.requestThrottle, maxRequests: 1, lateAfterMs };
  const world = new MachineWorld({ requestThrottle });
  const [blocks, waits] = [world.open(20_000), world.open(20_000)];
  world.diskIsQuick = false;
  create(blocks, "/blocks");
  const finish = (): void => {
    while (world.batchesHeld > 0) world.sync();
  };
  return { world, waits, finish };
}

statement("2.13", "Above requestThrottleLimit requests wait, and are done in their order", () => {
  const { waits, finish } = line(0);
  const xids = [create(waits, "/a"), exists(waits, "/a"), exists(waits, "/b")];
  deepEqual(waits.story, []);
  finish();
  deepEqual(
    xids.map((xid) => waits.err(xid)),
    [0, 0, -101],
  );
});

statement("2.13", "A request that waited longer than throttledOpWaitTime is -127, not done", () => {
  const { world, waits, finish } = line(2000);
  const late = [create(waits, "/late"), exists(waits, "/", true)];
  world.pass(2500);
  finish();
  deepEqual(
    late.map((xid) => [waits.err(xid), waits.reply(xid).body.length]),
    [
      [-127, 0],
      [-127, 0],
    ],
  );
  deepEqual([world.loaded.tree.findText("/late"), world.machine.status.watchCount], [-1, 0]);
});

statement("2.13", "ping, closeSession and createSession are never -127, as in 3.8.0", () => {
  const { world, waits, finish } = line(2000);
  bare(waits, OpCode.ping);
  const close = bare(waits, OpCode.closeSession);
  world.pass(2500);
  const newcomer = world.open();
  finish();
  deepEqual([waits.err(-2), waits.err(close)], [0, 0]);
  notEqual(newcomer.session, 0n);
});

statement("2.13", "Large requests above largeRequestMaxBytes together close the connection", () => {
  const world = new MachineWorld({ largeRequests: { thresholdBytes: 100, bytesMax: 1000 } });
  const [fits, refused, small] = [world.open(), world.open(), world.open()];
  world.diskIsQuick = false;
  create(fits, "/fits", { data: new Uint8Array(600) });
  create(refused, "/refused", { data: new Uint8Array(600) });
  notEqual(refused.closed, undefined);
  create(small, "/small", { data: new Uint8Array(20) });
  deepEqual([fits.closed, small.closed], [undefined, undefined]);
});
