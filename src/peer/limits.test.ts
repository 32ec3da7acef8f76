/** What a server does when clients reach its limits: connections, handshakes, requests. */
import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld, SETTINGS } from "../../test/support/machine-world.ts";
import { passwordOf } from "../session/password.ts";

test("surplus connections of one address are closed, loopback too; others are let in", () => {
  const world = new MachineWorld({ maxClientCnxns: 2 });
  const [first] = [world.connect("127.0.0.1"), world.connect("127.0.0.1")];
  const third = world.connect("127.0.0.1");
  match(third.closed ?? "", /maxClientCnxns=2/);
  equal(world.connect("127.0.0.2").closed, undefined);
  world.input({ kind: "closed", now: world.now, conn: first!.conn });
  equal(world.connect("127.0.0.1").closed, undefined, "there is room again");
  equal(counter(world, "connection_rejected"), 1);
});

test("surplus connections in all are closed", () => {
  const world = new MachineWorld({ maxCnxns: 2 });
  world.connect("10.0.0.1");
  world.connect("10.0.0.2");
  match(world.connect("10.0.0.3").closed ?? "", /maxCnxns=2/);
});

test("a connection without a handshake is closed after its time, one with a session is not", () => {
  const world = new MachineWorld({ sessionlessTimeoutMs: 3000 });
  const silent = world.connect();
  const open = world.open(10_000);
  world.pass(2900);
  equal(silent.closed, undefined);
  world.pass(700);
  match(silent.closed ?? "", /no handshake within 3000 ms/);
  equal(open.closed, undefined);
  equal(counter(world, "sessionless_connections_expired"), 1);
});

const weights = { global: 3, renew: 2, local: 1 };

test("a handshake that the throttle refuses is closed without a reply, before other checks", () => {
  const connectionThrottle = { ...SETTINGS.connectionThrottle, tokens: 4, fillTimeMs: 1e6 };
  const world = new MachineWorld({ connectionThrottle });
  for (let count = 0; count < 3; count++) equal(world.open().welcome !== undefined, true);
  const ahead = world.connect();
  ahead.shakeHands({ lastZxidSeen: 0x7000n as never });
  match(ahead.closed ?? "", /newer zxid/, "a handshake that fails has taken its token");
  const refused = world.open();
  equal(refused.welcome, undefined);
  match(refused.closed ?? "", /throttle/);
  equal(counter(world, "connection_rejected"), 1);
  equal(counter(world, "connection_request_count"), 4);
  equal(counter(world, "cnt_connection_token_deficit"), 4);
  equal(counter(world, "max_connection_token_deficit"), 4);
  world.pass(1e6 / 4 + 500);
  equal(world.open().welcome, undefined, "no token has come yet");
});

test("a session that comes back takes the weight of a renewal", () => {
  const connectionThrottle = {
    ...SETTINGS.connectionThrottle,
    tokens: 5,
    fillTimeMs: 1e6,
    weights,
  };
  const world = new MachineWorld({ connectionThrottle });
  const { session } = world.open();
  const back = world.connect();
  back.shakeHands({ sessionId: session, password: passwordOf(session) });
  equal(back.welcome?.sessionId, session);
  const again = world.connect();
  again.shakeHands({ sessionId: session, password: passwordOf(session) });
  match(again.closed ?? "", /throttle/);
});

test("the chance of refusal is a number of the status", () => {
  const connectionThrottle = {
    ...SETTINGS.connectionThrottle,
    ...{ tokens: 1, fillTimeMs: 1e6, freezeTimeMs: 10, dropIncrease: 0.5 },
  };
  const world = new MachineWorld({ connectionThrottle });
  world.open();
  world.pass(11);
  world.open();
  equal(world.machine.status.connectionDropProbability, 0.5);
});

function counter(world: MachineWorld, name: string): number | undefined {
  for (const reading of world.metrics.readings()) if (reading.name === name) return reading.value;
  return undefined;
}
