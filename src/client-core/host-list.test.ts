/** A changed list of servers: clients stay evenly spread, with as few moves as that takes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ClientWorld } from "../../test/support/client-world.ts";
import { Prng } from "../base/prng.ts";
import type { Host } from "./connect-string.ts";
import { HostList } from "./host-list.ts";

const hosts = (from: number, count: number): readonly Host[] =>
  Array.from({ length: count }, (_, index) => ({ name: `s${from + index}`, port: 1 }));

const CLIENTS = 2000;

/** Two lists that may have servers in common: of `all` in a row, the first and the last ones. */
const lists = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.nat(6))
  .map(([before, after, shared]) => {
    const common = Math.min(before, after, shared);
    return { before: hosts(0, before), after: hosts(before - common, after) };
  });

test("clients that were evenly spread are so on the new list, and move only where they must", () => {
  fc.assert(
    fc.property(lists, fc.integer(), ({ before, after }, seed) => {
      const old = new Set(before.map(({ name }) => name));
      const load = new Map(after.map(({ name }) => [name, 0]));
      for (let client = 0; client < CLIENTS; client++) {
        const list = new HostList(before, new Prng(seed + client * 7919));
        const { host } = list.next();
        list.succeeded();
        const moves = list.update(after, host, true);
        const { host: now, pauseMs } = moves ? list.next() : { host, pauseMs: 0 };
        assert.equal(pauseMs, 0);
        const isListed = load.has(host.name);
        assert(moves || isListed, "who stays has a server of the new list");
        assert(!moves || !isListed || !old.has(now.name), "from a kept server only to a new one");
        load.set(now.name, load.get(now.name)! + 1);
      }
      const share = 1 / after.length;
      const spread = Math.sqrt(CLIENTS * share * (1 - share));
      for (const [name, count] of load) {
        const far = Math.abs(count - CLIENTS * share);
        assert(far <= 5 * spread, `${name} has ${count} of ${CLIENTS}, ${after.length} servers`);
      }
    }),
    { numRuns: 60 },
  );
});

test("who has no server yet chooses evenly", () => {
  const load = new Map<string, number>();
  for (let client = 0; client < CLIENTS; client++) {
    const list = new HostList(hosts(0, 3), new Prng(client * 7919));
    list.next();
    assert(list.update(hosts(2, 4), { name: "s0", port: 1 }, false));
    const { host } = list.next();
    load.set(host.name, (load.get(host.name) ?? 0) + 1);
  }
  for (const count of load.values()) assert(Math.abs(count - CLIENTS / 4) < 100);
  assert.equal(load.size, 4);
});

test("a pass over the new list has every server once; one that stays comes last", () => {
  const list = new HostList(hosts(0, 4), new Prng(1));
  const { host } = list.next();
  list.succeeded();
  assert.equal(list.update(hosts(0, 3).concat(host), host, true), false);
  const pass = Array.from({ length: list.count }, () => list.next());
  assert.equal(new Set(pass.map((one) => one.host.name)).size, list.count);
  assert.equal(pass.at(-1)?.host.name, host.name);
  list.prefer({ name: "gone", port: 1 });
  assert(list.next().host !== undefined);
});

describe("a machine that is given another list", () => {
  const ours = [{ name: "a", port: 1 }];
  const other = [{ name: "b", port: 2 }];
  const update = (world: ClientWorld, to: readonly Host[]): readonly string[] => {
    world.log();
    world.feed({ kind: "updateServers", now: world.now, hosts: to });
    return world.log();
  };

  test("leaves a server that is not in it, and keeps the session", () => {
    const world = new ClientWorld().live();
    assert.deepEqual(update(world, other), [
      "disconnect: the list of servers is another one",
      "CONNECTING",
      "connect b:2",
    ]);
    assert.notEqual(world.open().sessionId, 0n);
  });
  test("stays with one that is", () => {
    const world = new ClientWorld().live();
    assert.deepEqual(update(world, [...ours]), []);
  });
  test("no longer tries one that is not in it", () => {
    const world = new ClientWorld();
    world.start();
    assert.deepEqual(update(world, other), [
      "disconnect: the list of servers is another one",
      "connect b:2",
    ]);
  });
  test("waits no longer for one that is not in it", () => {
    const world = new ClientWorld();
    world.start();
    world.cut();
    assert.deepEqual(update(world, ours), []);
    assert.deepEqual(update(world, other), ["connect b:2"]);
  });
  test("does nothing once it is over", () => {
    const world = new ClientWorld();
    world.start();
    world.feed({ kind: "close", now: world.now });
    assert.deepEqual(update(world, other), []);
  });
});
