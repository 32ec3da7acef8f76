/**
 * Pings a server at a steady pace and tells the longest wait: a pause of the server, seen from
 * outside.
 */
import { setTimeout as wait } from "node:timers/promises";
import { RawSession } from "../test/support/raw-session.ts";
import { Histogram } from "./histogram.ts";
import type { ProbeJob, ProbeResult } from "./jobs.ts";

/** Until `ended`. One ping at a time: a late answer delays the next. */
export async function runProbe(job: ProbeJob, ended: Promise<void>): Promise<ProbeResult> {
  const session = await RawSession.open(job.port);
  const histogram = new Histogram();
  let going = true;
  ended.then(() => {
    going = false;
  });
  while (going) {
    const sentAt = performance.now();
    await session.ping();
    histogram.record((performance.now() - sentAt) * 1_000);
    session.arrivals.length = 0;
    await wait(job.everyMs);
  }
  await session.close();
  return {
    maxMs: histogram.max / 1_000,
    p99Ms: histogram.quantile(0.99) / 1_000,
    pings: histogram.count,
  };
}
