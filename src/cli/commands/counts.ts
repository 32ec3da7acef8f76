/** `getAllChildrenNumber`, `getEphemerals` and `sync`. */
import type { Command } from "../command.ts";
import { listText } from "../texts.ts";

export const getAllChildrenNumber: Command = {
  name: "getAllChildrenNumber",
  synopsis: "path",
  purpose: "How many nodes there are below a node.",
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show }, { words }) {
    const count = await zk.getAllChildrenNumber(words[0]!);
    show(count, [String(count)]);
  },
};

export const getEphemerals: Command = {
  name: "getEphemerals",
  synopsis: "path",
  purpose: "The paths of this session's ephemerals, those below `path` where it is given.",
  argumentsMin: 0,
  needsSession: true,
  async run({ zk, show }, { words }) {
    const paths = await zk.getEphemerals(words[0]);
    show(paths, [listText(paths)]);
  },
};

export const sync: Command = {
  name: "sync",
  synopsis: "path",
  purpose: "Waits until the server has caught up with all writes before.",
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print, signal }, { words }) {
    await zk.sync(words[0]!, { signal });
    print("Sync is OK");
  },
};
