/** The SASL exchange of the session machine: before anything else, on every connection. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientWorld } from "../../test/support/client-world.ts";
import { utf8 } from "../base/bytes.ts";
import { GetSASLRequest, SetSASLResponse, SyncResponse } from "../records/client.ts";
import * as ops from "./operations.ts";
import type { SaslAnswer } from "./sasl.ts";

const AUTH_FAILED = -115;
const proved = (world: ClientWorld, answer: SaslAnswer): void =>
  world.feed({ kind: "proved", now: world.now, attempt: world.attempt, answer });
const say = (world: ClientWorld, token: string): void =>
  proved(world, { kind: "token", token: utf8(token) });
const challenge = (world: ClientWorld, token: string | null): void =>
  world.reply({ xid: 0 }, SetSASLResponse, { token: token === null ? null : utf8(token) });
const tokens = (world: ClientWorld): readonly string[] =>
  world.frames().map(({ xid, type, body }) => {
    assert.equal(type, "sasl");
    return `${xid} ${Buffer.from(GetSASLRequest.read(body).token ?? []).toString()}`;
  });
/** A world whose server has greeted, with a request that waits. */
const greeted = (): ClientWorld => {
  const world = new ClientWorld({ sasl: true });
  world.start();
  world.open();
  world.submit("s", ops.sync, { path: "/s" });
  world.welcome();
  assert.deepEqual(world.log(), ["CONNECTING", "connect a:1", "prove"]);
  world.flush();
  assert.deepEqual(world.frames(), []);
  return world;
};

test("requests wait for the proof, on each connection", () => {
  const world = greeted();
  say(world, "");
  assert.deepEqual(tokens(world), ["0 "]);
  challenge(world, "who?");
  assert.deepEqual(world.log(), ["prove to who?"]);
  say(world, "alice");
  assert.deepEqual(tokens(world), ["0 alice"]);
  challenge(world, "well");
  assert.equal(world.machine.state, "CONNECTING");
  proved(world, { kind: "done" });
  assert.deepEqual(world.requests(), ["1 sync"]);
  assert.equal(world.machine.state, "CONNECTED");
  world.reply({ xid: 1, zxid: 5 }, SyncResponse, { path: "/s" });
  world.cut();
  world.pass(1000);
  world.open();
  world.log();
  world.welcome();
  assert.deepEqual(world.log(), ["prove"]);
});

test("a refusal ends the session, and all who wait are told why", () => {
  const world = greeted();
  say(world, "");
  world.reply({ xid: 0, err: AUTH_FAILED });
  const [why, waiting, state] = world.log();
  assert.equal(why, "disconnect: SASL: the server refused the proof");
  assert.match(waiting ?? "", /^s failed -115, not sent/);
  assert.equal(state, "AUTH_FAILED");
  assert.equal(world.machine.endReason, "SASL: the server refused the proof");
});

test("so does a mechanism that fails", () => {
  const world = greeted();
  proved(world, { kind: "failed", reason: "SASL: no key" });
  assert.equal(world.machine.state, "AUTH_FAILED");
  assert.equal(world.machine.endReason, "SASL: no key");
});

test("a server without words sends an empty challenge", () => {
  const world = greeted();
  say(world, "");
  challenge(world, null);
  assert.deepEqual(world.log(), ["prove to "]);
});

test("a challenge that nobody asked for ends the connection, not the session", () => {
  const world = greeted();
  challenge(world, "psst");
  assert.match(world.log()[0] ?? "", /^disconnect: BAD_VALUE unaskedChallenge/);
  assert.equal(world.machine.state, "CONNECTING");
});

test("a lost connection, and its mechanism's late word, are nothing", () => {
  const world = greeted();
  const { attempt } = world;
  world.cut();
  world.feed({ kind: "proved", now: world.now, attempt, answer: { kind: "done" } });
  assert.equal(world.machine.state, "CONNECTING");
});

test("a server that falls silent meanwhile is left", () => {
  const world = greeted();
  say(world, "");
  world.pass(7000);
  assert.match(world.log().join("\n"), /disconnect: no answer to the handshake/);
});
