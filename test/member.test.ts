/** Members of an ensemble in a simulated world: what a run by chance would not show by itself. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type Millis, toServerId } from "../src/base/ids.ts";
import { Prng } from "../src/base/prng.ts";
import { ErrorCode } from "../src/records/error-codes.ts";
import type { Ask } from "../src/sim/asks.ts";
import { type Answer, SimClient } from "../src/sim/client.ts";
import { Clock } from "../src/sim/clock.ts";
import { makeMember } from "../src/sim/member-maker.ts";
import { Network } from "../src/sim/network.ts";
import { Probes } from "../src/sim/probes.ts";
import { Process } from "../src/sim/process.ts";
import { Recorder } from "../src/sim/recorder.ts";
import { Scheduler } from "../src/sim/scheduler.ts";
import type { Tuning } from "../src/sim/servers.ts";
import { CLIENT_DOOR } from "../src/sim/sockets.ts";
import type { WorldParts } from "../src/sim/world-parts.ts";

const TUNING: Tuning = {
  ...{ tickMs: 2000, initLimit: 10, syncLimit: 5, snapshotRecords: 1000 },
  ...{ logFileBytes: 0, preAllocBytes: 0, batchRecordsMax: 1000 },
};
const PERSISTENT = 0;
const EPHEMERAL = 1;

/** Three members that are told what to do. */
class Three {
  readonly scheduler = new Scheduler();
  readonly processes: readonly Process[];
  private readonly parts: WorldParts;
  private clients = 0;

  constructor(tuning: Partial<Tuning> = {}) {
    const { scheduler } = this;
    const [prng, probes] = [new Prng(1), new Probes()];
    const habits = { latencyMs: [0.2, 1], cutChance: 0, lingerMs: 0 } as const;
    const network = new Network(scheduler, prng, habits, probes);
    this.parts = { scheduler, network, prng, probes, recorder: new Recorder(scheduler, false) };
    const voters = [1n, 2n, 3n].map(toServerId);
    const all = { ...TUNING, ...tuning };
    const members = { voters, observers: [], tuning: all, maker: makeMember };
    this.processes = voters.map(
      (server, at) => new Process(server, this.parts, members, at, new Clock(at * 1000, 1)),
    );
    for (const process of this.processes) process.start();
    this.until(() => this.leader() !== undefined && this.isWhole());
  }

  leader(): Process | undefined {
    return this.processes.find(({ born }) => born?.isLeading());
  }

  followers(): readonly Process[] {
    return this.processes.filter(({ born }) => born?.isServing() && !born.isLeading());
  }

  isWhole(): boolean {
    return this.processes.every(({ born }) => born?.isServing());
  }

  /** A client of that server alone, which has its session. */
  client(of: Process, canBeReadOnly = false): SimClient {
    const client = this.stranger(of, canBeReadOnly);
    this.until(() => client.isLive);
    return client;
  }

  stranger(of: Process, canBeReadOnly = false): SimClient {
    const hosts = [{ name: of.host, port: CLIENT_DOOR }];
    const setup = { hosts, timeoutMs: 10_000, canBeReadOnly, seed: ++this.clients };
    const clock = new Clock(0, 1);
    const client = new SimClient(this.clients, setup, this.parts, clock, { dawdleMs: 0 });
    client.start();
    return client;
  }

  ask(client: SimClient, ask: Exclude<Ask, { kind: "closeSession" }>): Answer {
    let answer: Answer | undefined;
    client.ask(ask, (came) => {
      answer = came;
    });
    this.until(() => answer !== undefined);
    return answer!;
  }

  /** Nothing that either of them sends arrives at the other. */
  cut(a: Process, b: Process): void {
    this.parts.network.block(a.host, b.host);
    this.parts.network.block(b.host, a.host);
  }

  heal(): void {
    this.parts.network.heal();
  }

  pass(ms: Millis): void {
    this.scheduler.run(this.scheduler.now + ms);
  }

  until(holds: () => boolean, withinMs: Millis = 60_000): void {
    for (const end = this.scheduler.now + withinMs; !holds(); ) {
      ok(this.scheduler.now < end, "it happens in time");
      this.pass(10);
    }
  }
}

const create = (path: string, mode = PERSISTENT) =>
  ({ kind: "create", path, data: new Uint8Array(1), mode }) as const;
const read = (path: string) => ({ kind: "getData", path, watch: false }) as const;

test("a member without a quorum serves readers, after a while and until a leader is found", () => {
  const world = new Three({ readOnlyMode: true });
  equal(world.ask(world.client(world.processes[0]!), create("/a")).err, ErrorCode.Ok);
  world.pass(100);
  const [survivor, ...others] = world.processes;
  for (const other of others) other.crash("kill");
  world.pass(1000);
  const reader = world.stranger(survivor!, true);
  const writer = world.stranger(survivor!);
  world.pass(500);
  equal(reader.isLive, false, "it looks for a leader for two seconds first");
  world.until(() => reader.isLive);
  equal(survivor!.born!.describe().includes("looking"), true);
  equal(world.ask(reader, read("/a")).err, ErrorCode.Ok);
  equal(world.ask(reader, create("/b")).err, ErrorCode.NotReadOnly);
  equal(world.ask(reader, { kind: "sync", path: "/" }).err, ErrorCode.NotReadOnly);
  equal(writer.isLive, false, "it cannot do with a server that only reads");
  for (const other of others) other.start();
  world.until(() => world.isWhole());
  world.until(() => writer.isLive);
  equal(world.ask(writer, create("/b")).err, ErrorCode.Ok);
});

test("a leader that others have left answers no sync, however sure it is of itself", () => {
  const world = new Three();
  const old = world.leader()!;
  const deceived = world.client(old);
  equal(world.ask(deceived, create("/a")).err, ErrorCode.Ok);
  const others = world.processes.filter((process) => process !== old);
  for (const other of others) world.cut(old, other);
  world.until(() => others.some(({ born }) => born?.isLeading()));
  ok(old.born?.isLeading(), "it does not know yet");
  const writer = world.client(others.find(({ born }) => born?.isServing())!);
  equal(world.ask(writer, { kind: "delete", path: "/a", version: -1 }).err, ErrorCode.Ok);
  equal(world.ask(deceived, read("/a")).err, ErrorCode.Ok, "a read alone may be late");
  let synced: Answer | undefined;
  deceived.ask({ kind: "sync", path: "/" }, (answer) => {
    synced = answer;
  });
  world.until(() => synced !== undefined);
  equal(synced?.err, undefined, "the connection ends before the sync is answered");
  world.heal();
  world.until(() => world.isWhole() && deceived.isLive);
  equal(world.ask(deceived, read("/a")).err, ErrorCode.NoNode);
});

test("a local session becomes one of the ensemble with its first ephemeral", () => {
  const world = new Three({ localSessions: true });
  const [first, second] = world.followers();
  const client = world.client(first!);
  equal(world.ask(client, create("/a")).err, ErrorCode.Ok);
  equal(first!.born!.state().sessions.size, 0);
  equal(world.ask(client, create("/e", EPHEMERAL)).err, ErrorCode.Ok);
  world.pass(100);
  for (const { born } of world.processes) equal(born!.state().sessions.size, 1);
  client.vanish();
  const witness = world.client(second!);
  world.until(() => world.ask(witness, read("/e")).err === ErrorCode.NoNode);
  for (const { born } of world.processes) equal(born!.state().sessions.size, 0);
});
