/**
 * What a workload is: a program that runs on each of several clients, as steps. A client does one
 * step after the other; a step asks for something and says when it is done.
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { SimClient } from "./client.ts";
import type { Probes } from "./probes.ts";
import type { Recorder } from "./recorder.ts";

/** What the programs of one workload share in a world. */
export type Shop = {
  readonly prng: Prng;
  readonly probes: Probes;
  readonly recorder: Recorder;
  /** Calls it after so many ms of true time. */
  after(delayMs: Millis, act: () => void): void;
};

/** The program of one client. */
export interface Program {
  /** Does one thing, and calls `done` when it may be asked for the next. */
  step(done: () => void): void;
}

export type Workload = {
  readonly name: string;
  /** Its clients go on at servers without a quorum, which only read. */
  readonly canBeReadOnly?: true;
  /** Nodes that are there before any program runs. */
  readonly nodes: readonly string[];
  program(client: SimClient, shop: Shop): Program;
};

/** Text of one byte a character. */
export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
