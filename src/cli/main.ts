/**
 * The shell `zkCli.sh`: one command from its arguments, a script from standard input, or a dialogue
 * on a terminal. From: reference `ZooKeeperMain`, whose flags, commands and exit codes these are.
 */
import { createInterface } from "node:readline";
import { COMMANDS } from "./commands.ts";
import { converse } from "./dialogue.ts";
import { FORMATS, isFormat } from "./output.ts";
import { paintFor } from "./paint.ts";
import { EXIT_FAILED, EXIT_OK, Shell } from "./shell.ts";
import type { ClientChoices, LineSink, ShellOptions } from "./shell-options.ts";

export type CliIo = {
  readonly stdin: NodeJS.ReadableStream & {
    readonly isTTY?: boolean;
    setRawMode?(isRaw: boolean): unknown;
  };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` at the first Ctrl-C; the next one ends the process. */
  readonly onInterrupt?: (listener: () => void) => void;
  /**
   * What a file of Java properties asks of the client, or with `undefined` what the environment
   * does. Throws an Error whose message is for people where that cannot be honoured.
   */
  readonly readClientConfiguration?: (file: string | undefined) => Promise<ClientConfiguration>;
  /** As of a command's context. */
  readonly inspectConfiguration?: ShellOptions["inspectConfiguration"];
  /** As of a command's context. */
  readonly onSignal?: ShellOptions["onSignal"];
};

export type ClientConfiguration = {
  readonly client: ClientChoices;
  /** What has no effect, as sentences. */
  readonly notes: readonly string[];
};

const USAGE =
  "usage: zkCli.sh [-server host:port,...] [-timeout ms] [-r] [-waitforconnection] " +
  "[-client-configuration file] [-o text|table|json|ndjson|raw] [command]";
const VALUE_FLAGS = new Set(["-server", "-timeout", "-client-configuration", "-o", "--output"]);
const HOME_AND_CLEAR = "\u001b[H\u001b[2J";
const SERVERS_DEFAULT = "localhost:2181";
const TIMEOUT_MS_DEFAULT = 30_000;

/**
 * Returns the exit code. With `preset`, the words behind the flags are that command's; no session
 * is opened for one that needs none.
 * What was written may still be on its way: let the process end by itself.
 */
export async function runCli(argv: readonly string[], io: CliIo, preset?: string): Promise<number> {
  const stderr = lineSink(io.stderr);
  const parsed = await parseFlags(argv, io, preset);
  if (typeof parsed === "string") {
    stderr(parsed);
    stderr(USAGE);
    return EXIT_FAILED;
  }
  const { stderr: screen } = io;
  const paint = paintFor(io.stdout.isTTY === true && screen.isTTY === true, io.env);
  const shell = new Shell(parsed.options, COMMANDS, {
    print: lineSink(io.stdout),
    note: stderr,
    paint,
    bytes: (bytes) => void io.stdout.write(bytes),
    clearScreen: io.stdout.isTTY === true ? () => void io.stdout.write(HOME_AND_CLEAR) : undefined,
    draw: screen.isTTY === true ? (text) => void screen.write(text) : undefined,
  });
  // Whoever reads may stop reading (`zkCli.sh ls -R / | head`): then nothing is left to do.
  io.stdout.on("error", () => shell.quit());
  const needsSession = preset === undefined || COMMANDS.get(preset)?.needsSession === true;
  if (needsSession) await shell.runWords(["connect"]);
  if (shell.exitCode === EXIT_OK) {
    const isDialogue = parsed.command.length === 0 && io.stdin.isTTY === true;
    // What was begun is given up, and the session closed: nobody waits for its ephemerals to go.
    if (!isDialogue) io.onInterrupt?.(() => shell.interrupt());
    if (parsed.command.length > 0) await shell.runWords(parsed.command);
    else if (isDialogue) await converse(shell, io, paint);
    else await runScript(shell, io);
  }
  shell.printsWatches = false;
  await shell.close();
  return shell.exitCode;
}

type Parsed = { readonly options: ShellOptions; readonly command: readonly string[] };

/** The flags before the command, or what is wrong with them. */
async function parseFlags(
  argv: readonly string[],
  io: CliIo,
  preset: string | undefined,
): Promise<Parsed | string> {
  let [canBeReadOnly, waits] = [false, false];
  const values = new Map<string, string>();
  let at = 0;
  for (; at < argv.length && argv[at]!.startsWith("-"); at++) {
    const flag = argv[at]!;
    if (flag === "-r") canBeReadOnly = true;
    else if (flag === "-waitforconnection") waits = true;
    else if (VALUE_FLAGS.has(flag)) {
      const value = argv[++at];
      if (value === undefined) return `${flag} needs a value`;
      values.set(flag === "--output" ? "-o" : flag, value);
    } else if (preset !== undefined) break;
    else return `unknown flag ${flag}`;
  }
  const timeoutMs = Number(values.get("-timeout") ?? TIMEOUT_MS_DEFAULT);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) return "-timeout needs a number of ms";
  const format = values.get("-o") ?? "text";
  if (!isFormat(format)) return `--output needs one of ${FORMATS.join(", ")}`;
  const servers = values.get("-server") ?? SERVERS_DEFAULT;
  const wish = await clientWish(io, values.get("-client-configuration"));
  if (typeof wish === "string") return wish;
  wish.notes.forEach(lineSink(io.stderr));
  const { client } = wish;
  const { env, onSignal, inspectConfiguration } = io;
  const options = {
    client,
    inspectConfiguration,
    servers,
    timeoutMs,
    canBeReadOnly,
    waits,
    format,
    env,
    onSignal,
  };
  const rest = argv.slice(at);
  return { options, command: preset === undefined ? rest : [preset, ...rest] };
}

async function clientWish(io: CliIo, file: string | undefined) {
  try {
    return (await io.readClientConfiguration?.(file)) ?? { client: {}, notes: [] };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
}

/** Lines of standard input, each carried out before the next is read. */
async function runScript(shell: Shell, io: CliIo): Promise<void> {
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Infinity })) {
    await shell.runLine(line);
    if (shell.isOver) return;
  }
}

const lineSink =
  (stream: NodeJS.WritableStream): LineSink =>
  (line) =>
    void stream.write(`${line}\n`);
