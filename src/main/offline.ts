/** The commands that read logs and snapshots without their server. */
import process from "node:process";
import { CommandRefused, type CommandStreams, Exit } from "../offline/output.ts";

/** A command of the room offline. */
export type Offline = (argv: readonly string[], streams: CommandStreams) => Promise<number>;

/** Runs it with this process's streams; what it refuses is one line on standard error. */
export async function runOffline(
  name: string,
  command: Offline,
  argv: readonly string[],
): Promise<number> {
  const { stdin, stdout, stderr } = process;
  try {
    return await command(argv, { stdin, stdout, stderr });
  } catch (error) {
    if (!(error instanceof Error) || !isTold(error)) throw error;
    stderr.write(`quoll ${name}: ${error.message}\n`);
    return Exit.refused;
  }
}

/** Refused by the command, by the reading of its flags, or by the file system. */
function isTold(error: Error): boolean {
  if (error instanceof CommandRefused || "syscall" in error) return true;
  return "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
