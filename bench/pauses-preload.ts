/**
 * Loaded into a Quoll server before its own code (`--import`): measures how late its event loop and
 * how long its collector is. Whoever connects to the socket that QUOLL_BENCH_PAUSES names gets the
 * figures since the one before, as JSON. The product has none of it; nothing here runs when nobody
 * measures.
 */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import type { ToldPauses } from "./pauses.ts";

/** How often the loop is asked to come by: what it is late above this is the delay. */
const EVERY_MS = 1;

function measure(socketPath: string): void {
  const delays = monitorEventLoopDelay({ resolution: EVERY_MS });
  delays.enable();
  let collections: number[] = [];
  // Bun tells nothing of its collector. The types of Node 20 do not know the property.
  const { supportedEntryTypes } = PerformanceObserver as unknown as {
    readonly supportedEntryTypes: readonly string[];
  };
  const telling = supportedEntryTypes.includes("gc");
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collections.push(duration);
  });
  if (telling) observer.observe({ entryTypes: ["gc"] });
  const server = createServer((socket) => {
    const gc = telling && {
      gcPauseMs: Math.max(0, ...collections),
      gcTotalMs: collections.reduce((sum, ms) => sum + ms, 0),
    };
    const longest = Math.max(0, delays.max / 1e6 - EVERY_MS);
    const pauses: ToldPauses = { pauseMs: longest, ...gc };
    socket.end(JSON.stringify(pauses));
    socket.on("error", () => {}); // whoever asked is gone
    delays.reset();
    collections = [];
  });
  rmSync(socketPath, { force: true }); // of a process before this one
  server.listen(socketPath);
  server.unref();
}

const { QUOLL_BENCH_PAUSES } = process.env;
if (isMainThread && QUOLL_BENCH_PAUSES !== undefined) measure(QUOLL_BENCH_PAUSES);
