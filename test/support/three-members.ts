/** Three members of an ensemble in a simulated world that are told what to do. */
import { ok } from "node:assert/strict";
import { type Millis, toServerId } from "../../src/base/ids.ts";
import { Prng } from "../../src/base/prng.ts";
import type { Ask } from "../../src/sim/asks.ts";
import { type Answer, SimClient } from "../../src/sim/client.ts";
import { Clock } from "../../src/sim/clock.ts";
import { makeMember } from "../../src/sim/member-maker.ts";
import { Network } from "../../src/sim/network.ts";
import { Probes } from "../../src/sim/probes.ts";
import { Process } from "../../src/sim/process.ts";
import { Recorder } from "../../src/sim/recorder.ts";
import { Scheduler } from "../../src/sim/scheduler.ts";
import type { Tuning } from "../../src/sim/servers.ts";
import { CLIENT_DOOR } from "../../src/sim/sockets.ts";
import type { WorldParts } from "../../src/sim/world-parts.ts";

const TUNING: Tuning = {
  ...{ tickMs: 2000, initLimit: 10, syncLimit: 5, snapshotRecords: 1000 },
  ...{ logFileBytes: 0, preAllocBytes: 0, batchRecordsMax: 1000 },
};

export class Three {
  readonly scheduler = new Scheduler();
  readonly processes: readonly Process[];
  readonly probes = new Probes();
  readonly network: Network;
  private readonly parts: WorldParts;
  private clients = 0;

  constructor(tuning: Partial<Tuning> = {}) {
    const { scheduler, probes } = this;
    const prng = new Prng(1);
    const habits = { latencyMs: [0.2, 1], cutChance: 0, lingerMs: 0 } as const;
    this.network = new Network(scheduler, prng, habits, probes);
    const { network } = this;
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

  stranger(of: Process | readonly Process[], canBeReadOnly = false): SimClient {
    const hosts = [of].flat().map(({ host }) => ({ name: host, port: CLIENT_DOOR }));
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

  /** What the servers that serve have applied is one. */
  isEven(): boolean {
    const states = this.processes.map(({ born }) => born?.state().tree);
    return states.every(
      (tree) =>
        tree?.digest === states[0]?.digest && tree?.lastProcessed === states[0]?.lastProcessed,
    );
  }

  /** Sends slowly from one to the other. */
  slow(from: Process, to: Process, bytesPerMs: number): void {
    this.network.path(from.host, to.host).bytesPerMs = bytesPerMs;
  }

  /** Nothing that either of them sends arrives at the other. */
  cut(a: Process, b: Process): void {
    this.network.block(a.host, b.host);
    this.network.block(b.host, a.host);
  }

  heal(): void {
    this.network.heal();
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
