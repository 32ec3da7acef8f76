/** Specification 2.2: what a connection asks for its session, what it gets, and when it is refused. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { bytesOfHex, hexOf } from "../../src/base/bytes.ts";
import { toServerId, toSessionId, toZxid } from "../../src/base/ids.ts";
import { passwordOf } from "../../src/session/password.ts";
import { SessionIds } from "../../src/session/session-ids.ts";
import { create, exists } from "../support/asking.ts";
import { configOf } from "../support/config.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const HEAD = "00000000 0000000000000000 00002710 0000000000000000";
const WITH_READ_ONLY = `0000002d ${HEAD} 00000010 ${"00".repeat(16)} 00`;
const WITHOUT_READ_ONLY = `0000002c ${HEAD} 00000010 ${"00".repeat(16)}`;
const REFUSAL = `${"00".repeat(16)}00000010${"00".repeat(16)}`;

function saying(hex: string, world = new MachineWorld()): WorldClient {
  const a = world.connect();
  a.send(bytesOfHex(hex));
  return a;
}
const answer = (at: WorldClient): string => hexOf(at.frames[0] ?? new Uint8Array(0));

statement("2.2", "A request has 44 bytes without readOnly and 45 with it", () => {
  notEqual(saying(WITH_READ_ONLY).session, 0n);
  notEqual(saying(WITHOUT_READ_ONLY).session, 0n);
});

statement("2.2", "The response: protocol 0, timeout, sessionId, 16 byte password, readOnly", () => {
  const a = saying(WITH_READ_ONLY);
  const id = BigInt.asUintN(64, a.session).toString(16).padStart(16, "0");
  const password = hexOf(a.welcome!.password!);
  equal(answer(a), `0000000000002710${id}00000010${password}00`);
  equal(password.length, 32);
});

statement("2.2", "protocolVersion is ignored; the answer has 0", () => {
  const a = saying(WITH_READ_ONLY.replace("0000002d 00000000", "0000002d 7fffffff"));
  equal(answer(a).slice(0, 16), "0000000000002710");
});

statement("2.2", "A null or short password is accepted when sessionId is 0", () => {
  notEqual(saying(`0000001d ${HEAD} ffffffff 00`).session, 0n);
  notEqual(saying(`0000001d ${HEAD} 00000000 00`).session, 0n);
  notEqual(saying(`00000020 ${HEAD} 00000003 010203 00`).session, 0n);
});

statement("2.2", "The response has readOnly exactly when the request had it", () => {
  equal(saying(WITH_READ_ONLY).frames[0]!.length, 37);
  equal(saying(WITHOUT_READ_ONLY).frames[0]!.length, 36);
});

statement("2.2", "Connection limits are checked before anything that a handshake says", () => {
  const world = new MachineWorld({ maxClientCnxns: 1 });
  world.open();
  const second = world.connect();
  notEqual(second.closed, undefined);
});

statement("2.2", "A lastZxidSeen above the server's last zxid closes without a reply", () => {
  const world = new MachineWorld();
  const last = world.loaded.tree.lastProcessed;
  const [newer, same] = [world.connect(), world.connect()];
  newer.shakeHands({ lastZxidSeen: toZxid(last + 1n) });
  deepEqual(newer.frames, []);
  notEqual(newer.closed, undefined);
  same.shakeHands({ lastZxidSeen: last });
  notEqual(same.session, 0n);
});

statement("2.2", "lastZxidSeen is checked before the session: too new gets no refusal", () => {
  const a = new MachineWorld().connect();
  a.shakeHands({ lastZxidSeen: toZxid(99n), sessionId: toSessionId(0x1234n) });
  deepEqual(a.frames, []);
  notEqual(a.closed, undefined);
});

statement("2.2", "The timeout is clamped into 2 to 20 ticks by default", () => {
  const rows: ReadonlyArray<readonly [asked: number, given: number]> = [
    ...[[-5, 4000] as const, [1, 4000] as const, [4000, 4000] as const, [4001, 4001] as const],
    ...[[40_000, 40_000] as const, [40_001, 40_000] as const, [2 ** 31 - 1, 40_000] as const],
  ];
  for (const [asked, given] of rows) {
    equal(new MachineWorld().open(asked).welcome?.timeoutMs, given, `${asked}`);
  }
  const { minSessionTimeoutMs, maxSessionTimeoutMs } = configOf("tickTime=3000");
  deepEqual([minSessionTimeoutMs, maxSessionTimeoutMs], [6000, 60_000]);
});

statement("2.2", "Timeouts follow minSessionTimeout and maxSessionTimeout", () => {
  const world = new MachineWorld({ minSessionTimeoutMs: 100, maxSessionTimeoutMs: 200 });
  deepEqual(
    [50, 150, 250].map((asked) => world.open(asked).welcome?.timeoutMs),
    [100, 150, 200],
  );
});

statement("2.2", "Reading from the connection stops until the response is written", () => {
  const world = new MachineWorld();
  world.diskIsQuick = false;
  const a = saying(`${WITH_READ_ONLY} 00000008 fffffffe 0000000b`, world);
  equal(a.paused, true);
  deepEqual(a.frames, []);
  world.sync();
  deepEqual(a.story, ["reply -2"]);
  equal(a.paused, false);
});

statement("2.2", "The response is sent after createSession is committed, not before", () => {
  const world = new MachineWorld();
  world.diskIsQuick = false;
  const a = saying(WITH_READ_ONLY, world);
  deepEqual([a.frames.length, world.loaded.tree.lastProcessed], [0, 0n]);
  world.sync();
  deepEqual([a.frames.length, world.loaded.tree.lastProcessed], [1, 1n]);
  deepEqual([...world.loaded.sessions], [[a.session, 10_000]]);
});

statement("2.2", "The body of createSession is the clamped timeout", () => {
  const world = new MachineWorld();
  const a = world.open(1);
  equal(world.loaded.sessions.get(a.session), 4000);
});

statement(
  "2.2",
  "The top byte of a session id is the server's id, 1 for standalone servers",
  () => {
    equal(new MachineWorld().open().session >> 56n, 1n);
  },
);

statement(
  "2.2",
  "Ids start at (sid << 56) | (((ms << 24) mod 2^64) >>> 8) (divergences: session-id-start)",
  () => {
    const world = new MachineWorld();
    // 1700000000000 ms is 0x18bcfe56800: the shift loses nothing of it.
    equal(world.open().session, 0x018b_cfe5_6800_0000n | (1n << 56n));
    equal(new SessionIds(toServerId(5n), 0x1_23_4567_89ab).next(), 0x0523_4567_89ab_0000n);
  },
);

statement("2.2", "Each session's id is one more than the one before", () => {
  const world = new MachineWorld();
  const first = world.open().session;
  deepEqual([world.open().session, world.open().session], [first + 1n, first + 2n]);
});

statement("2.2", "0x8000000000000000 is never a session id", () => {
  const ids = new SessionIds(toServerId(128n), 0);
  equal(BigInt.asUintN(64, ids.next()), 0x8000_0000_0000_0001n);
});

statement("2.2", "The password of 0x0100001358de0000 is 401ef643cd928d3e1e7b28975ea823d4", () => {
  const want = "401ef643cd928d3e1e7b28975ea823d4";
  equal(hexOf(passwordOf(toSessionId(0x0100001358de0000n))), want);
});

statement("2.2", "Any server can check any session's password: it is made from the id", () => {
  const [before, after] = [new MachineWorld(), new MachineWorld()];
  const a = before.open();
  after.pass(500);
  const b = new MachineWorld({}, undefined, before.loaded).connect();
  b.shakeHands({ sessionId: a.session, password: a.welcome!.password });
  equal(b.session, a.session);
});

function reopened(world: MachineWorld, a: WorldClient, timeoutMs = 10_000): WorldClient {
  const again = world.connect();
  again.shakeHands({ sessionId: a.session, password: a.welcome!.password, timeoutMs });
  return again;
}

statement("2.2", "Re-open: another live connection of that session is closed first", () => {
  const world = new MachineWorld();
  const a = world.open();
  create(a, "/e", { flags: 1 });
  const b = reopened(world, a);
  notEqual(a.closed, undefined);
  equal(b.closed, undefined);
  equal(b.err(exists(b, "/e")), 0);
});

statement("2.2", "Re-open: a wrong password is refused (divergences: reopen-password)", () => {
  const world = new MachineWorld();
  const a = world.open();
  for (const password of [new Uint8Array(16).fill(9), new Uint8Array(0), null]) {
    const b = world.connect();
    b.shakeHands({ sessionId: a.session, password });
    equal(answer(b), `${REFUSAL}00`);
    notEqual(b.closed, undefined);
  }
  equal(a.closed, undefined);
});

statement("2.2", "Re-open with the right password touches the session", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  world.pass(3000);
  const b = reopened(world, a, 4000);
  world.pass(3500);
  equal(b.closed, undefined);
});

statement("2.2", "A re-opened session gets the same response, its password recomputed", () => {
  const world = new MachineWorld();
  const a = world.open();
  const b = reopened(world, a, 12_000);
  deepEqual(b.welcome, { ...a.welcome, timeoutMs: 12_000 });
});

statement("2.2", "Refusal: protocol, timeout, id and password are zero, then close", () => {
  const unknown = "0000000000001234";
  const asked = WITH_READ_ONLY.replace("00002710 0000000000000000", `00002710 ${unknown}`);
  const a = saying(asked);
  equal(answer(a), `${REFUSAL}00`);
  notEqual(a.closed, undefined);
});

statement("2.2", "A refusal has readOnly exactly when the request had it", () => {
  const a = new MachineWorld().connect();
  a.shakeHands({ sessionId: toSessionId(0x1234n), readOnly: undefined });
  equal(answer(a), REFUSAL);
});

statement("2.2", "An expired session is refused", () => {
  const world = new MachineWorld();
  const a = world.open(4000);
  world.pass(8000);
  equal(answer(reopened(world, a)), `${REFUSAL}00`);
});

statement("2.2", "A connection that never finishes the handshake is closed after 10 s", () => {
  equal(configOf().sessionlessTimeoutMs, 10_000);
  const world = new MachineWorld();
  const silent = world.connect();
  const half = saying(WITH_READ_ONLY.slice(0, 40), world);
  world.pass(9500);
  deepEqual([silent.closed, half.closed], [undefined, undefined]);
  world.pass(1500);
  notEqual(silent.closed, undefined);
  notEqual(half.closed, undefined);
});

statement("2.2", "createSession is a transaction of the session with cxid 0 and type -10", () => {
  const world = new MachineWorld();
  const a = world.open(10_000); // Zxid 1.
  const logged = world.lastLogged.flatMap((op) => (op.kind === "write" ? [hexOf(op.bytes)] : []));
  const id = a.session.toString(16).padStart(16, "0");
  // TxnHeader: clientId, cxid, zxid, time, type; then the timeout.
  match(logged.join(""), new RegExp(`${id}000000000000000000000001[0-9a-f]{16}fffffff600002710`));
});
