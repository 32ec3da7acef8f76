/** What a part of the fuzzing found, and how it tells how far it is. */
import { hexOf } from "../../src/base/bytes.ts";

export type Outcome = {
  /** Frames that were taken as they should be. */
  readonly passed: number;
  /** Why it ended before its time; with the frames to blame, if there are such. */
  readonly failure?: string;
  /** What else was measured, for people. */
  readonly figures?: string;
};

/** Told every few hundred frames how many are done. */
export type Progress = (done: number) => void;

/** A failure at frame `index`; `frames` are what was sent last, the newest at the end. */
export const blame = (why: unknown, index: number, ...frames: readonly Uint8Array[]): string =>
  [`frame ${index}: ${why instanceof Error ? why.stack : why}`, ...frames.map(hexOf)].join("\n");
