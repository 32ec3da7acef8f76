/**
 * What a scenario is: something done with one server, and the text that tells what came of it. It
 * runs against Apache ZooKeeper and against Quoll, and passes when both texts are equal.
 *
 * What differs from run to run (clock times, session ids, zxids where they are not the point) is
 * masked by the scenario. What Quoll does differently on purpose is told by `wanted`, with the
 * reason.
 */
import type { Start } from "../support/subjects.ts";

export type Outcome = readonly string[];

/** A line that may differ, and why. */
export type WantedDifference = {
  readonly apache: RegExp;
  readonly quoll: RegExp;
  readonly reason: string;
};

/** What a scenario needs cannot be had here: it says nothing about the servers. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
}

export type Scenario = {
  readonly name: string;
  readonly wanted?: readonly WantedDifference[];
  /** Another scenario does the same with other parts: this one is left out where time is short. */
  readonly isVariation?: boolean;
  /** Throws when the outcome cannot be right on any server. Ends all that it started. */
  run(start: Start): Promise<Outcome>;
};

/** Lines that are in one outcome only, as `- apache` and `+ quoll`; wanted differences left out. */
export function compareOutcomes(
  apache: Outcome,
  quoll: Outcome,
  wanted: readonly WantedDifference[],
): readonly string[] {
  const differences: string[] = [];
  for (let line = 0; line < Math.max(apache.length, quoll.length); line++) {
    const [theirs, ours] = [apache[line] ?? "(nothing)", quoll[line] ?? "(nothing)"];
    if (theirs === ours) continue;
    if (wanted.some((rule) => rule.apache.test(theirs) && rule.quoll.test(ours))) continue;
    differences.push(`line ${line + 1}`, `- ${theirs}`, `+ ${ours}`);
  }
  return differences;
}
