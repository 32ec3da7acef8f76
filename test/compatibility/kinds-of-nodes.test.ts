/** Specification 2.10: what requests answer, and how nodes that belong to somebody come and go. */
import { deepEqual, equal } from "node:assert/strict";
import { hexOf, utf8 } from "../../src/base/bytes.ts";
import * as client from "../../src/records/client.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import * as asking from "../support/asking.ts";
import { bodyOf, create, createContainer, createTtl, exists, statOf } from "../support/asking.ts";
import { configOf } from "../support/config.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const MINUTE = 60_000;
const patient = { maxSessionTimeoutMs: 600 * MINUTE };
const waiting = (world: MachineWorld): WorldClient => world.open(600 * MINUTE);
const isThere = (at: WorldClient, path: string): boolean => at.err(exists(at, path)) === 0;

statement("2.10", "create answers the path alone", () => {
  const a = new MachineWorld().open();
  equal(hexOf(a.reply(create(a, "/a")).body), "000000022f61");
});

statement("2.10", "create2, createContainer and createTTL answer the path and the Stat", () => {
  const a = new MachineWorld().open();
  const xids = [asking.create2(a, "/a"), createContainer(a, "/c"), createTtl(a, "/t", 5, 1000n)];
  for (const [at, path] of ["/a", "/c", "/t"].entries()) {
    const told = bodyOf(a, xids[at]!, client.Create2Response);
    deepEqual(told, { path, stat: statOf(a, path) });
    equal(told.stat.czxid, BigInt(at + 2));
  }
});

statement(
  "2.10",
  "create with flag 4 makes a persistent node, also for the digest (divergences: create-container-flag)",
  () => {
    const world = new MachineWorld(patient);
    const [a, plain] = [waiting(world), new MachineWorld(patient)];
    const b = waiting(plain);
    create(a, "/c", { flags: 4 });
    create(b, "/c");
    equal(world.loaded.tree.digest, plain.loaded.tree.digest);
    create(a, "/c/child");
    asking.remove(a, "/c/child");
    world.pass(3 * MINUTE);
    equal(isThere(a, "/c"), true);
  },
);

statement("2.10", "Opcode 19 makes a container whatever the flags; flag 5, 6 fail with -8", () => {
  const world = new MachineWorld(patient);
  const a = waiting(world);
  for (const flags of [0, 1, 4]) {
    equal(a.err(createContainer(a, `/c${flags}`, flags)), 0);
    create(a, `/c${flags}/child`);
    asking.remove(a, `/c${flags}/child`);
  }
  deepEqual([a.err(createContainer(a, "/x", 5)), a.err(createContainer(a, "/x", 6))], [-8, -8]);
  world.pass(MINUTE + 1000);
  deepEqual(
    ["/c0", "/c1", "/c4"].map((path) => isThere(a, path)),
    [false, false, false],
  );
});

statement("2.10", "sync: no node check; answers the path", () => {
  const a = new MachineWorld().open();
  const xid = asking.askPath(a, OpCode.sync, "/none");
  equal(hexOf(a.reply(xid).body), "000000052f6e6f6e65");
});

statement(
  "2.10",
  "sync on a standalone server passes in order, behind all that was proposed",
  () => {
    const world = new MachineWorld();
    const [a, b] = [world.open(), world.open()];
    world.diskIsQuick = false;
    create(a, "/a");
    const sync = asking.askPath(b, OpCode.sync, "/");
    const after = exists(b, "/a");
    deepEqual(b.story, []);
    world.sync();
    deepEqual(b.story, [`reply ${sync}`, `reply ${after}`]);
    equal(b.err(after), 0);
  },
);

/** What getEphemerals answers for a prefix, sorted. */
function ephemerals(at: WorldClient, prefixPath: string | null): readonly string[] {
  const xid = at.ask(OpCode.getEphemerals, client.GetEphemeralsRequest, { prefixPath });
  return [...bodyOf(at, xid, client.GetEphemeralsResponse).ephemerals].sort();
}

