/** Crowds on a standalone server: what comes all at once is done in turns that stay short. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld, type WorldClient } from "../../test/support/machine-world.ts";
import { encoded } from "../../test/support/raw-session.ts";
import { joinBytes } from "../base/bytes.ts";
import { CreateRequest, ReadRequest, SetDataRequest } from "../records/client.ts";
import { CreateMode, EventType } from "../records/constants.ts";
import { OPEN_ACL } from "../records/data.ts";
import { OpCode } from "../records/op-codes.ts";

const CROWD = { maxClientCnxns: 0 };
const createOf = (path: string, flags: number = CreateMode.persistent) => ({
  path,
  data: null,
  acl: OPEN_ACL,
  flags,
});

/** Lets `client` watch `count` paths below /w, in one chunk. */
function watchMany(client: WorldClient, count: number): void {
  const frames = Array.from({ length: count }, (_, index) =>
    client.framed(1, OpCode.exists, encoded(ReadRequest, { path: `/w/${index}`, watch: true })),
  );
  client.send(joinBytes(frames));
}

test("a crowd that expires at once is closed by and by, and others write in between", () => {
  const world = new MachineWorld(CROWD);
  const witness = world.open(40_000);
  witness.ask(OpCode.create, CreateRequest, createOf("/a"));
  const crowd = Array.from({ length: 1000 }, () => world.open(4_000));
  const gone = () => crowd.filter((client) => client.closed !== undefined).length;
  world.diskIsQuick = false;
  world.now += 2_000;
  for (let ticks = 0; ticks < 3; ticks++) {
    world.now += 1_900;
    world.input({ kind: "tick", now: world.now, wall: 1_700_000_000_000 + world.now });
  }
  const written = witness.ask(OpCode.setData, SetDataRequest, {
    path: "/a",
    data: null,
    version: -1,
  });
  const answered = () =>
    witness.came.some((item) => item.kind === "reply" && item.header.xid === written);
  let goneBeforeAnswer = 0;
  for (let steps = 0; gone() < crowd.length; steps++) {
    ok(steps < 1000, "all go in the end");
    const before = gone();
    if (!answered()) goneBeforeAnswer = before;
    if (world.batchesHeld > 0) world.sync();
    else world.input({ kind: "continue", now: world.now });
    ok(gone() - before <= 50, "few are closed in one turn");
  }
  equal(world.machine.status.globalSessions, 1);
  equal(witness.err(written), 0);
  ok(goneBeforeAnswer < 100, "the write did not stand behind the whole crowd");
});

test("the watches of a connection that is gone are removed in parts, and none of them fires", () => {
  const world = new MachineWorld(CROWD);
  const [watcher, writer] = [world.open(), world.open()];
  writer.ask(OpCode.create, CreateRequest, createOf("/w"));
  watchMany(watcher, 5_000);
  equal(world.machine.status.watchSummary().watches, 5_000);
  world.input({ kind: "closed", now: world.now, conn: watcher.conn });
  const left = world.machine.status.watchSummary().watches;
  ok(left > 0 && left < 5_000);
  deepEqual([...world.machine.status.watchesByPath()], []);
  const newcomer = world.open();
  for (const path of ["/w/0", "/w/4999"]) {
    equal(writer.err(writer.ask(OpCode.create, CreateRequest, createOf(path))), 0);
  }
  deepEqual(newcomer.story, []);
  while (world.wantsMore) world.input({ kind: "continue", now: world.now });
  equal(world.machine.status.watchSummary().watches, 0);
});

test("a number of a watcher is given again when none of its watches is left", () => {
  const world = new MachineWorld(CROWD);
  const [first, writer] = [world.open(), world.open()];
  writer.ask(OpCode.create, CreateRequest, createOf("/w"));
  watchMany(first, 3);
  world.input({ kind: "closed", now: world.now, conn: first.conn });
  const second = world.open();
  watchMany(second, 1);
  writer.ask(OpCode.create, CreateRequest, createOf("/w/0"));
  writer.ask(OpCode.create, CreateRequest, createOf("/w/1"));
  deepEqual(second.story, ["reply 1", `event ${EventType.nodeCreated} /w/0`]);
});

test("many connections above the limit of writes are read again in parts", () => {
  const world = new MachineWorld({ ...CROWD, globalOutstandingLimit: 10 });
  const clients = Array.from({ length: 1200 }, () => world.open());
  world.diskIsQuick = false;
  clients.forEach((client, index) => {
    client.ask(OpCode.create, CreateRequest, createOf(`/n${index}`));
  });
  const paused = () => clients.filter((client) => client.paused).length;
  ok(paused() >= 1180);
  const resumed: number[] = [];
  for (let steps = 0; paused() > 0 && steps < 100; steps++) {
    const before = paused();
    if (world.batchesHeld > 0) world.sync();
    else world.input({ kind: "continue", now: world.now });
    resumed.push(before - paused());
  }
  equal(paused(), 0);
  ok(Math.max(...resumed) <= 500);
});

test("no more are read again in a round than bring twice the limit of writes", () => {
  const each = 5;
  const world = new MachineWorld({ ...CROWD, globalOutstandingLimit: 20 });
  const clients = Array.from({ length: 100 }, () => world.open());
  world.diskIsQuick = false;
  clients.forEach((client, index) => {
    const frames = Array.from({ length: each }, (_, part) =>
      client.framed(part, OpCode.create, encoded(CreateRequest, createOf(`/n${index}-${part}`))),
    );
    client.send(joinBytes(frames));
  });
  const paused = () => clients.filter((client) => client.paused).length;
  ok(paused() >= 95);
  // Eight bring forty, and the ninth is let in because forty are not more than the limit.
  const perRound = 9;
  for (let steps = 0; paused() > 0; steps++) {
    ok(steps < 100, "all are read again in the end");
    const before = paused();
    if (world.batchesHeld > 0) world.sync();
    else world.input({ kind: "continue", now: world.now });
    ok(before - paused() <= perRound, `${before} to ${paused()}`);
  }
});

test("a server that has just started takes few writes a round, and all of them in the end", () => {
  const world = new MachineWorld({ ...CROWD, globalOutstandingLimit: 10_000 });
  const client = world.open();
  world.diskIsQuick = false;
  const count = 2000;
  const frames = Array.from({ length: count }, (_, at) =>
    client.framed(at, OpCode.create, encoded(CreateRequest, createOf(`/n${at}`))),
  );
  const outstanding = () => world.machine.status.outstandingRequests;
  const perRound: number[] = [];
  client.send(joinBytes(frames));
  ok(outstanding() <= 2 * 17, `${outstanding()} at once`);
  for (let before = outstanding(); before < count; before = outstanding()) {
    world.input({ kind: "continue", now: world.now });
    perRound.push(outstanding() - before);
    ok(perRound.at(-1)! > 0, "each round takes some");
  }
  ok(perRound.at(-2)! > 2 * perRound[0]!, "later rounds take more");
  world.diskIsQuick = true;
  while (client.came.length < count) world.input({ kind: "continue", now: world.now });
  equal(client.came.length, count);
});
