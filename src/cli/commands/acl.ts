/** `getAcl` and `setAcl`: who may do what. */
import { parseAcl } from "../acl-text.ts";
import { intOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { subtree } from "../subtree.ts";
import { aclLines, statLines } from "../texts.ts";

export const getAcl: Command = {
  name: "getAcl",
  synopsis: "[-s] path",
  options: { s: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print }, { flags, words }) {
    const { acl, stat } = await zk.getACL(words[0]!);
    aclLines(acl).forEach(print);
    if (flags.has("s")) statLines(stat).forEach(print);
  },
};

export const setAcl: Command = {
  name: "setAcl",
  synopsis: "[-s] [-v version] [-R] path acl",
  options: { s: "flag", v: "value", R: "flag" },
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, print }, args) {
    const [path = "", text = ""] = args.words;
    const acl = parseAcl(text);
    const version = intOption(args, "v", -1);
    if (args.flags.has("R")) {
      // Listed first: the new list may forbid to read what is below.
      const paths: string[] = [];
      for await (const below of subtree(zk, path)) paths.push(below);
      for (const below of paths) await zk.setACL(below, acl, version);
      return;
    }
    const stat = await zk.setACL(path, acl, version);
    if (args.flags.has("s")) statLines(stat).forEach(print);
  },
};
