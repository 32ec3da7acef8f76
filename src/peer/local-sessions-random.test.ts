/**
 * Local sessions in random histories: several clients that write, make ephemerals, close, go away
 * and come back, with a disk that is slow, a throttle's line or none, and time that goes by.
 *
 * Promises that are checked: answers leave in the order of requests; a session that owns something
 * is in the table of the log; and when all is over, nothing of any session is left.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MachineWorld, SETTINGS, type WorldClient } from "../../test/support/machine-world.ts";
import { record } from "../jute/codec.ts";
import { CreateRequest, ReadRequest } from "../records/client.ts";
import { CreateMode } from "../records/constants.ts";
import { OpCode } from "../records/op-codes.ts";
import { passwordOf } from "../session/password.ts";

const CLIENTS = 3;
const TIMEOUT_MS = 4000;

type Act = "write" | "ephemeral" | "read" | "ping" | "close" | "cut" | "back" | "sync" | "pass";

const acts = fc.array(
  fc.record({
    act: fc.constantFrom<Act>(
      ...(["write", "ephemeral", "ephemeral", "read", "ping"] as const),
      ...(["close", "cut", "back", "sync", "sync", "pass"] as const),
    ),
    who: fc.nat({ max: CLIENTS - 1 }),
  }),
  { maxLength: 60, size: "max" },
);

const worlds = fc.record({
  maxRequests: fc.constantFrom(0, 1, 2),
  dropStale: fc.boolean(),
  lateAfterMs: fc.constantFrom(0, 500),
  upgrading: fc.boolean(),
});

test("random histories leave nothing behind, and every answer in its place", () => {
  fc.assert(
    fc.property(worlds, acts, ({ maxRequests, dropStale, lateAfterMs, upgrading }, history) => {
      const world = new MachineWorld({
        localSessions: true,
        localSessionsUpgrading: upgrading,
        requestThrottle: { ...SETTINGS.requestThrottle, maxRequests, dropStale, lateAfterMs },
      });
      const players = Array.from({ length: CLIENTS }, () => new Player(world));
      world.diskIsQuick = false;
      for (const { act, who } of history) {
        players[who]!.play(act);
        checkOwners(world);
      }
      for (const player of players) player.checkOrder();
      world.diskIsQuick = true;
      while (world.batchesHeld > 0) world.sync();
      world.pass(10 * TIMEOUT_MS);
      while (world.batchesHeld > 0) world.sync();
      checkNothingLeft(world);
      const last = world.open();
      world.diskIsQuick = false;
      const xid = last.ask(OpCode.exists, ReadRequest, { path: "/", watch: false });
      equal(last.err(xid), 0, "nothing stands in the way of whoever comes next");
    }),
    { numRuns: 500 },
  );
});

/** Only sessions that the log knows own nodes; without upgrading nobody does. */
function checkOwners({ loaded, machine: { status } }: MachineWorld): void {
  for (const [session] of status.ephemerals()) ok(loaded.sessions.has(session), "the log knows it");
  ok(status.localSessions >= 0, "local sessions are counted right");
  ok(status.globalSessions >= 0, "global sessions are counted right");
}

function checkNothingLeft({ loaded, machine: { status } }: MachineWorld): void {
  deepEqual([status.localSessions, status.globalSessions], [0, 0]);
  deepEqual([...status.ephemerals()], []);
  deepEqual([...loaded.sessions], []);
  deepEqual([...status.connections()], []);
  deepEqual(status.outstandingRequests, 0);
}

/** One client: its connection of the moment, and the one session that it tries to keep. */
class Player {
  private readonly world: MachineWorld;
  private client: WorldClient;
  private made = 0;

  constructor(world: MachineWorld) {
    this.world = world;
    this.client = world.open(TIMEOUT_MS);
  }

  play(act: Act): void {
    const { world, client } = this;
    const isOpen = client.closed === undefined;
    switch (act) {
      case "sync":
        if (world.batchesHeld > 0) world.sync();
        return;
      case "pass":
        return world.pass(700);
      case "cut":
        if (isOpen) this.cut();
        return;
      case "back":
        return this.comeBack();
      default:
        if (isOpen) this.ask(act);
    }
  }

  /** Replies stand in the order of their requests; a ping's own number tells nothing. */
  checkOrder(): void {
    const xids = this.client.came.flatMap((item) =>
      item.kind === "reply" && item.header.xid > 0 ? [item.header.xid] : [],
    );
    deepEqual(
      xids,
      [...xids].sort((a, b) => a - b),
    );
  }

  private ask(act: "write" | "ephemeral" | "read" | "ping" | "close"): void {
    const { client } = this;
    const path = `/${client.conn}-${++this.made}`;
    const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
    const flags = act === "ephemeral" ? CreateMode.ephemeral : CreateMode.persistent;
    if (act === "read") client.ask(OpCode.exists, ReadRequest, { path: "/", watch: true });
    else if (act === "ping") client.ask(OpCode.ping, record({}), {});
    else if (act === "close") client.ask(OpCode.closeSession, record({}), {});
    else client.ask(OpCode.create, CreateRequest, { path, data: null, acl, flags });
  }

  private cut(): void {
    this.checkOrder();
    this.client.closed = "cut";
    const { now } = this.world;
    this.world.input({ kind: "closed", now, conn: this.client.conn });
  }

  /** With its session, or with a new one where that is over. */
  private comeBack(): void {
    this.checkOrder();
    const { session } = this.client;
    this.client = this.world.connect();
    this.client.shakeHands({
      sessionId: session,
      password: passwordOf(session),
      timeoutMs: TIMEOUT_MS,
    });
    if (this.client.closed !== undefined) this.client = this.world.open(TIMEOUT_MS);
  }
}
