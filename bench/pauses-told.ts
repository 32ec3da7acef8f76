/** What a bench and the preload in a server say to each other about pauses. */

/** Measure from now on; what was measured before is forgotten. */
export const START = "start";
/** Tell, and measure no longer. */
export const STOP = "stop";

/** What one server tells. */
export type ToldPauses = {
  /** The event loop's longest delay, or the longest time in which a JVM stopped its threads. */
  readonly pauseMs: number;
  /** The longest and the sum of the collector's pauses; undefined where nothing tells of them. */
  readonly gcPauseMs?: number;
  readonly gcTotalMs?: number;
};
