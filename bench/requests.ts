/** The load of one turn: its connections, and what they send at which pace. */
import { setTimeout as wait } from "node:timers/promises";
import { Histogram } from "./histogram.ts";
import { folderPath, listPath, type RequestsJob, type RequestsResult } from "./jobs.ts";
import { LoadConnection } from "./load-connection.ts";
import { runOpenLoop } from "./open-loop.ts";
import { type Cycle, NumberedFrames, OPERATIONS, type Steady } from "./operations.ts";
import { type Meter, Pump, Repeated, type Supply } from "./pump.ts";
import { Stopwatch } from "./stopwatch.ts";

/** How long nodes are created before they are deleted. */
const CREATING_MS = 250;
/** What an earlier load left behind has other numbers: they start at the second of the day or so. */
const firstNumber = (): number => (Math.floor(Date.now() / 1_000) % 10_000) * 1_000_000;

type Load = {
  readonly job: RequestsJob;
  readonly inFlight: number;
  readonly pumps: readonly Pump[];
  readonly meter: Meter;
  readonly stopwatch: Stopwatch;
};

export async function runRequests(
  job: RequestsJob,
  failed: (error: Error) => void,
): Promise<RequestsResult> {
  const { ports } = job;
  const opening = Array.from({ length: job.connections }, (_, index) =>
    LoadConnection.open(ports[index % ports.length]!, failed),
  );
  const connections = await Promise.all(opening);
  const card: Steady | Cycle = OPERATIONS[job.operation];
  const result =
    job.pace.kind === "closed"
      ? await runClosedLoop(job, job.pace.inFlight, card, connections)
      : await runOpenLoop(job, job.pace.perSecond, steady(card), connections);
  for (const connection of connections) connection.end();
  return { ...result, errors: connections.reduce((sum, { errors }) => sum + errors, 0) };
}

function steady(card: Steady | Cycle): Steady {
  if (card.kind === "steady") return card;
  throw new Error("creates and deletes take turns: they have no given times");
}

async function runClosedLoop(
  job: RequestsJob,
  inFlight: number,
  card: Steady | Cycle,
  connections: readonly LoadConnection[],
): Promise<Omit<RequestsResult, "errors">> {
  const meter: Meter = { histogram: new Histogram(), recording: false };
  const pumps = connections.map((connection) => new Pump(connection, inFlight, meter));
  const stopwatch = new Stopwatch(job);
  const load: Load = { job, inFlight, pumps, meter, stopwatch };
  if (card.kind === "steady") await runSteady(card, load);
  else await runCycles(card, load);
  const { histogram } = meter;
  const perSecond = histogram.count / stopwatch.seconds;
  return { perSecond, ...histogram.figures(), ...(await stopwatch.end()) };
}

async function runSteady(card: Steady, load: Load): Promise<void> {
  const { job, inFlight, pumps, meter, stopwatch } = load;
  for (const [index, pump] of pumps.entries()) {
    void pump.run(new Repeated(card.frames(job, index), inFlight)); // it has no end
  }
  await wait(job.warmupMs);
  await stopwatch.begin();
  meter.recording = true;
  stopwatch.start();
  await wait(job.measureMs);
  stopwatch.stop();
  meter.recording = false;
}

/** The nodes that one connection creates, and then deletes. */
class Nodes {
  /** Numbers from `first` on are there, before `next`. */
  first = firstNumber();
  next = this.first;
  private readonly frames: Readonly<Record<"create" | "delete", NumberedFrames>>;

  constructor(index: number, { dataBytes, children }: RequestsJob) {
    const folder = children === undefined ? folderPath(index) : listPath(children);
    this.frames = {
      create: new NumberedFrames("create", folder, dataBytes),
      delete: new NumberedFrames("delete", folder, dataBytes),
    };
  }

  /** New nodes for as long as `going` says so. */
  creating(going: () => boolean): Supply {
    return {
      left: (wanted) => (going() ? wanted : 0),
      take: (count) => {
        this.next += count;
        return this.frames.create.of(this.next - count, count);
      },
    };
  }

  /** All nodes that are there; `last` is called when they run out. */
  deleting(last: () => void): Supply {
    return {
      left: (wanted) => {
        const left = Math.min(wanted, this.next - this.first);
        if (left < wanted) last();
        return left;
      },
      take: (count) => {
        this.first += count;
        return this.frames.delete.of(this.first - count, count);
      },
    };
  }
}

/**
 * A measured stretch ends when the first connection stops sending: up to then all of them have
 * their requests under way.
 */
async function runCycles(card: Cycle, { job, pumps, meter, stopwatch }: Load): Promise<void> {
  const nodes = pumps.map((_, index) => new Nodes(index, job));
  const each = (supply: (nodes: Nodes) => Supply): Promise<unknown> =>
    Promise.all(pumps.map((pump, index) => pump.run(supply(nodes[index]!))));
  const open = (): void => {
    meter.recording = true;
    stopwatch.start();
  };
  const close = (): void => {
    if (meter.recording) stopwatch.stop();
    meter.recording = false;
  };
  const warmAt = performance.now() + job.warmupMs;
  let warm = false;
  while (stopwatch.seconds * 1_000 < job.measureMs) {
    if (!warm && performance.now() >= warmAt) {
      warm = true;
      await stopwatch.begin();
    }
    const until = performance.now() + CREATING_MS;
    if (warm && card.measured === "create") open();
    await each((mine) =>
      mine.creating(() => {
        if (performance.now() < until) return true;
        close();
        return false;
      }),
    );
    if (warm && card.measured === "delete") open();
    await each((mine) => mine.deleting(close));
  }
}
