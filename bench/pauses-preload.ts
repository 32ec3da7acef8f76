/**
 * Loaded into a Quoll server before its own code (`--import`): measures how late its event loop and
 * how long its collector is. Whoever connects to the socket that QUOLL_BENCH_PAUSES names says
 * START, and with the next connection STOP, and gets the figures in between as JSON. In between
 * only: a loop that is asked for its delay wakes each millisecond, and a dozen servers that did so
 * while they stood by took a tenth of the machine from the one that was measured.
 */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { monitorEventLoopDelay, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";
import { START, type ToldPauses } from "./pauses-told.ts";

/** How often the loop is asked to come by: what it is late above this is the delay. */
const EVERY_MS = 1;

function measure(socketPath: string): void {
  const delays = monitorEventLoopDelay({ resolution: EVERY_MS });
  let collections: number[] = [];
  // Bun tells nothing of its collector. The types of Node 20 do not know the property.
  const { supportedEntryTypes } = PerformanceObserver as unknown as {
    readonly supportedEntryTypes: readonly string[];
  };
  const telling = supportedEntryTypes.includes("gc");
  const collect = (entries: readonly PerformanceEntry[]): void => {
    for (const { duration } of entries) collections.push(duration);
  };
  const observer = new PerformanceObserver((list) => collect(list.getEntries()));
  const start = (): void => {
    delays.reset();
    collections = [];
    delays.enable();
    if (telling) observer.observe({ entryTypes: ["gc"] });
  };
  const stop = (): ToldPauses => {
    delays.disable();
    collect(observer.takeRecords());
    observer.disconnect();
    const gc = telling && {
      gcPauseMs: Math.max(0, ...collections),
      gcTotalMs: collections.reduce((sum, ms) => sum + ms, 0),
    };
    const longest = Math.max(0, delays.max / 1e6 - EVERY_MS);
    return { pauseMs: longest, ...gc };
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let word = "";
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      word += text;
    });
    socket.on("end", () => {
      if (word === START) start();
      socket.end(word === START ? "" : JSON.stringify(stop()));
    });
    socket.on("error", () => {}); // whoever asked is gone
  });
  rmSync(socketPath, { force: true }); // of a process before this one
  server.listen(socketPath);
  server.unref();
}

const { QUOLL_BENCH_PAUSES } = process.env;
if (isMainThread && QUOLL_BENCH_PAUSES !== undefined) measure(QUOLL_BENCH_PAUSES);
