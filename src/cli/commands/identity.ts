/** `addauth` and `whoami`: the identities of this connection. */
import type { Command } from "../command.ts";

export const addAuth: Command = {
  name: "addauth",
  synopsis: "scheme auth",
  argumentsMin: 1,
  needsSession: true,
  run: ({ zk }, { words: [scheme = "", auth = ""] }) => zk.addAuth(scheme, auth),
};

export const whoAmI: Command = {
  name: "whoami",
  synopsis: "",
  argumentsMin: 0,
  needsSession: true,
  async run({ zk, print }) {
    print("Auth scheme: User");
    for (const { authScheme, user } of await zk.whoAmI()) print(`${authScheme}: ${user}`);
  },
};
