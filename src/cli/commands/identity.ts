/** `addauth` and `whoami`: the identities of this connection. */
import type { Command } from "../command.ts";

export const addAuth: Command = {
  name: "addauth",
  synopsis: "scheme auth",
  purpose: "Proves an identity, here and on every later connection of this shell.",
  argumentsMin: 1,
  needsSession: true,
  run: ({ zk }, { words: [scheme = "", auth = ""] }) => zk.addAuth(scheme, auth),
};

export const whoAmI: Command = {
  name: "whoami",
  synopsis: "",
  purpose: "The identities that the server knows of this connection.",
  argumentsMin: 0,
  needsSession: true,
  async run({ zk, show }) {
    const identities = await zk.whoAmI();
    const lines = identities.map(({ authScheme, user }) => `${authScheme}: ${user}`);
    show(
      identities.map(({ authScheme, user }) => ({ scheme: authScheme, user })),
      ["Auth scheme: User", ...lines],
    );
  },
};
