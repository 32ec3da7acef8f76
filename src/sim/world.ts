/** A whole world: its time, network, servers and clients, made from a scenario. */
import type { ServerId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { begin } from "./beginning.ts";
import { Clock } from "./clock.ts";
import { Crowd } from "./crowd.ts";
import { Network } from "./network.ts";
import { Probes } from "./probes.ts";
import { Process } from "./process.ts";
import { Recorder } from "./recorder.ts";
import type { Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import type { Maker } from "./servers.ts";
import type { WorldParts } from "./world-parts.ts";

export class World implements WorldParts {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly probes = new Probes();
  readonly prng: Prng;
  readonly recorder: Recorder;
  readonly network: Network;
  readonly processes: readonly Process[];
  readonly crowd: Crowd;
  readonly voters: readonly ServerId[];
  readonly observers: readonly ServerId[];

  faultsAreOn = false;
  /** Until then nothing strikes: the operator works on it. */
  truceUntil = 0;

  constructor(scenario: Scenario, maker: Maker, traces: boolean) {
    const { seed, servers, tuning, driftPpm } = scenario;
    this.scenario = scenario;
    this.prng = new Prng(seed);
    this.recorder = new Recorder(this.scheduler, traces);
    this.network = new Network(this.scheduler, new Prng(seed ^ 0x7a11_0001), scenario, this.probes);
    this.voters = servers.slice(0, servers.length - scenario.observers);
    this.observers = servers.slice(servers.length - scenario.observers);
    const members = { voters: this.voters, observers: this.observers, tuning, maker };
    this.processes = servers.map((server) => {
      const drift = (this.prng.below(2001) - 1000) * driftPpm;
      const clock = new Clock(this.prng.below(1_000_000), 1 + drift / 1e9);
      const member = new Process(server, this, members, this.prng.uint32(), clock);
      member.mood.syncMs = scenario.syncMs;
      return member;
    });
    if (scenario.beginning !== undefined) {
      begin(
        scenario.beginning,
        this.processes.map(({ disk }) => disk),
        this.recorder,
      );
    }
    this.crowd = new Crowd(this, scenario);
  }
}
