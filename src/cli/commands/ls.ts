/** `ls`: the children of a node, or everything below it. */
import type { Command } from "../command.ts";
import { subtree } from "../subtree.ts";
import { listText, statLines } from "../texts.ts";

export const ls: Command = {
  name: "ls",
  synopsis: "[-s] [-w] [-R] path",
  options: { s: "flag", w: "flag", R: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print, watch }, { flags, words }) {
    const path = words[0]!;
    if (flags.has("R")) {
      for await (const below of subtree(zk, path)) print(below);
      return;
    }
    const { children, stat } = await zk.getChildrenWithStat(path, {
      watch: flags.has("w") ? watch : undefined,
    });
    print(listText([...children].sort()));
    if (flags.has("s")) statLines(stat).forEach(print);
  },
};
