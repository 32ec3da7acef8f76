/** Watches that stay and watches that go, side by side on one path; what removes and re-arms them. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld, type WorldClient } from "../../test/support/machine-world.ts";
import { decoded } from "../../test/support/raw-session.ts";
import { toZxid, ZXID_ZERO } from "../base/ids.ts";
import * as client from "../records/client.ts";
import { AddWatchMode, WatcherType } from "../records/constants.ts";
import { type Acl, OPEN_ACL } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";

const { persistent, persistentRecursive: recursive } = AddWatchMode;

const create = (at: WorldClient, path: string, flags = 0, acl: readonly Acl[] = OPEN_ACL) =>
  at.ask(OpCode.create, client.CreateRequest, { path, data: null, acl, flags });
const set = (at: WorldClient, path: string) =>
  at.ask(OpCode.setData, client.SetDataRequest, { path, data: null, version: -1 });
const remove = (at: WorldClient, path: string) =>
  at.ask(OpCode.delete, client.DeleteRequest, { path, version: -1 });
const addWatch = (at: WorldClient, path: string, mode: number) =>
  at.ask(OpCode.addWatch, client.AddWatchRequest, { path, mode });
const watchData = (at: WorldClient, path: string) =>
  at.ask(OpCode.exists, client.ReadRequest, { path, watch: true });
const watchChildren = (at: WorldClient, path: string) =>
  at.ask(OpCode.getChildren, client.ReadRequest, { path, watch: true });
const auth = (at: WorldClient, text: string) =>
  at.ask(OpCode.auth, client.AuthPacket, {
    type: 0,
    scheme: "digest",
    auth: new TextEncoder().encode(text),
  });

/** What `at` has heard of events since the last time. */
function heard(at: WorldClient): readonly string[] {
  const events = at.story.filter((line) => line.startsWith("event "));
  at.came.length = 0;
  return events.map((line) => line.slice("event ".length));
}

/** A watcher, and somebody else who makes the changes. */
function pair(): readonly [watcher: WorldClient, writer: WorldClient] {
  const world = new MachineWorld();
  return [world.open(), world.open()];
}

type Watching = readonly [why: string, watch: (at: WorldClient) => void, hears: readonly string[]];
/** The script: create /a, create /a/b, set /a/b, set /a twice, delete /a/b, delete /a. */
const watching: readonly Watching[] = [
  ["a one-time data watch hears once", (at) => watchData(at, "/a"), ["1 /a"]],
  [
    "a persistent watch hears of its node and its children's coming and going, every time",
    (at) => addWatch(at, "/a", persistent),
    ["1 /a", "4 /a", "3 /a", "3 /a", "4 /a", "2 /a"],
  ],
  [
    "a recursive watch hears of all below, and never that children changed",
    (at) => addWatch(at, "/a", recursive),
    ["1 /a", "1 /a/b", "3 /a/b", "3 /a", "3 /a", "2 /a/b", "2 /a"],
  ],
  [
    "a recursive watch on the root",
    (at) => addWatch(at, "/", recursive),
    ["1 /a", "1 /a/b", "3 /a/b", "3 /a", "3 /a", "2 /a/b", "2 /a"],
  ],
  [
    "two modes on one path make one event for each table",
    (at) => {
      addWatch(at, "/a", persistent);
      addWatch(at, "/a", recursive);
    },
    ["1 /a", "1 /a/b", "4 /a", "3 /a/b", "3 /a", "3 /a", "2 /a/b", "4 /a", "2 /a"],
  ],
  [
    "a one-time watch beside a persistent one adds nothing and takes nothing (4466)",
    (at) => {
      addWatch(at, "/a", persistent);
      watchData(at, "/a");
    },
    ["1 /a", "4 /a", "3 /a", "3 /a", "4 /a", "2 /a"],
  ],
  [
    "recursive watches above each other tell once",
    (at) => {
      addWatch(at, "/", recursive);
      addWatch(at, "/a", recursive);
    },
    ["1 /a", "1 /a/b", "3 /a/b", "3 /a", "3 /a", "2 /a/b", "2 /a"],
  ],
  ["a recursive watch is for whole names", (at) => addWatch(at, "/aa", recursive), []],
];
for (const [why, watch, hears] of watching) {
  test(why, () => {
    const [watcher, writer] = pair();
    watch(watcher);
    create(writer, "/a");
    create(writer, "/a/b");
    set(writer, "/a/b");
    set(writer, "/a");
    set(writer, "/a");
    remove(writer, "/a/b");
    remove(writer, "/a");
    deepEqual(heard(watcher), hears);
  });
}

test("events come in the order of the changes, before the reply to their cause", () => {
  const [watcher] = pair();
  addWatch(watcher, "/", recursive);
  watchChildren(watcher, "/");
  watcher.came.length = 0;
  const made = create(watcher, "/a");
  deepEqual(watcher.story, ["event 1 /a", "event 4 /", `reply ${made}`]);
});

