/**
 * A deliberate bug: places in the compiled program, and what stands there instead. The product has
 * no switch for it; the text of a module is changed while it is loaded (loader.ts).
 *
 * Space between words does not count, so that a text may be written in another shape here than it
 * is compiled in. Each text must stand in its module once: a table that no longer fits the sources
 * is an error, not a mutation that does nothing.
 */
import type { Scenario } from "../../src/sim/scenario.ts";

export type Edit = {
  /** A module under src, without its ending: "zab/leader". */
  readonly file: string;
  /** As compiled: without types. */
  readonly find: string;
  readonly put: string;
};

export type Mutation = {
  /** In kebab-case. */
  readonly name: string;
  /** What goes wrong. */
  readonly what: string;
  /** Of Apache ZooKeeper's defects those that this one has the effect of (ZOOKEEPER-n). */
  readonly defects?: readonly number[];
  /** One, unless more than one safeguard stands against the bug. */
  readonly edits: readonly Edit[];
  /** Worlds in which the situation is more likely; unless given, ensembles of three. */
  readonly world?: (drawn: Scenario) => Scenario;
};

/** The module's text with the edits in place. Throws where one does not fit once. */
export function mutated(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { file, find, put } of edits) {
    const found = [...result.matchAll(patternOf(find))];
    if (found.length !== 1) {
      throw new RangeError(`stands ${found.length} times in ${file}: ${find}`);
    }
    const { index } = found[0]!;
    result = result.slice(0, index) + put + result.slice(index + found[0]![0].length);
  }
  return result;
}

function patternOf(find: string): RegExp {
  const words = find.trim().split(/\s+/);
  return new RegExp(
    words.map((word) => word.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&")).join("\\s+"),
    "g",
  );
}
