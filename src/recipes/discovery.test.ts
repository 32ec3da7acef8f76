/** Service discovery and the configuration store. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { CutWorld, cutSessions, until } from "../../test/support/cut-world.ts";
import { ConfigStore } from "./config-store.ts";
import { Discovery, random, roundRobin, type ServiceInstance, sticky } from "./discovery.ts";

test("an instance stands as Curator writes it", async () => {
  const world = new CutWorld();
  const discovery = new Discovery(world.sessions(), "/services");
  const about = { service: "mail", id: "1", address: "10.0.0.1", port: 25, payload: { zone: "a" } };
  await discovery.register(about);
  const { data, stat } = await world.client().getData("/services/mail/1");
  const json = JSON.parse(new TextDecoder().decode(data ?? new Uint8Array()));
  equal(stat.ephemeralOwner === 0n, false);
  equal(Math.abs(json.registrationTimeUTC - Date.now()) < 60_000, true);
  deepEqual(
    { ...json, registrationTimeUTC: 1 },
    {
      ...{ name: "mail", id: "1", address: "10.0.0.1", port: 25, sslPort: null },
      ...{ payload: { zone: "a" }, registrationTimeUTC: 1, serviceType: "DYNAMIC" },
      ...{ uriSpec: null, enabled: true },
    },
  );
  deepEqual(await discovery.services(), ["mail"]);
  await world.close();
});

test("what is no instance is left out", async () => {
  const world = new CutWorld();
  const zk = world.client();
  const discovery = new Discovery(world.sessions(), "/s");
  deepEqual(await discovery.instances("x"), []);
  await discovery.register({ service: "x", id: "b", address: "h" });
  await zk.create("/s/x/1", "no json");
  await zk.create("/s/x/2", "[1]");
  await zk.create("/s/x/3", '{"name":"x","id":"3","enabled":false}');
  await zk.create("/s/x/a", '{"name":"x","id":"a","address":"old","port":1}');
  const found = await discovery.instances("x");
  deepEqual(
    found.map(({ id, address, port }) => [id, address, port]),
    [
      ["a", "old", 1],
      ["b", "h", undefined],
    ],
  );
  await world.close();
});

test("a provider follows its service over cuts and expiries", async () => {
  await cutSessions(async (world, sessions) => {
    const provider = await new Discovery(sessions, "/s").provider("x");
    equal(provider.pick(), undefined);
    const theirs = world.sessions();
    const discovery = new Discovery(theirs, "/s");
    const one = await discovery.register({ service: "x", id: "1", address: "a" });
    await until("it is seen", () => provider.pick()?.id === "1");
    await world.expire(sessions.current);
    const two = await discovery.register({ service: "x", id: "2", address: "b" });
    await until("both are seen", () => provider.instances.length === 2);
    deepEqual([provider.pick()?.id, provider.pick()?.id].sort(), ["1", "2"]);
    await one.close();
    await until("one has gone", () => provider.pick()?.id === "2");
    await two.close();
    await provider.close();
  });
});

test("strategies", () => {
  const instances = ["a", "b", "c"].map(
    (id): ServiceInstance => ({
      ...{ service: "x", id, address: "", port: 1, sslPort: undefined },
      ...{ payload: undefined, registeredAt: 0 },
    }),
  );
  const turns = roundRobin();
  deepEqual(
    [1, 2, 3, 4].map(() => turns(instances).id),
    ["a", "b", "c", "a"],
  );
  const same = sticky();
  const { id } = same(instances);
  deepEqual(same([...instances].reverse()).id, id);
  equal(same(instances.filter((one) => one.id !== id)).id === id, false);
  equal(instances.includes(random()(instances)), true);
});

test("settings: defaults, changes and resets, wherever the connection is cut", async () => {
  await cutSessions(async (world, sessions) => {
    const defaults = { retries: 3, banner: "hello", zones: ["a"] };
    const ours = new ConfigStore(sessions, "/app/config", defaults);
    const theirs = new ConfigStore(world.sessions(), "/app/config", defaults);
    deepEqual(await ours.all(), defaults);
    const changes = ours.changes();
    equal((await changes.next()).value?.retries, 3);
    await theirs.set("retries", 4);
    equal((await changes.next()).value?.retries, 4);
    await ours.set("banner", "bye");
    equal(await theirs.get("banner"), "bye");
    await ours.reset("banner");
    equal(await theirs.get("banner"), "hello");
    await ours.set("retries", 5);
    deepEqual(await theirs.all(), { ...defaults, retries: 5 });
    await changes.return();
  });
});

test("a node of another type is told", async () => {
  const world = new CutWorld();
  await world.client().create("/retries", '"many"');
  const config = new ConfigStore(world.sessions(), "/", { retries: 3 });
  const message = "/retries holds a value of type string, expected a value of type number";
  await rejects(config.all(), { name: "TypeError", message });
  await world.close();
});
