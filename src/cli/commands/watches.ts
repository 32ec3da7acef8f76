/** `addWatch`, `removewatches` and `printwatches`. */
import type { WatchSelection } from "../../client/index.ts";
import { CliError, type Command, usageOf } from "../command.ts";

const MODES: ReadonlyMap<string, "persistent" | "persistentRecursive"> = new Map([
  ["PERSISTENT", "persistent"],
  ["PERSISTENT_RECURSIVE", "persistentRecursive"],
]);

export const addWatch: Command = {
  name: "addWatch",
  synopsis:
    "[-m mode] path # optional mode is one of " +
    "[PERSISTENT, PERSISTENT_RECURSIVE] - default is PERSISTENT_RECURSIVE",
  purpose: "Sets a watch that stays.",
  options: { m: "value" },
  argumentsMin: 1,
  needsSession: true,
  run({ zk, watch }, { values, words }) {
    const mode = MODES.get((values.get("m") ?? "PERSISTENT_RECURSIVE").toUpperCase());
    if (mode === undefined) throw new CliError(usageOf(addWatch));
    return zk.addWatch(words[0]!, mode, watch);
  },
};

const SELECTIONS: ReadonlyArray<readonly [flag: string, selection: WatchSelection]> = [
  ["c", "children"],
  ["d", "data"],
  ["a", "any"],
  ["p", "persistent"],
  ["r", "persistentRecursive"],
];

export const removeWatches: Command = {
  name: "removewatches",
  synopsis: "path [-c|-d|-p|-r|-a] [-l]",
  purpose:
    "Removes watches: `-c` of children, `-d` of data, `-p` persistent, `-r` recursive, `-a` all; " +
    "`-l` also without a connection.",
  options: { c: "flag", d: "flag", a: "flag", p: "flag", r: "flag", l: "flag" },
  argumentsMin: 1,
  needsSession: true,
  run({ zk }, { flags, words }) {
    const selection = SELECTIONS.find(([flag]) => flags.has(flag))?.[1] ?? "any";
    return zk.removeWatches(words[0]!, { selection, local: flags.has("l") });
  },
};

export const printWatches: Command = {
  name: "printwatches",
  synopsis: "on|off",
  purpose: "Whether events are printed.",
  argumentsMin: 0,
  needsSession: false,
  run(context, { words: [wish] }) {
    if (wish === undefined) {
      context.print(`printwatches is ${context.printsWatches ? "on" : "off"}`);
    } else if (wish === "on" || wish === "off") {
      context.printsWatches = wish === "on";
    } else throw new CliError(usageOf(printWatches));
  },
};
