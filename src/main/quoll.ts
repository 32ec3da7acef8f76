#!/usr/bin/env node
/**
 * The executable: `quoll COMMAND ...`. Each command is loaded only when it is asked for, so that a
 * four-letter word does not wait for a server's modules.
 */
import process from "node:process";
import { loadServer } from "./bundle.ts";
import type { Offline } from "./offline.ts";

const USAGE = `Usage: quoll COMMAND

  server CONFIG | PORT DATADIR [TICKTIME] [MAXCNXNS]   serve in the foreground
  start                                                serve on port 2181 from ./data
  dev [--nodes N] [--port PORT] [--disk]               a server to throw away
  cli [-server HOST:PORT] [COMMAND ...]                the shell of zkCli.sh
  status [-w table | list] [HOST:PORT,HOST:PORT ...]   how each server of an ensemble is
  lock [-server HOST:PORT] PATH -- COMMAND ...         run a command while holding a lock
  elect [-server HOST:PORT] PATH -- COMMAND ...        run a command while leading
  four-letter-word HOST PORT WORD [true]               ask a server a word; true: over TLS
  purge LOGDIR [SNAPDIR] -n COUNT                      delete old snapshots and logs
  log FILE ... | FOLDER                                look into transaction logs, offline
  snapshot FILE | FOLDER                               look into snapshots, offline
  digest USER:PASSWORD | - [--algorithm NAME]          print a digest identity
  version                                              what this is
`;

const MORE = "docs/command-line.md and docs/operations.md tell more.\n";
const isHelp = (word: string | undefined): boolean => word === "--help" || word === "-h";
/** They answer to `--help` with more than a line. */
const TELLS_ITSELF: ReadonlySet<string | undefined> = new Set(["dev", "log", "snapshot", "purge"]);

/** What bin/zkTxnLogToolkit.sh and its like call: as the reference's tools are. */
async function toolOf(
  command: "txn-log-toolkit" | "snapshot-toolkit" | "snapshot-comparer",
): Promise<Offline> {
  switch (command) {
    case "txn-log-toolkit":
      return (await import("../offline/reference/txn-log-toolkit.ts")).runTxnLogToolkit;
    case "snapshot-toolkit":
      return (await import("../offline/reference/snapshot-formatter.ts")).runSnapshotFormatter;
    case "snapshot-comparer":
      return (await import("../offline/reference/snapshot-comparer.ts")).runSnapshotComparer;
  }
}

async function offline(command: string, run: Offline, argv: readonly string[]): Promise<number> {
  return (await import("./offline.ts")).runOffline(command, run, argv);
}

/** The lines of the usage that are about `command`; undefined where it tells by itself. */
function helpOf(command: string | undefined): string | undefined {
  const lines = USAGE.split("\n").filter((line) => line.split(" ")[2] === command);
  return lines.length === 0 ? undefined : `Usage: quoll\n${lines.join("\n")}\n${MORE}`;
}

/** Answers an exit code, or undefined while something goes on running. */
async function run(
  command: string | undefined,
  words: readonly string[],
): Promise<number | undefined> {
  const asksForHelp = isHelp(words[0]);
  const help = asksForHelp && !TELLS_ITSELF.has(command) ? helpOf(command) : undefined;
  if (help !== undefined) {
    process.stdout.write(help);
    return 0;
  }
  const argv = asksForHelp && TELLS_ITSELF.has(command) ? ["--help"] : words;
  switch (command) {
    case "server":
      return (await loadServer()).runServer(argv);
    case "start":
      return (await loadServer()).runStart(argv);
    case "dev":
      return (await import("./dev.ts")).runDev(argv);
    case "cli":
      return (await import("./shell.ts")).runShell(argv);
    case "status":
    case "lock":
    case "elect":
      return (await import("./shell.ts")).runShell(argv, command);
    case "four-letter-word":
      return (await import("./four-letter-word.ts")).runFourLetterWord(argv);
    case "purge":
      return (await import("./purge.ts")).runPurge(argv);
    case "log":
      return offline(command, (await import("../offline/log-command.ts")).runLog, argv);
    case "snapshot":
      return offline(command, (await import("../offline/snapshot-command.ts")).runSnapshot, argv);
    case "txn-log-toolkit":
    case "snapshot-toolkit":
    case "snapshot-comparer":
      return offline(command, await toolOf(command), argv);
    case "digest":
      return (await import("./digest.ts")).runDigest(argv);
    case "version":
      return (await import("./tell-version.ts")).tellVersion();
    case "help":
    case "--help":
    case "-h":
      process.stdout.write(USAGE);
      return 0;
    default:
      process.stderr.write(
        command === undefined ? USAGE : `quoll: no command "${command}"\n${USAGE}`,
      );
      return 2;
  }
}

const [command, ...argv] = process.argv.slice(2);
const code = await run(command, argv);
if (code !== undefined) process.exitCode = code;
