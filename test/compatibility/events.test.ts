/** Specification 2.10, events: which change tells which watchers what, and in which order. */
import { deepEqual, equal } from "node:assert/strict";
import { OPEN_ACL } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import * as asking from "../support/asking.ts";
import { addWatch, create, creation, exists, heard, multi, remove } from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

/** A watcher, and somebody else who has made /p and /p/c and will change them. */
function pair(): readonly [watcher: WorldClient, writer: WorldClient] {
  const world = new MachineWorld();
  const [watcher, writer] = [world.open(), world.open()];
  create(writer, "/p");
  create(writer, "/p/c");
  return [watcher, writer];
}

type Case = readonly [watch: (at: WorldClient) => number, hears: readonly string[]];
/** What each way to watch hears of one change. */
function told(change: (at: WorldClient) => number, cases: readonly Case[]): void {
  for (const [watch, hears] of cases) {
    const [watcher, writer] = pair();
    watch(watcher);
    heard(watcher);
    equal(writer.err(change(writer)), 0);
    deepEqual(heard(watcher), hears);
  }
}

statement("2.10", "create P: NodeCreated(P) to data watches of P", () => {
  told(
    (at) => create(at, "/p/n"),
    [
      [(at) => exists(at, "/p/n", true), ["1 /p/n"]],
      [(at) => exists(at, "/p", true), []],
    ],
  );
});

statement("2.10", "create P: NodeChildrenChanged(parent) to child watches of the parent", () => {
  told(
    (at) => create(at, "/p/n"),
    [
      [(at) => asking.getChildren(at, "/p", true), ["4 /p"]],
      [(at) => asking.read(at, OpCode.getChildren2, "/p", true), ["4 /p"]],
      [(at) => asking.getChildren(at, "/", true), []],
    ],
  );
});

statement("2.10", "delete P: NodeDeleted(P) to data watches of P", () => {
  told(
    (at) => remove(at, "/p/c"),
    [
      [(at) => exists(at, "/p/c", true), ["2 /p/c"]],
      [(at) => asking.getData(at, "/p/c", true), ["2 /p/c"]],
    ],
  );
});

statement("2.10", "delete P: NodeDeleted(P) to child watches of P, once where both are set", () => {
  told(
    (at) => remove(at, "/p/c"),
    [
      [(at) => asking.getChildren(at, "/p/c", true), ["2 /p/c"]],
      [(at) => exists(at, "/p/c", true) + asking.getChildren(at, "/p/c", true), ["2 /p/c"]],
    ],
  );
});

statement(
  "2.10",
  "delete P: NodeChildrenChanged(parent) to child watches of the parent, last",
  () => {
    told(
      (at) => remove(at, "/p/c"),
      [
        [(at) => asking.getChildren(at, "/p", true), ["4 /p"]],
        [(at) => asking.getChildren(at, "/p", true) + exists(at, "/p/c", true), ["2 /p/c", "4 /p"]],
      ],
    );
  },
);

statement("2.10", "setData P: NodeDataChanged(P) to data watches of P alone", () => {
  told(
    (at) => asking.setData(at, "/p"),
    [
      [(at) => exists(at, "/p", true), ["3 /p"]],
      [(at) => asking.getData(at, "/p", true), ["3 /p"]],
      [(at) => asking.getChildren(at, "/p", true), []],
      [(at) => asking.getChildren(at, "/", true), []],
    ],
  );
});

statement("2.10", "setACL P: no event", () => {
  told(
    (at) => asking.setAcl(at, "/p", OPEN_ACL),
    [
      [(at) => exists(at, "/p", true) + asking.getChildren(at, "/p", true), []],
      [(at) => addWatch(at, "/", 1), []],
    ],
  );
});

statement("2.10", "create P: NodeCreated comes before NodeChildrenChanged", () => {
  const [watcher, writer] = pair();
  asking.getChildren(watcher, "/p", true);
  exists(watcher, "/p/n", true);
  create(writer, "/p/n");
  deepEqual(heard(watcher), ["1 /p/n", "4 /p"]);
});

