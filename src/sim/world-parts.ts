/** What everything in a world has in common. */
import type { Prng } from "../base/prng.ts";
import type { End, Handlers } from "./connection.ts";
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

/** A client's end of a connection, 0, as `Connection` has it. */
export type ClientWire = {
  send(end: End, bytes: Uint8Array): void;
  close(end: End, dropsRest?: boolean): void;
  die(end: End, silently: boolean): void;
  setReading(end: End, reads: boolean): void;
};

/** What clients need: it may be a simulated world, or real time and real sockets. */
export type ClientSurroundings = Pick<WorldParts, "prng" | "probes" | "recorder"> & {
  readonly scheduler: Pick<Scheduler, "now" | "after">;
  readonly network: {
    dial(from: string, to: string, door: number, handlers: Handlers): ClientWire;
  };
};
