/** `export` and `import`: a subtree as JSON or YAML. */
import { readFile, writeFile } from "node:fs/promises";
import { CliError, type Command } from "../command.ts";
import { dumpText, dumpValue, parseDump } from "../dump.ts";
import { readNodesWithAcl } from "../nodes.ts";
import { isReserved, pathOf, plant, relativeTo } from "../plant.ts";
import { utf8 } from "../texts.ts";

/** Data may be secret: the owner alone reads the file. */
const MODE = 0o600;

export const exportNodes: Command = {
  name: "export",
  synopsis: "[-y] path [file]",
  purpose:
    "Writes a subtree with its ACLs as JSON, to standard output or a file that is not there yet; " +
    "with `-y`, or to a file `*.yaml` or `*.yml`, as YAML. Ephemerals are left out. Servers do " +
    "not tell which nodes are containers or have a time to live: they become plain nodes, unless " +
    '`"mode": "container"` or `"ttlMs": 60000` is put in by hand.',
  options: { y: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show, note, signal, progress }, { flags, words: [path = "", file] }) {
    const nodes = await readNodesWithAcl(zk, path, { signal, progress });
    const seeds = nodes
      .filter((node) => node.stat.ephemeralOwner === 0n)
      .filter((node) => path !== "/" || !isReserved(node.path))
      .map(({ path: one, data, acl }) => ({ relative: relativeTo(path, one), data, acl }));
    const value = dumpValue(path, seeds);
    const isYaml = flags.has("y") || /\.ya?ml$/.test(file ?? "");
    const text = await dumpText(value, isYaml);
    if (file === undefined) return show(value, [text.replace(/\n$/, "")], utf8(text));
    await writeFile(file, text, { mode: MODE, flag: "wx" }).catch((error: Error) => {
      throw new CliError(error.message);
    });
    note(`${seeds.length} nodes written to ${file}`);
  },
};

export const importNodes: Command = {
  // In backticks: in quotation marks the checker of imports takes it for one.
  name: `import`,
  synopsis: "[-f] [-n] file path",
  purpose:
    "Makes the subtree of an exported file, JSON or YAML, at a path, `-f` over what is there; " +
    "`-n` only tells what it would do. Not one transaction.",
  options: { f: "flag", n: "flag" },
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, row, signal, progress }, { flags, words: [file = "", top = ""] }) {
    const text = await readFile(file, "utf8").catch((error: Error) => {
      throw new CliError(error.message);
    });
    const seeds = (await parseDump(text)).filter(({ relative }) => top !== "/" || relative !== "");
    const options = { overwrites: flags.has("f"), isDry: flags.has("n"), signal, progress };
    const done = await plant(zk, top, seeds, options);
    for (const [at, { relative }] of seeds.entries()) {
      const path = pathOf(top, relative);
      row({ path, done: done[at]! }, `${done[at]} ${path}`);
    }
  },
};
