/**
 * The shell `zkCli.sh`: one command from its arguments, a script from standard input, or a dialogue
 * on a terminal. From: reference `ZooKeeperMain`, whose flags, commands and exit codes these are.
 */
import { createInterface } from "node:readline";
import { COMMANDS } from "./commands.ts";
import { completer } from "./completion.ts";
import { EXIT_FAILED, EXIT_OK, type LineSink, Shell, type ShellOptions } from "./shell.ts";

export type CliIo = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
};

const USAGE =
  "usage: zkCli.sh [-server host:port,...] [-timeout ms] [-r] [-waitforconnection] [command]";
const SERVERS_DEFAULT = "localhost:2181";
const TIMEOUT_MS_DEFAULT = 30_000;

/**
 * Returns the exit code. What was written may still be on its way: let the process end by itself.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const stderr = lineSink(io.stderr);
  const parsed = parseFlags(argv);
  if (typeof parsed === "string") {
    stderr(parsed);
    stderr(USAGE);
    return EXIT_FAILED;
  }
  const stdout = lineSink(io.stdout);
  const shell = new Shell(parsed.options, COMMANDS, { print: stdout, note: stderr });
  // Whoever reads may stop reading (`zkCli.sh ls -R / | head`): then nothing is left to do.
  io.stdout.on("error", () => shell.quit());
  await shell.runWords(["connect"]);
  if (shell.exitCode === EXIT_OK) {
    if (parsed.command.length > 0) await shell.runWords(parsed.command);
    else if (io.stdin.isTTY === true) await converse(shell, io);
    else await runScript(shell, io);
  }
  shell.printsWatches = false;
  await shell.close();
  return shell.exitCode;
}

type Parsed = { readonly options: ShellOptions; readonly command: readonly string[] };

/** The flags before the command, or what is wrong with them. */
function parseFlags(argv: readonly string[]): Parsed | string {
  let servers = SERVERS_DEFAULT;
  let timeoutMs = TIMEOUT_MS_DEFAULT;
  let canBeReadOnly = false;
  let waits = false;
  let at = 0;
  for (; at < argv.length && argv[at]!.startsWith("-"); at++) {
    const flag = argv[at]!;
    if (flag === "-r") canBeReadOnly = true;
    else if (flag === "-waitforconnection") waits = true;
    else if (flag === "-server" || flag === "-timeout") {
      const value = argv[++at];
      if (value === undefined) return `${flag} needs a value`;
      if (flag === "-server") servers = value;
      else timeoutMs = Number(value);
    } else return `unknown flag ${flag}`;
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) return "-timeout needs a number of ms";
  return { options: { servers, timeoutMs, canBeReadOnly, waits }, command: argv.slice(at) };
}

/** Lines of standard input, each carried out before the next is read. */
async function runScript(shell: Shell, io: CliIo): Promise<void> {
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Infinity })) {
    await shell.runLine(line);
    if (shell.isOver) return;
  }
}

async function converse(shell: Shell, io: CliIo): Promise<void> {
  // The first prompt shows whether there is a session. What is typed meanwhile waits in the
  // terminal.
  await shell.settled();
  const terminal = createInterface({
    input: io.stdin,
    output: io.stdout,
    completer: completer(shell),
    historySize: 1000,
  });
  let waits = false;
  const prompt = (): void => {
    terminal.setPrompt(shell.prompt);
    terminal.prompt(true);
    waits = true;
  };
  shell.afterEvent = () => {
    if (waits) prompt();
  };
  terminal.on("SIGINT", () => terminal.close());
  prompt();
  for await (const line of terminal) {
    waits = false;
    await shell.runLine(line);
    if (shell.isOver) break;
    prompt();
  }
  shell.afterEvent = undefined;
  terminal.close();
}

const lineSink =
  (stream: NodeJS.WritableStream): LineSink =>
  (line) =>
    void stream.write(`${line}\n`);
