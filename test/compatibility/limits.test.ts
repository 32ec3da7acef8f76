/** Specification 2.13: how much one client, and all of them, may ask for. */
import { deepEqual, equal } from "node:assert/strict";
import { create, exists } from "../support/asking.ts";
import { configOf } from "../support/config.ts";
import { MachineWorld } from "../support/machine-world.ts";
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
