/**
 * Requests that are due at given times, however slow the answers are. A latency counts from the
 * time when the request was due: what waits because the server, or this process, was busy counts in
 * full, which a closed loop hides (coordinated omission).
 */
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Histogram } from "./histogram.ts";
import type { RequestsJob, RequestsResult } from "./jobs.ts";
import type { LoadConnection } from "./load-connection.ts";
import type { Steady } from "./operations.ts";
import { Repeated } from "./pump.ts";
import { Schedule, TICK_MS } from "./schedule.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Requests that one connection may be given at one tick. */
const AT_ONCE_MAX = 1_024;
const UNANSWERED_MAX = 4_000_000;
/** Longest wait for answers after the last request, in ms. */
const ANSWERED_MS_MAX = 10_000;
const RING_AT_START = 64;

/** What all connections write down together. Times are in ms. */
class Ledger {
  readonly latencies = new Histogram();
  /** How late requests were sent: this process's own share of the latencies. */
  readonly lateness = new Histogram();
  unanswered = 0;
  /** Answers that came in the measured time. */
  answeredInTime = 0;
  /** The measured time: requests due in it count. */
  from = Number.POSITIVE_INFINITY;
  to = Number.POSITIVE_INFINITY;

  sent(due: number, now: number, count: number): void {
    this.unanswered += count;
    if (due < this.from || due >= this.to) return;
    for (let at = 0; at < count; at++) this.lateness.record((now - due) * 1_000);
  }

  answered(due: number, now: number): void {
    this.unanswered--;
    if (now >= this.from && now < this.to) this.answeredInTime++;
    if (due >= this.from && due < this.to) this.latencies.record((now - due) * 1_000);
  }
}

/** One connection, and when its unanswered requests were due. */
class Lane {
  private readonly connection: LoadConnection;
  private readonly supply: Repeated;
  private readonly ledger: Ledger;
  /** A ring, made larger when it is full. */
  private due = new Float64Array(RING_AT_START);
  private oldest = 0;
  private unanswered = 0;

  constructor(connection: LoadConnection, supply: Repeated, ledger: Ledger) {
    this.connection = connection;
    this.supply = supply;
    this.ledger = ledger;
    connection.start(this);
  }

  send(count: number, due: number): void {
    if (this.unanswered + count > this.due.length) this.grow(this.unanswered + count);
    for (let at = 0; at < count; at++) {
      this.due[(this.oldest + this.unanswered) % this.due.length] = due;
      this.unanswered++;
    }
    this.connection.socket.write(this.supply.take(count));
  }

  replies(count: number): void {
    const now = performance.now();
    for (let reply = 0; reply < count; reply++) {
      this.ledger.answered(this.due[this.oldest]!, now);
      this.oldest = (this.oldest + 1) % this.due.length;
    }
    this.unanswered -= count;
  }

  private grow(atLeast: number): void {
    const larger = new Float64Array(2 ** Math.ceil(Math.log2(atLeast) + 1));
    for (let at = 0; at < this.unanswered; at++) {
      larger[at] = this.due[(this.oldest + at) % this.due.length]!;
    }
    this.due = larger;
    this.oldest = 0;
  }
}

/** Gives the connections in turn what is due. */
class Dispatcher {
  private readonly lanes: readonly Lane[];
  private readonly ledger: Ledger;
  private readonly schedule: Schedule;
  private readonly startedAt = performance.now() + TICK_MS;
  private next = 0;

  constructor(lanes: readonly Lane[], ledger: Ledger, perSecond: number) {
    this.lanes = lanes;
    this.ledger = ledger;
    this.schedule = new Schedule(perSecond);
  }

  /** Sends all that is due by now. */
  run(): void {
    const now = performance.now();
    for (let due = this.nextDue(); due <= now; due = this.nextDue()) {
      this.group(this.schedule.take(), due, now);
    }
  }

  private nextDue(): number {
    return this.startedAt + this.schedule.nextMs;
  }

  private group(count: number, due: number, now: number): void {
    const each = Math.floor(count / this.lanes.length);
    const more = count % this.lanes.length;
    const busy = each === 0 ? more : this.lanes.length;
    for (let at = 0; at < busy; at++) {
      const requests = at < more ? each + 1 : each;
      for (let left = requests; left > 0; left -= AT_ONCE_MAX) {
        this.lanes[this.next]!.send(Math.min(left, AT_ONCE_MAX), due);
      }
      this.next = (this.next + 1) % this.lanes.length;
    }
    this.ledger.sent(due, now, count);
  }
}

/** Rejects when the server stays so far behind that requests pile up here. */
export async function runOpenLoop(
  job: RequestsJob,
  perSecond: number,
  card: Steady,
  connections: readonly LoadConnection[],
): Promise<Omit<RequestsResult, "errors">> {
  const ledger = new Ledger();
  const lanes = connections.map((connection, index) => {
    const supply = new Repeated(card.frames(job, index), AT_ONCE_MAX);
    return new Lane(connection, supply, ledger);
  });
  const dispatcher = new Dispatcher(lanes, ledger, perSecond);
  const clock = new Worker(new URL("./clock.js", import.meta.url), { workerData: TICK_MS });
  const overrun = new Promise<never>((_, reject) => {
    clock.on("error", reject);
    clock.on("message", () => {
      dispatcher.run();
      if (ledger.unanswered <= UNANSWERED_MAX) return;
      reject(new Error(`${ledger.unanswered} requests are unanswered: ${perSecond}/s is too much`));
    });
  });
  const stopwatch = new Stopwatch(job);
  await Promise.race([wait(job.warmupMs), overrun]);
  await stopwatch.begin();
  ledger.from = performance.now();
  ledger.to = ledger.from + job.measureMs;
  stopwatch.start();
  await Promise.race([wait(job.measureMs), overrun]);
  stopwatch.stop();
  const usage = await stopwatch.end();
  await clock.terminate();
  await allAnswered(ledger);
  const { latencies, lateness, answeredInTime } = ledger;
  return {
    perSecond: answeredInTime / (job.measureMs / 1_000),
    ...latencies.figures(),
    lateP99Micros: lateness.quantile(0.99),
    ...usage,
  };
}

async function allAnswered(ledger: Ledger): Promise<void> {
  const end = performance.now() + ANSWERED_MS_MAX;
  while (ledger.unanswered > 0 && performance.now() < end) await wait(TICK_MS);
  if (ledger.unanswered === 0) return;
  throw new Error(`${ledger.unanswered} requests had no answer ${ANSWERED_MS_MAX} ms later`);
}
