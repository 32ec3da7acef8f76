/** Specification 2.10, watches: persistent ones, their removal, and what comes back after an absence. */
import { deepEqual, equal } from "node:assert/strict";
import { hexOf } from "../../src/base/bytes.ts";
import { toZxid } from "../../src/base/ids.ts";
import { SetWatches2Request, SetWatchesRequest } from "../../src/records/client.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import {
  addWatch,
  watcher as asked,
  create,
  exists,
  getChildren,
  getData,
  heard,
  remove,
  setData,
} from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const [PERSISTENT, RECURSIVE] = [0, 1];

function pair(): readonly [watcher: WorldClient, writer: WorldClient] {
  const world = new MachineWorld();
  return [world.open(), world.open()];
}

/** What these watches hear of: create /a, create /a/b, set /a/b, set /a, delete /a/b, delete /a. */
function hearing(...watches: readonly ((at: WorldClient) => number)[]): readonly string[] {
  const [watcher, writer] = pair();
  for (const watch of watches) watch(watcher);
  create(writer, "/a");
  create(writer, "/a/b");
  setData(writer, "/a/b");
  setData(writer, "/a");
  remove(writer, "/a/b");
  remove(writer, "/a");
  return heard(watcher);
}
const persistent = (at: WorldClient) => addWatch(at, "/a", PERSISTENT);
const recursive = (at: WorldClient) => addWatch(at, "/a", RECURSIVE);
const oneShot = (at: WorldClient) => exists(at, "/a", true);
const OF_PERSISTENT = ["1 /a", "4 /a", "3 /a", "4 /a", "2 /a"];
const OF_RECURSIVE = ["1 /a", "1 /a/b", "3 /a/b", "3 /a", "2 /a/b", "2 /a"];

statement("2.10", "A persistent watch is in both tables and not removed by firing", () => {
  deepEqual(hearing(persistent), OF_PERSISTENT);
});

statement(
  "2.10",
  "A recursive watch: Created, Deleted, DataChanged of the path and all below",
  () => {
    deepEqual(hearing(recursive), OF_RECURSIVE);
    deepEqual(
      hearing((at) => addWatch(at, "/", RECURSIVE)),
      OF_RECURSIVE,
    );
    deepEqual(
      hearing((at) => addWatch(at, "/aa", RECURSIVE)),
      [],
    );
  },
);

statement(
  "2.10",
  "A recursive watch never gets ChildrenChanged, also beside others (divergences: recursive-children)",
  () => {
    const [watcher, writer] = pair();
    create(writer, "/a");
    addWatch(watcher, "/a", RECURSIVE);
    getData(watcher, "/a", true);
    heard(watcher);
    create(writer, "/a/b");
    deepEqual(heard(watcher), ["1 /a/b"]);
  },
);

statement("2.10", "Several modes on one path are independent (divergences: watch-modes)", () => {
  deepEqual(hearing(persistent, oneShot), OF_PERSISTENT);
  deepEqual(hearing(oneShot, persistent), OF_PERSISTENT);
  const both = ["1 /a", "1 /a/b", "4 /a", "3 /a/b", "3 /a", "2 /a/b", "4 /a", "2 /a"];
  deepEqual(hearing(persistent, recursive), both);
  deepEqual(hearing(recursive, persistent), both);
});

statement("2.10", "addWatch: the path is not checked for existence; the reply is int 0", () => {
  const [watcher] = pair();
  for (const mode of [PERSISTENT, RECURSIVE]) {
    const { header, body } = watcher.reply(addWatch(watcher, "/none", mode!));
    deepEqual([header.err, hexOf(body)], [0, "00000000"]);
  }
});

statement("2.10", "addWatch: an unknown mode is answered -5", () => {
  const [watcher] = pair();
  for (const mode of [2, -1, 2_147_483_647]) {
    equal(watcher.err(addWatch(watcher, "/a", mode)), -5);
  }
  equal(watcher.closed, undefined);
});

statement("2.10", "addWatch of a null path is answered -5 (divergences: watch-null-path)", () => {
  const [watcher] = pair();
  const body = new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0]);
  watcher.send(watcher.framed(90, OpCode.addWatch, body));
  watcher.send(watcher.framed(91, OpCode.removeWatches, body));
  deepEqual([watcher.err(90), watcher.err(91)], [-5, -5]);
});

const TYPES = [1, 2, 3, 4, 5];
/** Types that checkWatches answers 0 for on /a. */
const present = (at: WorldClient): readonly number[] =>
  TYPES.filter((type) => at.err(asked(at, OpCode.checkWatches, "/a", type)) === 0);
