/** `delete` and `deleteall`: remove a node, or a node and everything below it. */
import { KeeperError, op } from "../../client/index.ts";
import { intOf, intOption } from "../arguments.ts";
import { CliError, type Command } from "../command.ts";
import { subtree } from "../subtree.ts";
import { deprecated, errorText } from "../texts.ts";

export const deleteNode: Command = {
  name: "delete",
  synopsis: "[-v version] path",
  purpose: "Deletes a node without children; with `-v` only at that version.",
  options: { v: "value" },
  argumentsMin: 1,
  needsSession: true,
  run({ zk, note }, args) {
    const [path = "", before] = args.words;
    if (before !== undefined) note(deprecated("delete path [version]", "delete [-v version] path"));
    return zk.delete(path, intOption(args, "v", intOf(before, -1)));
  },
};

/** Nodes deleted in one multi; the reference's number. */
const BATCH_SIZE = 1000;

export const deleteAll: Command = {
  name: "deleteall",
  synopsis: "path [-b batch size]",
  purpose: "Deletes a node and everything below it, `-b` nodes in one transaction.",
  options: { b: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, signal, progress }, args) {
    const asked = intOption(args, "b", BATCH_SIZE);
    const paths: string[] = [];
    for await (const path of subtree(zk, args.words[0]!, signal)) {
      progress("nodes found", paths.push(path));
    }
    // As in the reference, no number of nodes is all of them.
    const size = asked < 1 ? paths.length : asked;
    const count = paths.length;
    // Children come behind their parents, so that from the end every node is without children.
    while (paths.length > 0) {
      signal.throwIfAborted();
      progress("nodes deleted", count - paths.length, count);
      const batch = paths.splice(-size).reverse();
      await zk.multi(batch.map((path) => op.delete(path))).catch(toldWith);
    }
  },
};

function toldWith(error: unknown): never {
  if (!(error instanceof KeeperError)) throw error;
  throw new CliError(`Failed to delete some node(s) in the subtree!\n${errorText(error)}`);
}
