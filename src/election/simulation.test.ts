/**
 * Elections in small simulated worlds, from seeds: however notifications are lost, doubled, late
 * and mixed up, and servers crash, nobody is elected whom no quorum wanted, and once the faults
 * stop all have one leader soon, the best if all look.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { configText } from "../../test/support/electors.ts";
import { LinkedWorld } from "../../test/support/linked-world.ts";
import { LossyWorld } from "../../test/support/lossy-world.ts";
import { bothOf, type Ensemble, quorumsOf } from "../quorum/ensemble.ts";
import { readEnsemble } from "../quorum/ensemble-text.ts";
import type { Quorums } from "../quorum/quorums.ts";

function ensembleOf(voters: number, observers = 0, ...lines: readonly string[]): Ensemble {
  const servers = Array.from({ length: voters + observers }, (_, at) => {
    return `server.${at + 1}=h:1:2:${at < voters ? "participant" : "observer"}`;
  });
  const ensemble = readEnsemble(configText(...servers, ...lines));
  ok(!("refused" in ensemble));
  return ensemble;
}

type Kind = readonly [what: string, ensemble: Ensemble, quorums?: Quorums];
const three = ensembleOf(3);
const kinds: readonly Kind[] = [
  ["one server", ensembleOf(1)],
  ["two servers", ensembleOf(2)],
  ["three servers", three],
  ["three servers and two observers", ensembleOf(3, 2)],
  ["five servers", ensembleOf(5)],
  ["seven servers and an observer", ensembleOf(7, 1)],
  [
    "two groups, a server of weight 0",
    ensembleOf(5, 0, "group.1=1:2", "group.2=3:4:5", "weight.5=0"),
  ],
  ["two configurations at once", ensembleOf(5), bothOf(quorumsOf(three), quorumsOf(ensembleOf(5)))],
];
const SEEDS = 60;

/** 20 s in which anything may happen; then a quorum lives, and nothing goes wrong any more. */
function troubled(seed: number, [, ensemble, quorums]: Kind): LossyWorld {
  const world = new LossyWorld(seed, ensemble, quorums);
  for (const server of world.servers) {
    world.agenda.after(world.chance.below(1000), () => world.start(server));
  }
  for (let at = 1200; at < 20_000; at += 1 + world.chance.below(1500)) {
    world.agenda.after(at, () => {
      if (world.chance.chance(0.4)) return world.rumour();
      const server = world.chance.pick(world.servers);
      if (server.isAlive) world.crash(server);
      else world.start(server);
    });
  }
  world.agenda.run(20_000);
  const living = (): boolean => world.quorums.isQuorum(new Set(world.alive.map(({ id }) => id)));
  for (const server of world.servers) if (!server.isAlive && !living()) world.start(server);
  world.heal();
  return world;
}

for (const kind of kinds) {
  test(`${kind[0]}: after faults all have one leader within 10 s, and keep it`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = troubled(seed, kind);
      world.agenda.run(30_000);
      const leader = world.commonLeader;
      ok(leader !== undefined, `seed ${seed}`);
      world.agenda.run(40_000);
      equal(world.commonLeader, leader, `seed ${seed}`);
    }
  });

  test(`${kind[0]}: when all look, the best history is elected within 3 s`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = troubled(1000 + seed, kind);
      // Everybody forgets, but for its history.
      for (const server of world.alive) {
        server.epoch = world.chance.below(3);
        server.counter = world.chance.below(4);
      }
      const { best } = world;
      for (const server of world.alive) {
        world.crash(server);
        world.start(server);
      }
      world.heal();
      world.agenda.run(23_000, () => world.commonLeader !== undefined);
      equal(world.commonLeader?.id, best.id, `seed ${seed}`);
    }
  });
}

test("a leader that stops with its links costs no wait", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new LossyWorld(seed, three);
    world.hasFaults = false;
    for (const server of world.servers) world.start(server);
    world.heal();
    world.agenda.run(5_000);
    world.crash(world.commonLeader!);
    world.heal();
    for (const server of world.alive) world.look(server);
    world.agenda.run(5_150, () => world.commonLeader !== undefined);
    ok(world.commonLeader !== undefined, `seed ${seed}`);
  }
});

/** 20 s of crashes and partitions; then a quorum lives and all can talk. */
function partitioned(seed: number, [, ensemble, quorums]: Kind): LinkedWorld {
  const world = new LinkedWorld(seed, ensemble, quorums);
  for (const server of world.servers) {
    world.agenda.after(world.chance.below(1000), () => world.start(server));
  }
  for (let at = 1200; at < 20_000; at += 1 + world.chance.below(2500)) {
    world.agenda.after(at, () => {
      const dice = world.chance.below(6);
      if (dice === 0) return world.mend();
      if (dice < 3) return world.partition();
      const server = world.chance.pick(world.servers);
      if (server.isAlive) world.crash(server);
      else world.start(server);
    });
  }
  world.agenda.run(20_000);
  world.mend();
  const living = (): boolean => world.quorums.isQuorum(new Set(world.alive.map(({ id }) => id)));
  for (const server of world.servers) if (!server.isAlive && !living()) world.start(server);
  world.hasFaults = false;
  return world;
}

for (const kind of kinds) {
  test(`${kind[0]}, over connections: one leader within 10 s, one connection a pair`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = partitioned(seed, kind);
      world.agenda.run(30_000);
      const leader = world.commonLeader;
      ok(leader !== undefined, `seed ${seed}`);
      world.agenda.run(45_000);
      equal(world.commonLeader, leader, `seed ${seed}`);
      for (const [pair, count] of world.connections()) equal(count, 1, `seed ${seed}: ${pair}`);
    }
  });

  test(`${kind[0]}, over connections: a start from nothing takes less than 1 s`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new LinkedWorld(seed, kind[1], kind[2]);
      world.hasFaults = false;
      for (const server of world.servers) {
        world.agenda.after(world.chance.below(50), () => world.start(server));
      }
      world.agenda.run(1_000);
      ok(world.commonLeader !== undefined, `seed ${seed}`);
    }
  });
}

test("over connections: a leader that dies with closed connections costs no wait", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new LinkedWorld(seed, three);
    world.hasFaults = false;
    for (const server of world.servers) world.start(server);
    world.agenda.run(5_000);
    world.crash(world.commonLeader!);
    for (const server of world.alive) world.look(server);
    world.agenda.run(5_150, () => world.commonLeader !== undefined);
    ok(world.commonLeader !== undefined, `seed ${seed}`);
  }
});
