/** Time, and the processor time of servers and of this process, over one or more stretches. */
import { cpuSeconds, ownCpu } from "./usage.ts";

export class Stopwatch {
  seconds = 0;
  private readonly pids: readonly number[];
  private server = 0;
  private load = 0;
  private from: { readonly at: number; readonly server: number; readonly load: number } | undefined;

  constructor(serverPids: readonly number[]) {
    this.pids = serverPids;
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

  /** Processor seconds per second. */
  get usage(): { readonly serverCpu: number; readonly loadCpu: number } {
    return { serverCpu: this.server / this.seconds, loadCpu: this.load / this.seconds };
  }

  private serverNow(): number {
    return this.pids.reduce((total, pid) => total + cpuSeconds(pid), 0);
  }
}
