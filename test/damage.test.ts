/**
 * A member whose files are damaged, among others in a simulated world: it comes back by itself, and
 * decides nothing before it has what it may have acknowledged.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { toZxid } from "../src/base/ids.ts";
import { ErrorCode } from "../src/records/error-codes.ts";
import type { Process } from "../src/sim/process.ts";
import { logFile, snapFile } from "../src/txnlog/disk-ops.ts";
import { logsAmong, snapshotsAmong } from "../src/txnlog/file-names.ts";
import { standingOf } from "../src/txnlog/set-aside.ts";
import { Elector, said, vote } from "./support/electors.ts";
import { damage } from "./support/history.ts";
import { Three } from "./support/three-members.ts";

const create = (path: string) =>
  ({ kind: "create", path, data: new Uint8Array(1), mode: 0 }) as const;
const read = (path: string) => ({ kind: "getData", path, watch: false }) as const;

/** A byte of the first record of each log changes. */
function damageLogs({ disk }: Process): void {
  for (const { name } of logsAmong(disk.list("log"))) damage(disk, logFile(name), 40);
}

function damageSnapshots({ disk }: Process): void {
  for (const { name } of snapshotsAmong(disk.list("snap"))) damage(disk, snapFile(name), 20);
}

const setAside = ({ disk }: Process): number =>
  [...disk.list("log"), ...(disk.sameFolder ? [] : disk.list("snap"))].filter((name) =>
    name.startsWith("damaged-"),
  ).length;

for (const [what, hurt] of [
  ["logs", damageLogs],
  ["snapshots", damageSnapshots],
] as const) {
  test(`each of three comes back from damaged ${what}, one after the other`, () => {
    const world = new Three({ snapshotRecords: 20 });
    const clients = world.processes.map((process) => world.client(process));
    for (const [at, process] of world.processes.entries()) {
      for (let count = 0; count < 30; count++) {
        equal(world.ask(clients[0]!, create(`/${at}-${count}`)).err, ErrorCode.Ok);
      }
      process.crash("kill");
      hurt(process);
      process.start();
      world.until(() => world.isWhole() && clients.every(({ isLive }) => isLive));
      ok(setAside(process) > 0, "the damaged files are kept");
      equal(standingOf(process.disk), "whole");
    }
    world.until(() => world.isEven());
    for (const client of clients) equal(world.ask(client, read("/2-29")).err, ErrorCode.Ok);
  });
}

test("a member that lost its history forms no quorum with one that is behind", () => {
  const world = new Three({ readOnlyMode: true });
  const leader = world.leader()!;
  const [damaged, behind] = world.followers() as [Process, Process];
  behind.crash("kill");
  const writer = world.client(leader);
  equal(world.ask(writer, create("/acknowledged")).err, ErrorCode.Ok);
  leader.crash("kill");
  damaged.crash("kill");
  damageLogs(damaged);
  damaged.start();
  behind.start();
  const reader = world.stranger(damaged, true);
  for (let second = 0; second < 60; second++) {
    world.pass(1000);
    equal(world.leader(), undefined, "the write would be lost");
    equal(reader.isLive, false, "nobody is shown an empty tree");
  }
  leader.start();
  world.until(() => world.isWhole());
  for (const process of world.processes) {
    equal(world.ask(world.client(process), read("/acknowledged")).err, ErrorCode.Ok);
  }
});

test("a crash while the state is fetched leads to fetching it again", () => {
  const world = new Three();
  const leader = world.leader()!;
  const damaged = world.followers()[0]!;
  equal(world.ask(world.client(leader), create("/a")).err, ErrorCode.Ok);
  damaged.crash("kill");
  damageLogs(damaged);
  damaged.start();
  const tookSnapshot = () =>
    snapshotsAmong(damaged.disk.list("snap")).some(({ zxid }) => zxid > 0n);
  world.until(tookSnapshot);
  equal(standingOf(damaged.disk), "incomplete");
  damaged.crash("lose");
  damaged.start();
  world.until(() => !tookSnapshot());
  world.until(() => world.isWhole() && world.isEven());
  equal(standingOf(damaged.disk), "whole");
});

const outcomeOf = ({ machine }: Elector): string | undefined => machine.currentVote?.state;

test("who lost its history is not made leader by those that still follow what it was", () => {
  const unfit = new Elector(3).lookWith(toZxid(-1n));
  for (const from of [1, 2]) unfit.hears(from, said("following", vote(3, 1, 1)));
  equal(outcomeOf(unfit), undefined);
  unfit.hears(1, said("looking", vote(1, 1, 1)));
  unfit.hears(2, said("looking", vote(1, 1, 1)));
  equal(outcomeOf(unfit.wait(5000)), undefined, "it takes no part");
  unfit.hears(1, said("leading", vote(1, 1, 1), 2));
  unfit.hears(2, said("following", vote(1, 1, 1), 2));
  equal(outcomeOf(unfit), "following");
});
