/** The load of one row: connections that each keep a number of gets or sets unanswered. */

import { joinBytes } from "../src/base/bytes.ts";
import { ReadRequest, RequestHeader, SetDataRequest } from "../src/records/client.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { encoded, frame } from "../test/support/raw-session.ts";
import { Histogram } from "./histogram.ts";
import { nodePath, type RequestsJob, type RequestsResult } from "./jobs.ts";
import { LoadConnection } from "./load-connection.ts";
import { cpuSeconds } from "./usage.ts";

function requestFrame(job: RequestsJob, index: number): Uint8Array {
  const path = nodePath(index);
  if (job.operation === "get") {
    const header = encoded(RequestHeader, { xid: 1, type: OpCode.getData });
    return frame(header, encoded(ReadRequest, { path, watch: false }));
  }
  const header = encoded(RequestHeader, { xid: 1, type: OpCode.setData });
  const data = new Uint8Array(job.dataBytes).fill(0x64);
  return frame(header, encoded(SetDataRequest, { path, data, version: -1 }));
}

/** Keeps `inFlight` requests unanswered on one connection and times each. */
class Pump {
  private readonly connection: LoadConnection;
  private readonly batch: Uint8Array;
  private readonly frameBytes: number;
  private readonly histogram: Histogram;
  /** When each unanswered request was sent, in ms; a ring. */
  private readonly sentAt: Float64Array;
  private oldest = 0;

  constructor(connection: LoadConnection, request: Uint8Array, inFlight: number, into: Histogram) {
    this.connection = connection;
    this.batch = joinBytes(Array.from({ length: inFlight }, () => request));
    this.frameBytes = request.length;
    this.sentAt = new Float64Array(inFlight);
    this.histogram = into;
    connection.start(this);
  }

  begin(): void {
    this.sentAt.fill(performance.now());
    this.connection.socket.write(this.batch);
  }

  replies(count: number): void {
    const now = performance.now();
    for (let reply = 0; reply < count; reply++) {
      this.histogram.record((now - this.sentAt[this.oldest]!) * 1_000);
      // What is sent below takes the place of what was answered: the ring stays full.
      this.sentAt[this.oldest] = now;
      this.oldest = this.oldest + 1 === this.sentAt.length ? 0 : this.oldest + 1;
    }
    this.connection.socket.write(this.batch.subarray(0, count * this.frameBytes));
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function runRequests(
  job: RequestsJob,
  failed: (error: Error) => void,
): Promise<RequestsResult> {
  const histogram = new Histogram();
  const { ports } = job;
  const opening = Array.from({ length: job.connections }, (_, index) =>
    LoadConnection.open(ports[index % ports.length]!, failed),
  );
  const connections = await Promise.all(opening);
  const pumps = connections.map(
    (connection, index) => new Pump(connection, requestFrame(job, index), job.inFlight, histogram),
  );
  for (const pump of pumps) pump.begin();
  await after(job.warmupMs);
  histogram.clear();
  const serverCpu = (): number => job.serverPids.reduce((total, pid) => total + cpuSeconds(pid), 0);
  const from = { at: performance.now(), server: serverCpu(), load: ownCpu() };
  await after(job.measureMs);
  const seconds = (performance.now() - from.at) / 1_000;
  const result = {
    perSecond: histogram.count / seconds,
    p50Micros: histogram.quantile(0.5),
    p99Micros: histogram.quantile(0.99),
    maxMicros: histogram.max,
    errors: connections.reduce((sum, { errors }) => sum + errors, 0),
    serverCpu: (serverCpu() - from.server) / seconds,
    loadCpu: (ownCpu() - from.load) / seconds,
  };
  for (const connection of connections) connection.end();
  return result;
}

/** CPU time of this process so far, in seconds. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