statement("2.10", "getEphemerals: the session's own paths that start with the prefix", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  for (const path of ["/a", "/ab", "/b"]) create(a, path, { flags: 1 });
  create(b, "/a-of-another", { flags: 1 });
  create(a, "/a-that-stays");
  deepEqual(ephemerals(a, "/a"), ["/a", "/ab"]);
  deepEqual(ephemerals(a, "/none"), []);
  deepEqual(ephemerals(b, "/"), ["/a-of-another"]);
});

statement("2.10", "getEphemerals: a null, blank or / prefix means all", () => {
  const a = new MachineWorld().open();
  for (const path of ["/a", "/b"]) create(a, path, { flags: 1 });
  for (const prefix of [null, "", "  ", "/"]) deepEqual(ephemerals(a, prefix), ["/a", "/b"]);
});

statement("2.10", "getAllChildrenNumber: the number of descendants", () => {
  const a = new MachineWorld().open();
  for (const path of ["/a", "/a/b", "/a/b/c", "/a/b/d", "/a/e", "/aa"]) create(a, path);
  const counts = ["/a", "/a/b", "/a/b/c", "/zookeeper"].map((path) => {
    const xid = asking.askPath(a, OpCode.getAllChildrenNumber, path);
    return bodyOf(a, xid, client.GetAllChildrenNumberResponse).totalNumber;
  });
  deepEqual(counts, [4, 2, 0, 2]);
});

statement("2.10", "getAllChildrenNumber of the empty path (divergences: count-empty-path)", () => {
  const a = new MachineWorld().open();
  const xid = asking.askPath(a, OpCode.getAllChildrenNumber, "");
  equal(bodyOf(a, xid, client.GetAllChildrenNumberResponse).totalNumber, 3);
});

statement("2.10", "whoAmI: scheme and user, for digest the text before the colon", () => {
  const a = new MachineWorld().open();
  asking.auth(a, "bob:pw");
  const xid = asking.bare(a, OpCode.whoAmI);
  deepEqual(bodyOf(a, xid, client.WhoAmIResponse).clientInfo, [
    { authScheme: "ip", user: "10.0.0.1" },
    { authScheme: "digest", user: "bob" },
  ]);
});

statement("2.10", "closeSession covers outstanding creates, and not what was deleted", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  create(a, "/old", { flags: 1 });
  world.diskIsQuick = false;
  create(a, "/new", { flags: 1 });
  asking.remove(a, "/old");
  create(b, "/old", { flags: 1 });
  asking.bare(a, OpCode.closeSession);
  while (world.batchesHeld > 0) world.sync();
  world.diskIsQuick = true;
  deepEqual([isThere(b, "/new"), isThere(b, "/old")], [false, true]);
});

statement(
  "2.10",
  "closeSession deletes its paths in order, each raising the parent's pzxid",
  () => {
    const world = new MachineWorld();
    const [a, b] = [world.open(), world.open()];
    create(a, "/p");
    for (const path of ["/p/1", "/p/2"]) create(a, path, { flags: 1 });
    for (const path of ["/p/1", "/p/2"]) exists(b, path, true);
    asking.heard(b);
    const before = world.loaded.tree.lastProcessed;
    asking.bare(a, OpCode.closeSession);
    deepEqual(asking.heard(b), ["2 /p/1", "2 /p/2"]);
    equal(statOf(b, "/p").pzxid, before + 1n);
  },
);

statement("2.10", "Containers without children go after 60 s, once they have had a child", () => {
  equal(configOf().containerCheckIntervalMs, MINUTE);
  const world = new MachineWorld(patient);
  const a = waiting(world);
  createContainer(a, "/used");
  createContainer(a, "/never");
  create(a, "/used/child");
  asking.remove(a, "/used/child");
  const before = world.loaded.tree.lastProcessed;
  world.pass(MINUTE - 2000);
  equal(isThere(a, "/used"), true);
  world.pass(4000);
  deepEqual([isThere(a, "/used"), isThere(a, "/never")], [false, true]);
  equal(world.loaded.tree.lastProcessed, before + 1n);
  world.pass(10 * MINUTE);
  equal(isThere(a, "/never"), true);
});

