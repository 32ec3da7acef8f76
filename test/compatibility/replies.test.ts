/** Specification 2.4: what a reply is made of, and in which order replies and events come. */
import { deepEqual, equal } from "node:assert/strict";
import { bytesOfHex, hexOf } from "../../src/base/bytes.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import * as asking from "../support/asking.ts";
import { create, exists, getChildren, remove, setData } from "../support/asking.ts";
import { MachineWorld } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

statement("2.4", "A reply's body is absent when err is not 0", () => {
  const a = new MachineWorld().open();
  create(a, "/a");
  const failing = [
    ...[create(a, "/a"), create(a, "/x/y"), remove(a, "/x"), setData(a, "/x"), exists(a, "/x")],
    ...[asking.getData(a, "/x"), getChildren(a, "/x"), asking.setAcl(a, "/a", [])],
    ...[OpCode.getACL, OpCode.getAllChildrenNumber].map((code) => asking.askPath(a, code, "/x")),
    ...[asking.watcher(a, OpCode.removeWatches, "/x", 3), asking.addWatch(a, "/x", 9)],
  ];
  for (const xid of failing) {
    equal(a.err(xid) < 0, true);
    equal(a.reply(xid).body.length, 0);
  }
});

statement("2.4", "A failed multi has header err 0 and a body", () => {
  const a = new MachineWorld().open();
  const xid = asking.multi(a, [{ kind: "delete", request: { path: "/x", version: -1 } }]);
  equal(a.err(xid), 0);
  equal(hexOf(a.reply(xid).body), "ffffffff00ffffff9bffffff9bffffffff01ffffffff");
});

statement("2.4", "Per connection, replies come in the order of the requests", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  const xids = [create(a, "/a"), exists(a, "/a"), setData(a, "/none"), exists(a, "/b")];
  xids.push(asking.askPath(a, OpCode.sync, "/"), create(a, "/b"), exists(a, "/b"));
  a.send(bytesOfHex("00000008 fffffffe 0000000b"));
  while (world.batchesHeld > 0) world.sync();
  deepEqual(a.story, [...xids.map((xid) => `reply ${xid}`), "reply -2"]);
});

statement("2.4", "Xids are echoed, whatever they are", () => {
  const a = new MachineWorld().open();
  for (const xid of [1, 0x7fff_ffff, -5, -8, 0]) {
    a.send(a.framed(xid, OpCode.exists, bytesOfHex("00000001 2f 00")));
    equal(a.err(xid), 0);
  }
});

statement("2.4", "A write's reply is produced when its transaction is applied", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  const xid = create(a, "/a");
  deepEqual([a.came.length, world.loaded.tree.findText("/a")], [0, -1]);
  world.sync();
  equal(a.err(xid), 0);
});

statement("2.4", "Reads that follow a write of the same session wait for it", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  create(a, "/a");
  const own = exists(a, "/a");
  deepEqual(a.came, []);
  world.sync();
  equal(a.err(own), 0);
});

statement("2.4", "Reads of other sessions may overtake a write", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  world.diskIsQuick = false;
  create(a, "/a");
  equal(b.err(exists(b, "/a")), -101);
});

statement("2.4", "A reply's zxid is the last zxid applied when it is built", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()]; // Zxids 1 and 2.
  create(b, "/a");
  equal(a.reply(exists(a, "/a")).header.zxid, 3n);
  equal(a.reply(exists(a, "/none")).header.zxid, 3n);
});

statement("2.4", "For a write the reply's zxid is at least its own", () => {
  const world = new MachineWorld();
  const a = world.open();
  const xid = create(a, "/a");
  const { czxid } = asking.statOf(a, "/a");
  equal(czxid, 2n);
  equal(a.reply(xid).header.zxid, 2n);
});

statement("2.4", "The zxid in auth replies is 0", () => {
  const a = new MachineWorld().open();
  a.send(a.framed(-4, OpCode.auth, bytesOfHex("00000000 00000006 646967657374 00000003 613a62")));
  equal(hexOf(a.frames.at(-1)!), "fffffffc000000000000000000000000");
});

statement("2.4", "Failed writes also take a zxid", () => {
  const world = new MachineWorld();
  const a = world.open();
  const failed = [create(a, "/x/y"), remove(a, "/x"), setData(a, "/x"), create(a, "bad")];
  deepEqual(
    failed.map((xid) => a.reply(xid).header.zxid),
    [2n, 3n, 4n, 5n],
  );
  equal(a.reply(create(a, "/a")).header.zxid, 6n);
});

statement("2.4", "An event comes before the reply to the very write that caused it", () => {
  const a = new MachineWorld().open();
  exists(a, "/a", true);
  getChildren(a, "/", true);
  const xid = create(a, "/a");
  deepEqual(a.story.slice(2), ["event 1 /a", "event 4 /", `reply ${xid}`]);
});

statement("2.4", "An event comes before any reply whose zxid is at least its transaction's", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  asking.addWatch(a, "/", 1);
  world.diskIsQuick = false;
  // Three transactions in one batch; the read of a waits for its own write, the second of them.
  const first = create(b, "/1");
  const own = create(a, "/2");
  const read = exists(a, "/3");
  create(b, "/3");
  while (world.batchesHeld > 0) world.sync();
  equal(b.err(first), 0);
  const events = new Map<string, number>();
  for (const [at, came] of a.came.entries()) if (came.kind === "event") events.set(came.path, at);
  for (const [at, came] of a.came.entries()) {
    if (came.kind !== "reply") continue;
    for (const path of ["/1", "/2", "/3"]) {
      const { czxid } = asking.statOf(b, path);
      if (came.header.zxid >= czxid) equal(events.get(path)! < at, true, path);
    }
  }
  deepEqual([events.size, a.err(own), a.err(read)], [3, 0, a.err(read)]);
});

statement("2.4", "A read reply that reflects a change never precedes the event for it", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  create(b, "/a");
  asking.getData(a, "/a", true);
  a.came.length = 0;
  world.diskIsQuick = false;
  setData(b, "/a", bytesOfHex("01"));
  const old = asking.getData(a, "/a");
  world.sync();
  const young = asking.getData(a, "/a");
  deepEqual(a.story, [`reply ${old}`, "event 3 /a", `reply ${young}`]);
});

statement(
  "2.4",
  "An event frame is ReplyHeader(-1, zxid, 0) and WatcherEvent; zxid as in 3.9",
  () => {
    const a = new MachineWorld().open();
    create(a, "/a"); // Zxid 2.
    exists(a, "/a", true);
    setData(a, "/a"); // Zxid 3.
    equal(
      hexOf(a.frames.at(-2)!),
      "ffffffff000000000000000300000000000000030000000300000002" + "2f61",
    );
  },
);
