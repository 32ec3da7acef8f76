/** `grep`: lines in the data of nodes. */
import { CliError, type Command } from "../command.ts";
import { readNodes } from "../nodes.ts";
import { dataText } from "../texts.ts";

export const grep: Command = {
  name: "grep",
  synopsis: "[-i] [-F] [-l] pattern path",
  purpose:
    "Lines in the data at and below a node that match a regular expression: `-F` a plain text, " +
    "`-i` whatever the case, `-l` the paths alone. Exit code 1 when there is none.",
  options: { i: "flag", F: "flag", l: "flag" },
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, row, signal, progress }, { flags, words }) {
    const [pattern = "", path = ""] = words;
    const matcher = matcherOf(pattern, flags);
    let found = 0;
    for (const node of await readNodes(zk, path, { signal, progress })) {
      const lines = dataText(node.data).split("\n");
      const matching = node.data === null ? [] : lines.filter((line) => matcher.test(line));
      found += matching.length;
      if (matching.length === 0) continue;
      if (flags.has("l")) row({ path: node.path }, node.path);
      else for (const line of matching) row({ path: node.path, line }, `${node.path}:${line}`);
    }
    if (found === 0) throw new CliError(`no data at or below ${path} matches`);
  },
};

function matcherOf(pattern: string, flags: ReadonlySet<string>): RegExp {
  const source = flags.has("F") ? pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&") : pattern;
  try {
    return new RegExp(source, flags.has("i") ? "iu" : "u");
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}
