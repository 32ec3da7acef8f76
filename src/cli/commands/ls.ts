/** `ls`: the children of a node, or everything below it. */
import type { Command } from "../command.ts";
import { subtree } from "../subtree.ts";
import { deprecated, listText, statLines, statValue } from "../texts.ts";

export const ls: Command = {
  name: "ls",
  synopsis: "[-s] [-w] [-R] path",
  purpose: "The children of a node; with `-R` everything below it.",
  options: { s: "flag", w: "flag", R: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print, show, note, watch, signal }, { flags, words }) {
    const path = words[0]!;
    if (words.length > 1) note(deprecated("ls path [watch]", "ls [-w] path"));
    if (flags.has("R")) {
      for await (const below of subtree(zk, path, signal)) print(below);
      return;
    }
    const { children, stat } = await zk.getChildrenWithStat(path, {
      watch: flags.has("w") || words.length > 1 ? watch : undefined,
      signal,
    });
    const names = [...children].sort();
    if (!flags.has("s")) return show(names, [listText(names)]);
    show({ children: names, stat: statValue(stat) }, [listText(names), ...statLines(stat)]);
  },
};
