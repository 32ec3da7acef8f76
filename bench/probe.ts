/**
 * Asks a server at a steady pace and tells the longest wait: a pause of the server, seen from
 * outside.
 */
import { setTimeout as wait } from "node:timers/promises";
import { create, granted, setData } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import { Histogram } from "./histogram.ts";
import { PROBE_NODE, type ProbeJob, type ProbeResult } from "./jobs.ts";

/** Until `ended`. One request at a time: a late answer delays the next. */
export async function runProbe(job: ProbeJob, ended: Promise<void>): Promise<ProbeResult> {
  const session = await RawSession.open(job.port);
  const data = new Uint8Array(1);
  if (job.writes) await granted(PROBE_NODE, create(session, PROBE_NODE, data));
  const histogram = new Histogram();
  let going = true;
  ended.then(() => {
    going = false;
  });
  while (going) {
    const sentAt = performance.now();
    await (job.writes ? setData(session, PROBE_NODE, data) : session.ping());
    histogram.record((performance.now() - sentAt) * 1_000);
    session.arrivals.length = 0;
    await wait(job.everyMs);
  }
  await session.close();
  return {
    maxMs: histogram.max / 1_000,
    p99Ms: histogram.quantile(0.99) / 1_000,
    count: histogram.count,
  };
}
