/** `getAllChildrenNumber`, `getEphemerals` and `sync`. */
import type { Command } from "../command.ts";
import { listText } from "../texts.ts";

export const getAllChildrenNumber: Command = {
  name: "getAllChildrenNumber",
  synopsis: "path",
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print }, { words }) {
    print(String(await zk.getAllChildrenNumber(words[0]!)));
  },
};

export const getEphemerals: Command = {
  name: "getEphemerals",
  synopsis: "path",
  argumentsMin: 0,
  needsSession: true,
  async run({ zk, print }, { words }) {
    print(listText(await zk.getEphemerals(words[0])));
  },
};

export const sync: Command = {
  name: "sync",
  synopsis: "path",
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print }, { words }) {
    await zk.sync(words[0]!);
    print("Sync is OK");
  },
};
