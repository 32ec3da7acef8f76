/** `delete` and `deleteall`: remove a node, or a node and everything below it. */
import { op } from "../../client/index.ts";
import { intOption } from "../arguments.ts";
import { CliError, type Command } from "../command.ts";
import { subtree } from "../subtree.ts";

export const deleteNode: Command = {
  name: "delete",
  synopsis: "[-v version] path",
  options: { v: "value" },
  argumentsMin: 1,
  needsSession: true,
  run: ({ zk }, args) => zk.delete(args.words[0]!, intOption(args, "v", -1)),
};

/** Nodes deleted in one multi; the reference's number. */
const BATCH_SIZE = 1000;

export const deleteAll: Command = {
  name: "deleteall",
  synopsis: "path [-b batch size]",
  options: { b: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk }, args) {
    const size = intOption(args, "b", BATCH_SIZE);
    if (size < 1) throw new CliError("Batch size must be > 0");
    const paths: string[] = [];
    for await (const path of subtree(zk, args.words[0]!)) paths.push(path);
    // Children come behind their parents, so that from the end every node is without children.
    while (paths.length > 0) {
      const batch = paths.splice(-size).reverse();
      await zk.multi(batch.map((path) => op.delete(path)));
    }
  },
};
