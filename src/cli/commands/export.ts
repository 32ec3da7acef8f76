/** `export` and `import`: a subtree as JSON. */
import { readFile, writeFile } from "node:fs/promises";
import { CliError, type Command } from "../command.ts";
import { dumpValue, parseDump } from "../dump.ts";
import { readNodesWithAcl } from "../nodes.ts";
import { isReserved, pathOf, plant, relativeTo } from "../plant.ts";
import { utf8 } from "../texts.ts";

/** Data may be secret: the owner alone reads the file. */
const MODE = 0o600;

export const exportNodes: Command = {
  name: "export",
  synopsis: "path [file]",
  purpose:
    "Writes a subtree with its ACLs as JSON, to standard output or a file that is not there yet. " +
    "Ephemerals are left out; containers and times to live become plain nodes.",
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show, note, signal, progress }, { words: [path = "", file] }) {
    const nodes = await readNodesWithAcl(zk, path, { signal, progress });
    const seeds = nodes
      .filter((node) => node.stat.ephemeralOwner === 0n)
      .filter((node) => path !== "/" || !isReserved(node.path))
      .map(({ path: one, data, acl }) => ({ relative: relativeTo(path, one), data, acl }));
    const value = dumpValue(path, seeds);
    const text = JSON.stringify(value, null, 2);
    if (file === undefined) return show(value, [text], utf8(`${text}\n`));
    await writeFile(file, `${text}\n`, { mode: MODE, flag: "wx" }).catch((error: Error) => {
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
    "Makes the subtree of an exported file at a path, `-f` over what is there; `-n` only tells " +
    "what it would do. Not one transaction.",
  options: { f: "flag", n: "flag" },
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, row, signal, progress }, { flags, words: [file = "", top = ""] }) {
    const text = await readFile(file, "utf8").catch((error: Error) => {
      throw new CliError(error.message);
    });
    const seeds = parseDump(text).filter(({ relative }) => top !== "/" || relative !== "");
    const options = { overwrites: flags.has("f"), isDry: flags.has("n"), signal, progress };
    const done = await plant(zk, top, seeds, options);
    for (const [at, { relative }] of seeds.entries()) {
      const path = pathOf(top, relative);
      row({ path, done: done[at]! }, `${done[at]} ${path}`);
    }
  },
};
