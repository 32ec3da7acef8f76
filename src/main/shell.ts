/** `quoll cli`, and the shell's commands that are worth a name of their own. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { type CliIo, runCli } from "../cli/main.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const NOTHING_ASKED = { client: {}, notes: [] };

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
  const flags = `${env["CLIENT_JVMFLAGS"] ?? ""} ${env["JVMFLAGS"] ?? ""}`;
  const readClientConfiguration: CliIo["readClientConfiguration"] = async (file) => {
    // Server code, which is loaded only where somebody asks for what it reads.
    if (file === undefined && !flags.includes("zookeeper.client.secure")) return NOTHING_ASKED;
    return (await import("./client-configuration.ts")).readClientConfiguration(file, flags);
  };
  const inspectConfiguration: CliIo["inspectConfiguration"] = async (file) => {
    const { inspectConfig } = await import("../server/config/inspect-config.ts");
    return inspectConfig(file, (path) => readFileSync(path, "utf8"));
  };
  const world = { onInterrupt, onSignal, readClientConfiguration, inspectConfiguration };
  return runCli(argv, { stdin, stdout, stderr, env, ...world }, preset);
}
