/**
 * Time, the processor time of servers and of this process, and the servers' pauses: of the pauses
 * over all of a load, of the others over one or more stretches of it.
 */
import type { RequestsJob, RequestsResult } from "./jobs.ts";
import { type Pauses, PauseWatch } from "./pauses.ts";
import { cpuSeconds, ownCpu } from "./usage.ts";

type Usage = Pick<RequestsResult, "serverCpu" | "loadCpu" | keyof Pauses>;

export class Stopwatch {
  seconds = 0;
  private readonly pids: readonly number[];
  private readonly pauses: PauseWatch;
  private server = 0;
  private load = 0;
  private from: { readonly at: number; readonly server: number; readonly load: number } | undefined;

  constructor({ serverPids, pauses }: Pick<RequestsJob, "serverPids" | "pauses">) {
    this.pids = serverPids;
    this.pauses = new PauseWatch(pauses);
  }

  /** Before the first stretch: pauses count from now on. */
  async begin(): Promise<void> {
    await this.pauses.start();
  }

  start(): void {
    this.from = { at: performance.now(), server: this.serverNow(), load: ownCpu() };
  }

  stop(): void {
    const { from } = this;
    if (from === undefined) throw new Error("stopped before it was started");
    this.seconds += (performance.now() - from.at) / 1_000;
    this.server += this.serverNow() - from.server;
    this.load += ownCpu() - from.load;
    this.from = undefined;
  }

  /** After the last stretch. Processor seconds are per second. */
  async end(): Promise<Usage> {
    const pauses = await this.pauses.stop();
    return {
      serverCpu: this.server / this.seconds,
      loadCpu: this.load / this.seconds,
      ...pauses,
    };
  }

  private serverNow(): number {
    return this.pids.reduce((total, pid) => total + cpuSeconds(pid), 0);
  }
}