statement("2.10", "One-shot watches are removed when they fire", () => {
  const [watcher, writer] = pair();
  exists(watcher, "/p", true);
  asking.getChildren(watcher, "/p", true);
  for (let round = 0; round < 2; round++) {
    asking.setData(writer, "/p");
    create(writer, `/p/${round}`);
  }
  deepEqual(heard(watcher), ["3 /p", "4 /p"]);
});

statement(
  "2.10",
  "A connection gets one event per table, path and step in however many modes",
  () => {
    const [watcher, writer] = pair();
    asking.getData(watcher, "/p", true);
    exists(watcher, "/p", true);
    for (const mode of [0, 1]) addWatch(watcher, "/p", mode);
    addWatch(watcher, "/", 1);
    asking.setData(writer, "/p");
    deepEqual(heard(watcher), ["3 /p"]);
  },
);

statement("2.10", "A multi fires per sub-operation, in order", () => {
  const [watcher, writer] = pair();
  addWatch(watcher, "/", 1);
  addWatch(watcher, "/", 0);
  multi(writer, [
    { kind: "create", request: creation("/x") },
    { kind: "setData", request: { path: "/x", data: null, version: -1 } },
    { kind: "delete", request: { path: "/p/c", version: -1 } },
    { kind: "create", request: creation("/y") },
  ]);
  deepEqual(heard(watcher), ["1 /x", "4 /", "3 /x", "2 /p/c", "1 /y", "4 /"]);
});

statement("2.10", "A failed multi fires nothing", () => {
  const [watcher, writer] = pair();
  addWatch(watcher, "/", 1);
  multi(writer, [
    { kind: "create", request: creation("/x") },
    { kind: "delete", request: { path: "/none", version: -1 } },
  ]);
  deepEqual(heard(watcher), []);
});

statement("2.10", "exists sets the watch even if the node is missing", () => {
  const [watcher, writer] = pair();
  equal(watcher.err(exists(watcher, "/later", true)), -101);
  create(writer, "/later");
  deepEqual(heard(watcher), ["1 /later"]);
});

statement("2.10", "getData and getChildren set a watch only on success", () => {
  const [watcher, writer] = pair();
  for (const code of [OpCode.getData, OpCode.getChildren, OpCode.getChildren2]) {
    equal(watcher.err(asking.read(watcher, code, "/later", true)), -101);
  }
  create(writer, "/secret", { acl: [{ perms: 2, scheme: "world", id: "anyone" }] });
  equal(watcher.err(asking.getData(watcher, "/secret", true)), -102);
  create(writer, "/later");
  create(writer, "/later/child");
  asking.setData(writer, "/secret");
  deepEqual(heard(watcher), []);
});

statement("2.10", "A watch is set at the moment the read is answered", () => {
  const world = new MachineWorld();
  const [watcher, writer] = [world.open(), world.open()];
  create(writer, "/p");
  world.diskIsQuick = false;
  asking.setData(writer, "/p"); // Before the answer: the read shows it, no event does.
  create(watcher, "/own"); // The read waits for it.
  asking.getData(watcher, "/p", true);
  while (world.batchesHeld > 0) world.sync();
  deepEqual(heard(watcher), []);
  world.diskIsQuick = true;
  asking.setData(writer, "/p");
  deepEqual(heard(watcher), ["3 /p"]);
});

statement("2.10", "The session that makes a change hears of it as any other", () => {
  const [, writer] = pair();
  asking.getData(writer, "/p", true);
  heard(writer);
  asking.setData(writer, "/p");
  deepEqual(heard(writer), ["3 /p"]);
});

statement("2.10", "All watches of a connection vanish with the connection", () => {
  const world = new MachineWorld();
  const a = world.open();
  exists(a, "/", true);
  asking.getChildren(a, "/", true);
  for (const mode of [0, 1]) addWatch(a, "/", mode);
  equal(world.machine.status.watchCount > 0, true);
  world.input({ kind: "closed", now: world.now, conn: a.conn });
  equal(world.machine.status.watchCount, 0);
});
