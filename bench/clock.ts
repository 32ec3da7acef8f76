/**
 * A thread that wakes the load at each tick and does nothing else: timers of the event loop are
 * late by up to a millisecond, which would be counted against the server, and looking at the time
 * without a pause would take a core from it. Run in a Worker by open-loop.ts.
 */
import { parentPort, workerData } from "node:worker_threads";

const everyMs: number = workerData;
/** Never notified: to wait for it is to sleep, to the microsecond. */
const asleep = new Int32Array(new SharedArrayBuffer(4));

for (let next = performance.now() + everyMs; ; next += everyMs) {
  const left = next - performance.now();
  if (left > 0) Atomics.wait(asleep, 0, 0, left);
  parentPort?.postMessage(null);
}