statement("2.10", "TTL nodes without children go when now - mtime is more than the ttl", () => {
  const world = new MachineWorld(patient);
  const a = waiting(world);
  for (const path of ["/short", "/long", "/parent"]) {
    createTtl(a, path, 5, path === "/long" ? 90_000n : 1000n);
  }
  create(a, "/parent/child");
  world.pass(MINUTE + 2000);
  const paths = ["/short", "/long", "/parent"];
  deepEqual(
    paths.map((path) => isThere(a, path)),
    [false, true, true],
  );
  asking.setData(a, "/long"); // Its time begins anew.
  world.pass(MINUTE);
  equal(isThere(a, "/long"), true);
  world.pass(2 * MINUTE);
  equal(isThere(a, "/long"), false);
});

statement("2.10", "Outlived nodes go by deleteContainer: session 0, cxid 0, type 20", () => {
  const world = new MachineWorld(patient);
  const a = waiting(world);
  createTtl(a, "/t", 5, 1000n); // Zxid 2.
  world.pass(MINUTE + 2000);
  const logged = world.lastLogged.flatMap((op) => (op.kind === "write" ? [hexOf(op.bytes)] : []));
  const header = /0{16}0{8}0000000000000003[0-9a-f]{16}00000014000000022f74/;
  equal(header.test(logged.join("")), true);
});

statement(
  "2.10",
  "A container or TTL node that is written to stays (divergences: container-recheck)",
  () => {
    const world = new MachineWorld(patient);
    const a = waiting(world);
    createTtl(a, "/t", 5, 1000n);
    world.pass(MINUTE - 1000);
    world.diskIsQuick = false;
    const written = asking.setData(a, "/t", utf8("x"));
    world.pass(3000);
    while (world.batchesHeld > 0) world.sync();
    world.diskIsQuick = true;
    deepEqual([a.err(written), isThere(a, "/t")], [0, true]);
  },
);

statement("2.10", "At most 10000 containers a minute are deleted, evenly", () => {
  equal(configOf().containersPerMinute, 10_000);
  const world = new MachineWorld({ ...patient, containersPerMinute: 60 });
  const a = waiting(world);
  for (let index = 0; index < 20; index++) createTtl(a, `/t${index}`, 5, 1n);
  world.pass(MINUTE + 5000);
  const left = asking.childrenOf(a, "/").length - 1;
  equal(left >= 13 && left <= 16, true, `${left} left`);
});

statement(
  "2.10",
  "deleteContainer refuses a node with children, also one that is under way",
  () => {
    const world = new MachineWorld(patient);
    const a = waiting(world);
    createContainer(a, "/c");
    create(a, "/c/child");
    asking.remove(a, "/c/child");
    world.pass(MINUTE - 1000);
    world.diskIsQuick = false;
    const made = create(a, "/c/late");
    world.pass(3000);
    while (world.batchesHeld > 0) world.sync();
    world.diskIsQuick = true;
    deepEqual([a.err(made), isThere(a, "/c/late")], [0, true]);
  },
);

statement("2.10", "deleteContainer refuses a node that a session owns", () => {
  const world = new MachineWorld(patient);
  const a = waiting(world);
  createTtl(a, "/t", 5, 1000n);
  world.pass(MINUTE - 1000);
  world.diskIsQuick = false;
  asking.remove(a, "/t");
  create(a, "/t", { flags: 1 });
  world.pass(3000);
  while (world.batchesHeld > 0) world.sync();
  world.diskIsQuick = true;
  equal(statOf(a, "/t").ephemeralOwner, a.session);
});

statement("2.10", "getChildren answers the children, getChildren2 the Stat of the node too", () => {
  const a = new MachineWorld().open();
  create(a, "/p");
  create(a, "/p/c");
  const children = "000000010000000163";
  equal(hexOf(a.reply(asking.getChildren(a, "/p")).body), children);
  const both = asking.read(a, OpCode.getChildren2, "/p");
  equal(hexOf(a.reply(both).body).slice(0, children.length), children);
  const { stat } = bodyOf(a, both, client.GetChildren2Response);
  deepEqual(stat, statOf(a, "/p"));
  deepEqual([stat.czxid, stat.pzxid, stat.numChildren], [2n, 3n, 1]);
});
