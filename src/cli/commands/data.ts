/** `get`, `set` and `stat`: a node's data and Stat. */
import { NoNodeError } from "../../client/index.ts";
import { intOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { dataText, statLines } from "../texts.ts";

export const get: Command = {
  name: "get",
  synopsis: "[-s] [-w] path",
  options: { s: "flag", w: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print, watch }, { flags, words }) {
    const { data, stat } = await zk.getData(words[0]!, {
      watch: flags.has("w") ? watch : undefined,
    });
    print(dataText(data));
    if (flags.has("s")) statLines(stat).forEach(print);
  },
};

export const set: Command = {
  name: "set",
  synopsis: "[-s] [-v version] path data",
  options: { s: "flag", v: "value" },
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, print }, args) {
    const [path = "", data = ""] = args.words;
    const stat = await zk.setData(path, data, intOption(args, "v", -1));
    if (args.flags.has("s")) statLines(stat).forEach(print);
  },
};

export const stat: Command = {
  name: "stat",
  synopsis: "[-w] path",
  options: { w: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print, watch }, { flags, words }) {
    const path = words[0]!;
    const found = await zk.exists(path, { watch: flags.has("w") ? watch : undefined });
    if (found === undefined) {
      throw new NoNodeError({ operation: "exists", path, ambiguous: false });
    }
    statLines(found).forEach(print);
  },
};