/** A connection with each kind of watch on /a. */
function everyKind(at: WorldClient, writer: WorldClient): void {
  create(writer, "/a");
  oneShot(at);
  getChildren(at, "/a", true);
  persistent(at);
  recursive(at);
}

statement("2.10", "checkWatches and removeWatches: none of that kind here is answered -121", () => {
  const [watcher] = pair();
  for (const code of [OpCode.checkWatches, OpCode.removeWatches]) {
    for (const type of TYPES) equal(watcher.err(asked(watcher, code, "/a", type)), -121);
  }
});

statement("2.10", "checkWatches: each kind by its type: 1 children, 2 data, 3 any, 4, 5", () => {
  const kinds: ReadonlyArray<
    readonly [set: (at: WorldClient) => number, types: readonly number[]]
  > = [
    [(at) => getChildren(at, "/a", true), [1, 3]],
    [(at) => getData(at, "/a", true), [2, 3]],
    [persistent, [3, 4]],
    [recursive, [3, 5]],
  ];
  for (const [set, types] of kinds) {
    const [watcher, writer] = pair();
    create(writer, "/a");
    set(watcher);
    deepEqual(present(watcher), types);
  }
});

statement("2.10", "checkWatches and removeWatches: an unknown type is answered -5", () => {
  const [watcher] = pair();
  for (const code of [OpCode.checkWatches, OpCode.removeWatches]) {
    for (const type of [0, 6, -1]) equal(watcher.err(asked(watcher, code, "/a", type)), -5);
  }
  equal(watcher.closed, undefined);
});

statement(
  "2.10",
  "removeWatches: 1 and 2 take one-shot watches, 4 and 5 persistent (divergences: remove-watches)",
  () => {
    for (const type of [1, 2, 4, 5]) {
      const [watcher, writer] = pair();
      everyKind(watcher, writer);
      equal(watcher.err(asked(watcher, OpCode.removeWatches, "/a", type)), 0);
      deepEqual(
        present(watcher),
        TYPES.filter((one) => one !== type),
      );
      equal(watcher.err(asked(watcher, OpCode.removeWatches, "/a", type)), -121);
    }
  },
);

statement("2.10", "removeWatches: 3 takes all of this connection on the path", () => {
  const [watcher, writer] = pair();
  everyKind(watcher, writer);
  equal(watcher.err(asked(watcher, OpCode.removeWatches, "/a", 3)), 0);
  deepEqual(present(watcher), []);
});

statement(
  "2.10",
  "checkWatches asks for this connection's watch (divergences: check-watches)",
  () => {
    const [watcher, writer] = pair();
    everyKind(watcher, writer);
    deepEqual(present(writer), []);
    equal(writer.err(asked(writer, OpCode.removeWatches, "/a", 3)), -121);
    deepEqual(present(watcher), TYPES);
  },
);

statement("2.10", "The server sends no event for a removed watch, then or later", () => {
  const [watcher, writer] = pair();
  everyKind(watcher, writer);
  asked(watcher, OpCode.removeWatches, "/a", 3);
  setData(writer, "/a");
  create(writer, "/a/b");
  deepEqual(heard(watcher), []);
});

type Missed = {
  readonly data?: readonly string[];
  readonly exist?: readonly string[];
  readonly child?: readonly string[];
  readonly persistent?: readonly string[];
  readonly persistentRecursive?: readonly string[];
};
const NONE = { data: [], exist: [], child: [], persistent: [], persistentRecursive: [] };
/** setWatches2; setWatches where there is nothing persistent to set. */
function setWatches(at: WorldClient, relativeZxid: bigint, missed: Missed): number {
  const request = { relativeZxid: toZxid(relativeZxid), ...NONE, ...missed };
  return missed.persistent === undefined && missed.persistentRecursive === undefined
    ? at.ask(OpCode.setWatches, SetWatchesRequest, request)
    : at.ask(OpCode.setWatches2, SetWatches2Request, request);
}

/**
 * /same, /changed and /grown; after the zxid that is answered, /changed has got new data, /grown a
 * child, and /made was made.
 */
function absence(writer: WorldClient): bigint {
  for (const path of ["/same", "/changed", "/grown"]) create(writer, path);
  const seen = writer.reply(setData(writer, "/same")).header.zxid;
  setData(writer, "/changed");
  create(writer, "/grown/child");
  create(writer, "/made");
  return seen;
}

