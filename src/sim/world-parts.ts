/** What everything in a world has in common. */
import type { Prng } from "../base/prng.ts";
import type { Network } from "./network.ts";
import type { Probes } from "./probes.ts";
import type { Recorder } from "./recorder.ts";
import type { Scheduler } from "./scheduler.ts";

export type WorldParts = {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly prng: Prng;
  readonly probes: Probes;
  readonly recorder: Recorder;
};