test("who may not read a node hears nothing of it from a recursive watch (CVE-2024-23944)", () => {
  const [nosy, owner] = pair();
  auth(owner, "o:pw");
  addWatch(nosy, "/", recursive);
  addWatch(owner, "/", recursive);
  create(owner, "/a");
  const own = [{ perms: 31, scheme: "auth", id: "" }];
  create(owner, "/a/secret", 0, own);
  set(owner, "/a/secret");
  remove(owner, "/a/secret");
  deepEqual(heard(nosy), ["1 /a"]);
  deepEqual(heard(owner), ["1 /a", "1 /a/secret", "3 /a/secret", "2 /a/secret"]);
});

const typed = (at: WorldClient, code: number, type: number): number =>
  at.err(at.ask(code, client.WatcherRequest, { path: "/a", type }));

test("a removed recursive watch hears no more, the persistent one beside it does", () => {
  const [watcher, writer] = pair();
  addWatch(watcher, "/a", persistent);
  addWatch(watcher, "/a", recursive);
  typed(watcher, OpCode.removeWatches, WatcherType.persistentRecursive);
  create(writer, "/a");
  create(writer, "/a/b");
  set(writer, "/a/b");
  deepEqual(heard(watcher), ["1 /a", "4 /a"]);
});

test("setWatches2 makes up what one-time watches missed, and re-arms the rest", () => {
  const [watcher, writer] = pair();
  for (const path of ["/same", "/changed", "/made"]) create(writer, path);
  const seen = writer.reply(set(writer, "/same")).header.zxid;
  set(writer, "/changed");
  create(writer, "/changed/child");
  const xid = watcher.ask(OpCode.setWatches2, client.SetWatches2Request, {
    relativeZxid: toZxid(seen),
    data: ["/same", "/changed", "/gone"],
    exist: ["/made", "/absent"],
    child: ["/same", "/changed", "/gone"],
    persistent: ["/p", "/gone"],
    persistentRecursive: ["/r"],
  });
  deepEqual(watcher.story, [
    "event 3 /changed",
    "event 2 /gone",
    "event 1 /made",
    "event 4 /changed",
    "event 2 /gone",
    `reply ${xid}`,
  ]);
  heard(watcher);
  for (const path of ["/p", "/r", "/r/x", "/absent", "/same/child", "/gone"]) create(writer, path);
  set(writer, "/same");
  set(writer, "/p");
  set(writer, "/made");
  deepEqual(heard(watcher), [
    ...["1 /p", "1 /r", "1 /r/x", "1 /absent", "4 /same", "1 /gone", "3 /same", "3 /p"],
  ]);
});

test("setWatches2 with a list that is cut off sets none of its watches", () => {
  const [watcher, writer] = pair();
  const xid = watcher.ask(OpCode.setWatches2, client.SetWatchesRequest, {
    relativeZxid: ZXID_ZERO,
    data: [],
    exist: ["/a"],
    child: [],
  });
  equal(watcher.err(xid), ErrorCode.MarshallingError);
  create(writer, "/a");
  deepEqual(heard(watcher), []);
});

const count = (at: WorldClient, path: string) =>
  at.reply(at.ask(OpCode.getAllChildrenNumber, client.PathRequest, { path }));
const counted = (at: WorldClient, path: string): number =>
  decoded(client.GetAllChildrenNumberResponse, count(at, path).body).totalNumber;

test("getAllChildrenNumber asks for READ on its node, not on those below", () => {
  const [a, b] = pair();
  auth(a, "o:pw");
  const own = [{ perms: 31, scheme: "auth", id: "" }];
  create(a, "/open");
  create(a, "/open/own", 0, own);
  equal(counted(b, "/open"), 1);
  equal(count(b, "/open/own").header.err, ErrorCode.NoAuth);
});

for (const [reconfigEnabled, err] of [
  [false, ErrorCode.ReconfigDisabled],
  [true, ErrorCode.Unimplemented],
] as const) {
  test(`reconfig, enabled ${reconfigEnabled}: refused in its place, and the connection stays`, () => {
    const world = new MachineWorld({ reconfigEnabled });
    const a = world.open();
    world.diskIsQuick = false;
    const made = create(a, "/a");
    const asked = a.ask(OpCode.reconfig, client.ReconfigRequest, {
      joiningServers: null,
      leavingServers: null,
      newMembers: null,
      curConfigId: toZxid(-1n),
    });
    const read = watchData(a, "/a");
    while (world.batchesHeld > 0) world.sync();
    deepEqual(a.story, [`reply ${made}`, `reply ${asked}`, `reply ${read}`]);
    equal(a.err(asked), err);
    // Refusals take a zxid too.
    equal(a.reply(asked).header.zxid, a.reply(made).header.zxid + 1n);
    equal(a.closed, undefined);
  });
}