/** What a list brings at once, and what is heard when all its nodes change afterwards. */
function comingBack(missed: Missed): readonly (readonly string[])[] {
  const [watcher, writer] = pair();
  const seen = absence(writer);
  equal(watcher.err(setWatches(watcher, seen, missed)), 0);
  const atOnce = heard(watcher);
  for (const path of ["/same", "/changed", "/grown", "/made"]) setData(writer, path);
  for (const path of ["/same/1", "/changed/1", "/gone", "/later"]) create(writer, path);
  return [atOnce, heard(watcher)];
}

statement(
  "2.10",
  "setWatches, data paths: missing is Deleted, newer is DataChanged, else set",
  () => {
    deepEqual(comingBack({ data: ["/same", "/changed", "/gone"] }), [
      ["3 /changed", "2 /gone"],
      ["3 /same"],
    ]);
  },
);

statement("2.10", "setWatches, exist paths: there is NodeCreated, else a data watch is set", () => {
  deepEqual(comingBack({ exist: ["/made", "/later"] }), [["1 /made"], ["1 /later"]]);
});

statement(
  "2.10",
  "setWatches, child paths: missing is Deleted, newer ChildrenChanged, else set",
  () => {
    deepEqual(comingBack({ child: ["/same", "/changed", "/grown", "/gone"] }), [
      ["4 /grown", "2 /gone"],
      ["4 /same", "4 /changed"],
    ]);
  },
);

statement("2.10", "setWatches2, persistent lists: set, without events", () => {
  deepEqual(comingBack({ persistent: ["/same", "/gone"] }), [
    [],
    ["3 /same", "4 /same", "1 /gone"],
  ]);
  deepEqual(comingBack({ persistentRecursive: ["/same", "/gone"] }), [
    [],
    ["3 /same", "1 /same/1", "1 /gone"],
  ]);
});

statement("2.10", "setWatches: in order data, exist, child; events first, then the reply", () => {
  const [watcher, writer] = pair();
  const seen = absence(writer);
  const xid = setWatches(watcher, seen, {
    ...{ data: ["/changed", "/gone"], exist: ["/made"], child: ["/grown", "/gone"] },
  });
  deepEqual(watcher.story, [
    ...["event 3 /changed", "event 2 /gone", "event 1 /made", "event 4 /grown"],
    ...["event 2 /gone", `reply ${xid}`],
  ]);
});

statement("2.10", "setWatches: its events have the header zxid -1, state 3", () => {
  const [watcher] = pair();
  setWatches(watcher, 99n, { data: ["/gone"] });
  const event = "ffffffffffffffffffffffff00000000" + "00000002" + "00000003" + "000000052f676f6e65";
  equal(hexOf(watcher.frames.at(-2)!), event);
});

statement("2.10", "setWatches: the reply has the request's xid, -8 or an ordinary one", () => {
  const [watcher] = pair();
  for (const xid of [-8, 77]) {
    watcher.send(watcher.framed(xid, OpCode.setWatches, new Uint8Array(20)));
    equal(watcher.err(xid), 0);
    equal(watcher.reply(xid).body.length, 0);
  }
});

statement("2.10", "setWatches: null vectors are answered -5, and nothing is set", () => {
  const world = new MachineWorld();
  const a = world.open();
  const list = [0, 0, 0, 1, 0, 0, 0, 2, 0x2f, 0x61]; // ["/a"]
  const none = [255, 255, 255, 255];
  const body = [...new Uint8Array(8), ...list, ...list];
  a.send(a.framed(90, OpCode.setWatches, Uint8Array.from([...body, ...none])));
  a.send(a.framed(91, OpCode.setWatches2, Uint8Array.from([...body, ...list, ...none, ...none])));
  deepEqual([a.err(90), a.err(91)], [-5, -5]);
  equal(world.machine.status.watchCount, 0);
  equal(a.closed, undefined);
});

statement(
  "2.10",
  "setWatches: no permission is needed, but changes of unreadable nodes are not told (divergences: event-permission)",
  () => {
    const [watcher, writer] = pair();
    create(writer, "/secret", { acl: [{ perms: 2, scheme: "world", id: "anyone" }] });
    equal(watcher.err(getData(watcher, "/secret")), -102);
    const xid = setWatches(watcher, 1n, { data: ["/secret"], exist: ["/secret"] });
    equal(watcher.err(xid), 0);
    deepEqual(heard(watcher), []);
  },
);
