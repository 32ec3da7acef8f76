/**
 * The lines in which a JVM tells of its pauses: `-Xlog:gc,safepoint`. At a safepoint all threads
 * stand, for a collection or for something else.
 *
 *   [0.934s][gc       ] GC(1) Pause Young (Normal) (G1 Evacuation Pause) 19M->15M(388M) 12.567ms
 *   [0.934s][safepoint] Safepoint "G1CollectForAllocation", ..., Total: 12669648 ns
 */
import type { ToldPauses } from "./pauses-told.ts";

const SAFEPOINT = /\bsafepoint *\] Safepoint .* Total: +(\d+) ns$/gm;
const COLLECTION = /\bgc *\] GC\(\d+\) Pause .* ([\d.]+)ms$/gm;

const numbers = (text: string, pattern: RegExp): readonly number[] =>
  [...text.matchAll(pattern)].map(([, number]) => Number(number));

/** The argument that makes a JVM write them to `file`, however long it gets. */
export const jvmLogArgument = (file: string): string =>
  `-Xlog:gc,safepoint:file=${file}:uptime,tags:filecount=0`;

export function parseJvmLog(text: string): ToldPauses {
  const collections = numbers(text, COLLECTION);
  return {
    pauseMs: Math.max(0, ...numbers(text, SAFEPOINT)) / 1e6,
    gcPauseMs: Math.max(0, ...collections),
    gcTotalMs: collections.reduce((sum, ms) => sum + ms, 0),
  };
}
