/**
 * The clients of a world and the programs they run. A client whose session is over makes room for a
 * new one.
 */
import type { Millis } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { CreateMode } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { SimClient } from "./client.ts";
import { Clock } from "./clock.ts";
import { hostOf } from "./recorder.ts";
import type { Scenario } from "./scenario.ts";
import { CLIENT_DOOR } from "./sockets.ts";
import type { Program, Shop, Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads/all.ts";
import type { ClientSurroundings } from "./world-parts.ts";

/** What is asked after a failure waits so long. */
const AFTER_TROUBLE_MS: Millis = 50;
const NEWCOMER_MS_MAX: Millis = 2000;

export type CrowdScenario = Pick<
  Scenario,
  "seed" | "servers" | "clients" | "workloads" | "thinkMs" | "sessionTimeoutsMs" | "slowReaders"
>;

export class Crowd {
  /** Everybody that ever was. */
  readonly clients: SimClient[] = [];
  private readonly parts: ClientSurroundings;
  private readonly scenario: CrowdScenario;
  private readonly prng: Prng;
  private readonly workloads: readonly Workload[];
  private isOpen = true;
  private heldUntil: Millis = 0;

  constructor(parts: ClientSurroundings, scenario: CrowdScenario) {
    this.parts = parts;
    this.scenario = scenario;
    this.prng = new Prng(scenario.seed ^ 0x5eed_c0de);
    this.workloads = WORKLOADS.filter(({ name }) => scenario.workloads.includes(name));
  }

  /** Makes the nodes that the programs count on, then calls `ready`. */
  prepare(ready: () => void): void {
    const client = this.newClient();
    const nodes = [...new Set(this.workloads.flatMap((workload) => workload.nodes))];
    const makeNext = (): void => {
      if (client.isOver) return this.prepare(ready);
      const path = nodes[0];
      if (path === undefined) {
        client.close();
        return ready();
      }
      const ask = { kind: "create", path, mode: CreateMode.persistent } as const;
      client.ask({ ...ask, data: new Uint8Array(0) }, ({ err }) => {
        if (err === ErrorCode.Ok || err === ErrorCode.NodeExists) nodes.shift();
        this.parts.scheduler.after(1, makeNext);
      });
    };
    makeNext();
  }

  /** Every program begins. */
  start(): void {
    const { clients } = this.scenario;
    for (let slot = 0; slot < clients; slot++) {
      this.occupy(this.workloads[slot % this.workloads.length]!);
    }
  }

  /** No program begins anything new. */
  stop(): void {
    this.isOpen = false;
  }

  /** No program begins anything new before that time. */
  hold(until: Millis): void {
    this.heldUntil = until;
  }

  get live(): readonly SimClient[] {
    return this.clients.filter((client) => !client.isOver);
  }

  newClient(canBeReadOnly = false): SimClient {
    const { parts, scenario, prng } = this;
    const { servers } = scenario;
    const hosts = servers.map((id) => ({ name: hostOf(id), port: CLIENT_DOOR }));
    const setup = {
      hosts,
      timeoutMs: prng.pick(scenario.sessionTimeoutsMs),
      canBeReadOnly,
      seed: prng.uint32(),
    };
    const clock = new Clock(prng.below(1_000_000), 1 + (prng.below(1001) - 500) / 1_000_000);
    const habits = { dawdleMs: prng.chance(scenario.slowReaders) ? 3000 : 0 };
    const client = new SimClient(this.clients.length + 1, setup, parts, clock, habits);
    this.clients.push(client);
    client.start();
    return client;
  }

  private occupy(workload: Workload): void {
    const client = this.newClient(workload.canBeReadOnly);
    const shop: Shop = {
      prng: new Prng(this.prng.uint32()),
      probes: this.parts.probes,
      recorder: this.parts.recorder,
      after: (delayMs, act) => this.parts.scheduler.after(delayMs, act),
    };
    const program = workload.program(client, shop);
    client.onOver = () => {
      this.parts.scheduler.after(this.prng.below(NEWCOMER_MS_MAX), () => {
        if (this.isOpen) this.occupy(workload);
      });
    };
    this.turn(client, program);
  }

  private turn(client: SimClient, program: Program): void {
    const { scheduler, prng } = this.parts;
    const { thinkMs } = this.scenario;
    const pause = client.isLive ? (thinkMs * prng.below(2000)) / 1000 : AFTER_TROUBLE_MS;
    scheduler.after(pause, () => {
      if (client.isOver || !this.isOpen) return;
      const held = this.heldUntil - scheduler.now;
      if (held > 0) return scheduler.after(held, () => this.turn(client, program));
      let isDone = false;
      program.step(() => {
        if (isDone) return;
        isDone = true;
        this.turn(client, program);
      });
    });
  }
}
