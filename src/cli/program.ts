/** Runs another program, with this terminal as its own. */
import { spawn } from "node:child_process";
import { CliError } from "./command.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs `line` by the system's shell, with `args` as `$1` and so on; resolves to its exit code, to
 * 128 when a signal ended it. Aborting ends it.
 */
export function runProgram(
  line: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<number> {
  return run("/bin/sh", ["-c", line, "sh", ...args], env, signal);
}

/** Runs `command` with its arguments as they are. */
export const runCommandWords = (
  [command = "", ...args]: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<number> => run(command, args, env, signal);

function run(
  command: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", env: { ...env }, signal });
    child.on("error", (error) => reject(new CliError(`${command}: ${error.message}`)));
    child.on("close", (code) => resolve(code ?? 128));
  });
}
