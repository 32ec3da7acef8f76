#!/usr/bin/env node
/**
 * The executable: `quoll COMMAND ...`. Each command is loaded only when it is asked for, so that a
 * four-letter word does not wait for a server's modules.
 */
import process from "node:process";

const USAGE = `Usage: quoll COMMAND

  server CONFIG | PORT DATADIR [TICKTIME] [MAXCNXNS]   serve in the foreground
  start                                                serve on port 2181 from ./data
  cli [-server HOST:PORT] [COMMAND ...]                the shell of zkCli.sh
  four-letter-word HOST PORT WORD [true]               ask a server a word; true: over TLS
  purge LOGDIR [SNAPDIR] -n COUNT                      delete old snapshots and logs
  digest USER:PASSWORD | - [--algorithm NAME]          print a digest identity
  version                                              what this is
`;

/** Answers an exit code, or undefined while something goes on running. */
async function run(
  command: string | undefined,
  argv: readonly string[],
): Promise<number | undefined> {
  switch (command) {
    case "server":
      return (await import("./server.ts")).runServer(argv);
    case "start":
      return (await import("./start.ts")).runStart(argv);
    case "cli": {
      const { stdin, stdout, stderr, env } = process;
      const onInterrupt = (listener: () => void): void => void process.once("SIGINT", listener);
      const io = { stdin, stdout, stderr, env, onInterrupt };
      return (await import("../cli/main.ts")).runCli(argv, io);
    }
    case "four-letter-word":
      return (await import("./four-letter-word.ts")).runFourLetterWord(argv);
    case "purge":
      return (await import("./purge.ts")).runPurge(argv);
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
