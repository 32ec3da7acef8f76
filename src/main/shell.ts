/** `quoll cli`, and the shell's commands that are worth a name of their own. */
import process from "node:process";
import { type CliIo, runCli } from "../cli/main.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Answers the exit code; with `preset`, of that command. */
export function runShell(argv: readonly string[], preset?: string): Promise<number> {
  const { stdin, stdout, stderr, env } = process;
  const onInterrupt = (listener: () => void): void => void process.once("SIGINT", listener);
  const onSignal: CliIo["onSignal"] = (listener) => {
    // A terminal gives Ctrl-C to all programs in its foreground.
    const take = (name: NodeJS.Signals): void =>
      listener(name, name === "SIGINT" && stdin.isTTY === true);
    for (const name of SIGNALS) process.on(name, take);
    return () => {
      for (const name of SIGNALS) process.off(name, take);
    };
  };
  return runCli(argv, { stdin, stdout, stderr, env, onInterrupt, onSignal }, preset);
}
