/**
 * Watch storms: connections watch the same nodes, one multi changes all of these, and the clock
 * stops when the last event has come. Several in a row; the one in the middle is told.
 */
import { setTimeout as wait } from "node:timers/promises";
import { joinBytes } from "../src/base/bytes.ts";
import { ReadRequest, RequestHeader } from "../src/records/client.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { multiBody } from "../test/support/operations.ts";
import { encoded, frame } from "../test/support/raw-session.ts";
import { median } from "./figures.ts";
import { type StormJob, type StormResult, stormPath } from "./jobs.ts";
import { LoadConnection } from "./load-connection.ts";
import { Stopwatch } from "./stopwatch.ts";

const STORMS = 7;
/** The first ones warm both sides up. */
const WARM_STORMS = 2;
const OPENING_AT_A_TIME = 100;
/** Between the last watch and the change: nothing else is under way then. */
const REST_MS = 100;

const watchFrame = (path: string): Uint8Array =>
  frame(
    encoded(RequestHeader, { xid: 1, type: OpCode.getData }),
    encoded(ReadRequest, { path, watch: true }),
  );

function changeFrame(nodes: number): Uint8Array {
  const changes = Array.from({ length: nodes }, (_, at) => ({
    kind: "setData" as const,
    request: { path: stormPath(at), data: new Uint8Array(1), version: -1 },
  }));
  return frame(encoded(RequestHeader, { xid: 1, type: OpCode.multi }), multiBody(changes));
}

/** Counts what comes on all connections. */
class Arrivals {
  private left = 0;
  private all: () => void = () => {};

  /** Resolves when `count` frames more have come. */
  expect(count: number): Promise<void> {
    this.left += count;
    return new Promise((resolve) => {
      this.all = resolve;
    });
  }

  replies(count: number): void {
    this.left -= count;
    if (this.left === 0) this.all();
  }
}

async function opened(
  job: StormJob,
  failed: (error: Error) => void,
): Promise<readonly LoadConnection[]> {
  const connections: LoadConnection[] = [];
  while (connections.length < job.connections) {
    const some = Math.min(OPENING_AT_A_TIME, job.connections - connections.length);
    const opening = Array.from({ length: some }, () => LoadConnection.open(job.port, failed));
    connections.push(...(await Promise.all(opening)));
  }
  return connections;
}

export async function runStorm(
  job: StormJob,
  failed: (error: Error) => void,
): Promise<StormResult> {
  const connections = await opened(job, failed);
  const changer = await LoadConnection.open(job.port, failed);
  const [watching, changing] = [new Arrivals(), new Arrivals()];
  for (const connection of connections) connection.start(watching);
  changer.start(changing);
  const nodes = job.watches / job.connections;
  const watches = joinBytes(Array.from({ length: nodes }, (_, at) => watchFrame(stormPath(at))));
  const change = changeFrame(nodes);
  const stopwatch = new Stopwatch(job);
  const took: number[] = [];
  for (let storm = -WARM_STORMS; storm < STORMS; storm++) {
    const watched = watching.expect(job.watches);
    for (const { socket } of connections) socket.write(watches);
    await watched;
    await wait(REST_MS);
    if (storm === 0) await stopwatch.begin();
    const told = Promise.all([watching.expect(job.watches), changing.expect(1)]);
    if (storm >= 0) stopwatch.start();
    const began = performance.now();
    changer.socket.write(change);
    await told;
    if (storm < 0) continue;
    took.push(performance.now() - began);
    stopwatch.stop();
  }
  const usage = await stopwatch.end();
  const errors = [...connections, changer].reduce((sum, each) => sum + each.errors, 0);
  for (const connection of [...connections, changer]) connection.end();
  const cpuSeconds = usage.serverCpu * stopwatch.seconds;
  const cpuMicrosPerOp = (cpuSeconds * 1e6) / (STORMS * job.watches);
  return { ms: median(took), errors, cpuMicrosPerOp, ...usage };
}
