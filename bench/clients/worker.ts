/**
 * A process with one client: does the job in its first argument (job.ts) and sends the result to
 * its parent.
 *
 * A closed loop: each connection keeps a number of calls unanswered, and the next one begins in the
 * callback of the last. What the loop itself costs is the same for all clients.
 */
import { Histogram } from "../histogram.ts";
import { nodePath } from "../jobs.ts";
import { cpuSeconds, ownCpu } from "../usage.ts";
import type { Contender, Open } from "./contender.ts";
import type { ClientJob, ClientName, ClientResult } from "./job.ts";

/** The driver of a client. Only the one that is asked for is loaded. */
async function driver(client: ClientName): Promise<Open> {
  switch (client) {
    case "quoll":
      return (await import("./quoll.ts")).open;
    case "zookeeper":
      return (await import("./zookeeper.ts")).open;
    case "node-zookeeper-client":
      return (await import("./node-zookeeper-client.ts")).open;
  }
}

class Load {
  readonly histogram = new Histogram();
  errors = 0;
  private readonly job: ClientJob;
  private readonly data: Buffer;
  private over = false;

  constructor(job: ClientJob) {
    this.job = job;
    this.data = Buffer.alloc(job.dataBytes, "d");
  }

  /** Keeps one call of `contender` unanswered, one after the other, until `end`. */
  keep(contender: Contender, path: string): void {
    const { histogram, data, job } = this;
    let begunAt = 0;
    const done = (failure?: unknown): void => {
      if (this.over) return;
      const now = performance.now();
      if (failure === undefined) histogram.record((now - begunAt) * 1_000);
      else this.errors++;
      begun(now);
    };
    const begun = (now: number): void => {
      begunAt = now;
      if (job.operation === "get") contender.get(path, done);
      else contender.set(path, data, done);
    };
    begun(performance.now());
  }

  end(): void {
    this.over = true;
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function run(job: ClientJob): Promise<ClientResult> {
  const open = await driver(job.client);
  const load = new Load(job);
  const opening = Array.from({ length: job.connections }, () => open(job.port));
  for (const [index, contender] of (await Promise.all(opening)).entries()) {
    for (let call = 0; call < job.inFlight; call++) load.keep(contender, nodePath(index));
  }
  await after(job.warmupMs);
  load.histogram.clear();
  const from = { at: performance.now(), server: cpuSeconds(job.serverPid), client: ownCpu() };
  await after(job.measureMs);
  const { count } = load.histogram;
  const client = ownCpu() - from.client;
  const seconds = (performance.now() - from.at) / 1_000;
  const server = cpuSeconds(job.serverPid) - from.server;
  load.end();
  return {
    perSecond: count / seconds,
    p50Micros: load.histogram.quantile(0.5),
    p99Micros: load.histogram.quantile(0.99),
    errors: load.errors,
    cpuMicros: (client / count) * 1e6,
    clientCpu: client / seconds,
    serverCpu: server / seconds,
  };
}

const job: ClientJob = JSON.parse(process.argv[2] ?? "null");
process.send!(await run(job), undefined, {}, () => process.exit(0));
