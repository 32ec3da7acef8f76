/**
 * Runs a program for as long as something is held: it ends when the hold is lost, and signals that
 * this process gets go to it.
 *
 *   hold lost, or given up -> SIGTERM -> 2 s -> SIGKILL
 *
 * The program itself gets the signals, not what it has started. It outlives this process when that
 * is killed outright: fencing tokens are for that.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError, type Context } from "./command.ts";

/** What a program may tidy up after SIGTERM, in ms; less than a shell waits for a command. */
const TIDY_MS = 2000;
const NOT_FOUND = 127;
const NOT_RUN = 126;
const BY_SIGNAL = 128;

/** What the program is told of the hold, in its environment. */
export type Hold = {
  /** The recipe's folder. */
  readonly path: string;
  /** The node that stands for the hold. */
  readonly node: string;
  /** The fencing token. */
  readonly token: bigint;
};

const environmentOf = ({ path, node, token }: Hold): Readonly<Record<string, string>> => ({
  ZK_PATH: path,
  ZK_NODE: node,
  ZK_FENCING_TOKEN: `${token}`,
});

/**
 * Runs `words` with the terminal of the shell; resolves to its exit code, 128 and the signal's
 * number when a signal ended it. Never resolves before the program has ended. Rejects with a
 * `CliError` of code 126 or 127 when it cannot be run. Aborting any of `ends` ends the program.
 */
export function runGuarded(
  context: Pick<Context, "env" | "onSignal" | "withTerminal">,
  words: readonly string[],
  hold: Hold,
  ends: readonly AbortSignal[],
): Promise<number> {
  return context.withTerminal(() => {
    const [command = "", ...args] = words;
    const env = { ...context.env, ...environmentOf(hold) };
    const child = spawn(command, args, { stdio: "inherit", env });
    return guarded(context, command, child, ends);
  });
}

function guarded(
  { onSignal }: Pick<Context, "onSignal">,
  command: string,
  child: ChildProcess,
  ends: readonly AbortSignal[],
): Promise<number> {
  let killer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    child.kill("SIGTERM");
    killer ??= setTimeout(() => child.kill("SIGKILL"), TIDY_MS);
  };
  const stopSignals = onSignal((signal, reachesAll) => {
    if (!reachesAll) child.kill(signal);
  });
  for (const one of ends) one.addEventListener("abort", end);
  if (ends.some(({ aborted }) => aborted)) end();
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      const code = error.code === "ENOENT" ? NOT_FOUND : NOT_RUN;
      // A program that runs already may have failed to take a signal: it has not ended by that.
      if (child.pid === undefined) reject(new CliError(`${command}: ${error.message}`, code));
    });
    child.on("close", (code, signal) => resolve(code ?? codeOf(signal)));
  });
  return ended.finally(() => {
    clearTimeout(killer);
    stopSignals();
    for (const one of ends) one.removeEventListener("abort", end);
  });
}

/** The exit code that a shell gives a program which `signal` ended. */
export const codeOf = (signal: NodeJS.Signals | null): number =>
  BY_SIGNAL + (signal === null ? 0 : constants.signals[signal]);
