/**
 * Commands about the shell itself: `connect`, `close`, `quit`, `history`, `redo`, `help`,
 * `version`.
 */
import { createRequire } from "node:module";
import { CliError, type Command, type Context, usageOf } from "../command.ts";

export const connect: Command = {
  name: "connect",
  synopsis: "host:port",
  purpose: "Ends the session and begins another.",
  argumentsMin: 0,
  needsSession: false,
  run: (context, { words }) => context.connect(words[0]),
};

export const close: Command = {
  name: "close",
  synopsis: "",
  purpose: "Ends the session.",
  argumentsMin: 0,
  needsSession: false,
  run: (context) => context.close(),
};

export const quit: Command = {
  name: "quit",
  synopsis: "",
  purpose: "Ends the shell, with the exit code of the command before.",
  argumentsMin: 0,
  needsSession: false,
  run: (context) => context.quit(),
};

/** The same in later versions of the reference. */
export const exit: Command = { ...quit, name: "exit", purpose: "The same as `quit`." };

/** Lines that `history` shows. */
const HISTORY_SHOWN = 11;

export const history: Command = {
  name: "history",
  synopsis: "",
  purpose: "The last eleven lines.",
  argumentsMin: 0,
  needsSession: false,
  run({ history: lines, print }) {
    const first = Math.max(lines.length - HISTORY_SHOWN, 0);
    for (const [index, line] of lines.slice(first).entries()) print(`${first + index} - ${line}`);
  },
};

export const redo: Command = {
  name: "redo",
  synopsis: "cmdno",
  purpose: "Runs a line of the history again.",
  takesWords: true,
  argumentsMin: 1,
  needsSession: false,
  async run(context, { words }) {
    const number = /^\d+$/.test(words[0]!) ? Number(words[0]) : Number.NaN;
    if (!(number < context.history.length)) throw new CliError("Command index out of range");
    await context.redo(number);
  },
};

/** The list of all commands, a line each. */
export function helpLines({ commands }: Pick<Context, "commands">): readonly string[] {
  const lines = [...commands].map((command) => `\t${usageOf(command)}`).sort();
  return [
    "zkCli.sh [-server host:port] [-timeout ms] [-r] [-waitforconnection] " +
      "[-client-configuration file] [command]",
    ...lines,
  ];
}

export const help: Command = {
  name: "help",
  synopsis: "",
  purpose: "This list.",
  argumentsMin: 0,
  needsSession: false,
  run: (context) => helpLines(context).forEach(context.print),
};

export const version: Command = {
  name: "version",
  synopsis: "",
  purpose: "The shell's version.",
  argumentsMin: 0,
  needsSession: false,
  run({ print }, { words }) {
    if (words.length > 0) throw new CliError(usageOf(version));
    const about: unknown = createRequire(import.meta.url)("quoll/package.json");
    const isKnown = typeof about === "object" && about !== null && "version" in about;
    print(`Quoll CLI version: ${isKnown ? about.version : "unknown"}`);
  },
};
