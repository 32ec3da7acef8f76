/** `getAcl` and `setAcl`: who may do what. */
import { parseAcl } from "../acl-text.ts";
import { intOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { subtree } from "../subtree.ts";
import { aclLines, aclValue, statLines, statValue } from "../texts.ts";

export const getAcl: Command = {
  name: "getAcl",
  synopsis: "[-s] path",
  purpose: "Who may do what with a node; with `-s` its Stat too.",
  options: { s: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show }, { flags, words }) {
    const { acl, stat } = await zk.getACL(words[0]!);
    if (!flags.has("s")) return show(aclValue(acl), aclLines(acl));
    const value = { acl: aclValue(acl), stat: statValue(stat) };
    show(value, [...aclLines(acl), ...statLines(stat)]);
  },
};

export const setAcl: Command = {
  name: "setAcl",
  synopsis: "[-s] [-v version] [-R] path acl",
  purpose:
    "Sets who may do what; with `-R` of every node below too, with `-v` only at that ACL version.",
  options: { s: "flag", v: "value", R: "flag" },
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, show, signal, progress }, args) {
    const [path = "", text = ""] = args.words;
    const acl = parseAcl(text);
    const version = intOption(args, "v", -1);
    if (args.flags.has("R")) {
      // Listed first: the new list may forbid to read what is below.
      const paths: string[] = [];
      for await (const below of subtree(zk, path, signal)) {
        progress("nodes found", paths.push(below));
      }
      for (const [at, below] of paths.entries()) {
        progress("ACLs set", at, paths.length);
        await zk.setACL(below, acl, version, { signal });
      }
      return;
    }
    const stat = await zk.setACL(path, acl, version);
    if (args.flags.has("s")) show(statValue(stat), statLines(stat));
  },
};
