/**
 * Shrinks a script that shows a difference: parts of it are taken out for as long as a difference
 * stays (delta debugging, after Zeller and Hildebrandt).
 *
 * A step that is taken out becomes "nothing", because others name steps by their number.
 */
import type { Step } from "./script.ts";

const isThere = (step: Step): boolean => step.kind !== "nothing";

const without = (steps: readonly Step[], out: ReadonlySet<number>): readonly Step[] =>
  steps.map((step, at) => (out.has(at) ? { kind: "nothing", session: step.session } : step));

/**
 * A script without parts that are not needed, given that `steps` differs. `differs` runs a script
 * and gives the number of its first differing step, or -1; it is called at most `runsMax` times.
 */
export async function minimise(
  steps: readonly Step[],
  firstDifference: number,
  runsMax: number,
  differs: (script: readonly Step[]) => Promise<number>,
): Promise<readonly Step[]> {
  let script = steps.slice(0, firstDifference + 1);
  let parts = 2;
  for (let run = 0; run < runsMax; ) {
    const there = [...script.keys()].filter((at) => isThere(script[at]!));
    const size = Math.ceil(there.length / parts);
    let shrunk = false;
    for (let from = 0; from < there.length && run < runsMax; from += size) {
      const smaller = without(script, new Set(there.slice(from, from + size)));
      const at = await differs(smaller);
      run++; // here, not in the loop's head: a break does not pass there
      if (at < 0) continue;
      script = smaller.slice(0, at + 1);
      shrunk = true;
      break;
    }
    if (shrunk) parts = Math.max(2, parts - 1);
    else if (size <= 1) break;
    else parts = Math.min(there.length, parts * 2);
  }
  return script;
}
