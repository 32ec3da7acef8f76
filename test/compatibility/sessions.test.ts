/** Specification 2.3: how long a session lives, how it ends, and what ends with it. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { bytesOfHex, hexOf } from "../../src/base/bytes.ts";
import { toSessionId } from "../../src/base/ids.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { Sessions } from "../../src/session/sessions.ts";
import {
  bare,
  create,
  create2,
  creation,
  exists,
  getData,
  multi,
  resultsOf,
} from "../support/asking.ts";
import { configOf } from "../support/config.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const PING = bytesOfHex("00000008 fffffffe 0000000b");

statement("2.3", "A deadline is (floor((now + timeout) / tick) + 1) * tick", () => {
  const rows: ReadonlyArray<readonly [now: number, timeoutMs: number, deadline: number]> = [
    ...[[0, 4000, 6000] as const, [100, 4000, 6000] as const, [1999, 4000, 6000] as const],
    ...[[2000, 4000, 8000] as const, [2001, 5999, 10_000] as const],
  ];
  for (const [now, timeoutMs, deadline] of rows) {
    const sessions = new Sessions(2000, now);
    const { id } = sessions.add(toSessionId(1n), timeoutMs, now);
    deepEqual(sessions.takeExpired(deadline - 1, 10), []);
    deepEqual(
      sessions.takeExpired(deadline, 10).map((session) => session.id),
      [id],
    );
  }
});

statement("2.3", "A silent session lives to its deadline and no longer", () => {
  const world = new MachineWorld();
  const a = world.open(4000); // At 1000 ms: its deadline is 6000.
  world.pass(4500);
  equal(a.closed, undefined);
  world.pass(500);
  notEqual(a.closed, undefined);
});

statement("2.3", "Every ping of a session renews it", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  for (let round = 0; round < 10; round++) {
    a.send(PING);
    world.pass(3500);
  }
  equal(a.closed, undefined);
});

statement("2.3", "Every request of a session renews it", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(4000), world.open(4000)];
  for (let round = 0; round < 10; round++) {
    exists(a, "/");
    create(b, `/b${round}`);
    world.pass(3500);
  }
  deepEqual([a.closed, b.closed], [undefined, undefined]);
});

statement("2.3", "Expiring proposes closeSession with the session's id and cxid 0", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  const before = world.loaded.tree.lastProcessed;
  world.pass(5000);
  equal(world.loaded.tree.lastProcessed, before + 1n);
  const logged = world.lastLogged.flatMap((op) => (op.kind === "write" ? [hexOf(op.bytes)] : []));
  const id = a.session.toString(16).padStart(16, "0");
  const zxid = (before + 1n).toString(16).padStart(16, "0");
  // TxnHeader: clientId, cxid, zxid, time, type -11.
  ok(new RegExp(`${id}00000000${zxid}[0-9a-f]{16}fffffff5`).test(logged.join("")));
});

statement("2.3", "From that moment requests of the session fail with -112", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  world.diskIsQuick = false;
  const early = create(a, "/early");
  const behind = exists(a, "/early");
  world.sync();
  deepEqual([a.err(early), a.err(behind)], [0, 0]);
  world.pass(6000);
  equal(a.closed, undefined); // The transaction is not applied yet.
  const [read, ping] = [getData(a, "/early"), bare(a, OpCode.ping)];
  const late = create(a, "/late");
  equal(a.err(read), -112);
  equal(a.reply(read).body.length, 0);
  equal(a.reply(-2).header.err, -112);
  ok(ping > 0 && late > 0);
  while (world.batchesHeld > 0) world.sync();
  equal(world.loaded.tree.findText("/late"), -1);
});

statement("2.3", "The connection is closed when the closeSession transaction is applied", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  world.diskIsQuick = false;
  world.pass(6000);
  equal(a.closed, undefined);
  world.sync();
  notEqual(a.closed, undefined);
});

statement("2.3", "An expired session's ephemerals go in one transaction", () => {
  const world = new MachineWorld();
  const [a, b] = [world.open(4000), world.open(40_000)];
  create(a, "/e1", { flags: 1 });
  create(a, "/e2", { flags: 1 });
  exists(b, "/e1", true);
  const before = world.loaded.tree.lastProcessed;
  world.pass(8000);
  equal(world.loaded.tree.lastProcessed, before + 1n);
  deepEqual(b.story.slice(-1), ["event 2 /e1"]);
  deepEqual([b.err(exists(b, "/e1")), b.err(exists(b, "/e2"))], [-101, -101]);
});

statement("2.3", "Client close: reply err 0 without body after the commit, then closed", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  const close = bare(a, OpCode.closeSession);
  exists(a, "/"); // Behind the close nothing is answered.
  deepEqual([a.came.length, a.closed], [0, undefined]);
  world.sync();
  deepEqual(a.story, [`reply ${close}`]);
  equal(a.err(close), 0);
  equal(a.reply(close).body.length, 0);
  notEqual(a.closed, undefined);
  equal(world.loaded.sessions.size, 0);
});

statement("2.3", "Events of deleted ephemerals come before the reply to the close", () => {
  const a = new MachineWorld().open();
  create(a, "/e", { flags: 1 });
  exists(a, "/e", true);
  const close = bare(a, OpCode.closeSession);
  deepEqual(a.story.slice(-2), ["event 2 /e", `reply ${close}`]);
});

statement("2.3", "A ping's reply is a bare ReplyHeader with xid -2", () => {
  const world = new MachineWorld();
  const a = world.open();
  a.send(PING);
  equal(hexOf(a.frames.at(-1)!), "fffffffe000000000000000100000000");
  equal(a.closed, undefined);
});

statement("2.3", "A ping with another xid is answered with -2 as well", () => {
  const a = new MachineWorld().open();
  a.send(a.framed(77, OpCode.ping, new Uint8Array(0)));
  deepEqual(a.story, ["reply -2"]);
});

const LOCAL = { localSessions: true, localSessionsUpgrading: true };

statement("2.3", "Local sessions are off by default", () => {
  const { localSessions, localSessionsUpgrading } = configOf();
  deepEqual([localSessions, localSessionsUpgrading], [false, false]);
});

statement(
  "2.3",
  "A local session has no createSession transaction (divergences: standalone-local)",
  () => {
    const world = new MachineWorld(LOCAL);
    world.diskIsQuick = false;
    const a = world.open();
    equal(a.welcome?.timeoutMs, 10_000);
    equal(a.err(bare(a, OpCode.closeSession)), 0);
    notEqual(a.closed, undefined);
    deepEqual([world.batchesHeld, world.loaded.tree.lastProcessed], [0, 0n]);
  },
);

const ephemeral = { kind: "create", request: creation("/e", { flags: 1 }) } as const;

statement(
  "2.3",
  "Creating an ephemeral makes a local session global first, by createSession",
  () => {
    const asks = [
      (at: WorldClient) => create(at, "/e", { flags: 1 }),
      (at: WorldClient) => create2(at, "/e", { flags: 1 }),
      (at: WorldClient) => multi(at, [ephemeral]),
    ];
    for (const ask of asks) {
      const world = new MachineWorld(LOCAL);
      const a = world.open();
      const { header } = a.reply(ask(a));
      deepEqual([header.err, header.zxid], [0, 2n]);
      deepEqual([...world.loaded.sessions], [[a.session, 10_000]]);
    }
  },
);

statement("2.3", "Without localSessionsUpgradingEnabled an ephemeral fails with -120", () => {
  const a = new MachineWorld({ ...LOCAL, localSessionsUpgrading: false }).open();
  deepEqual(
    [a.err(create(a, "/e", { flags: 1 })), a.err(create2(a, "/e", { flags: 1 }))],
    [-120, -120],
  );
  deepEqual(resultsOf(a, multi(a, [ephemeral])), [{ kind: "error", err: -120 }]);
  equal(a.err(create(a, "/plain")), 0);
});
