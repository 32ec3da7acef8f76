/**
 * Types commands into a shell, Apache's or ours, and tells what each one printed where.
 *
 * Behind every command come two more that serve as marks: `version` on standard output, an unknown
 * one on standard error. Watch events come from a thread of their own in the reference, so they are
 * told apart from the answers, in their own order. A shell that a command ends (the reference dies
 * of a number that is none) is started again for the commands behind it.
 */
import { runCommand } from "../../support/processes.ts";

const LIMIT_MS = 120_000;
const OUT_MARK = /^(?:ZooKeeper|Quoll) CLI version: .*$/;
const ERR_MARK = "Command not found: Command not found mark";

export type Told = {
  readonly command: string;
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** The exit code, where the shell ended with it. */
  readonly exit: number | undefined;
};
export type Transcript = { readonly told: readonly Told[]; readonly events: readonly string[] };

/** Runs `commands` in the shell whose command line is `argv`; ends the shell after the last. */
export async function transcript(
  argv: readonly string[],
  commands: readonly string[],
): Promise<Transcript> {
  const told: Told[] = [];
  const events: string[] = [];
  while (told.length < commands.length) {
    const rest = commands.slice(told.length);
    // Some answers of the reference come from its event thread; that of `sync` comes behind them.
    const input = [...rest.flatMap((one) => [one, "sync /", "version", "mark"]), "quit"];
    const env = { ...process.env, TZ: "UTC" };
    const ran = await runCommand(argv, { limitMs: LIMIT_MS, input: `${input.join("\n")}\n`, env });
    const out = cut(withoutEvents(ran.stdout.split("\n"), events), (line) => OUT_MARK.test(line));
    const err = cut(
      withoutHelp(withoutEvents(linesOfErr(ran.stderr), [])),
      (line) => line === ERR_MARK,
    );
    const done = Math.min(out.length, err.length) - 1;
    for (let at = 0; at < done; at++) {
      const answer = out[at]!.slice(0, -1);
      told.push({ command: rest[at]!, out: answer, err: err[at]!, exit: undefined });
    }
    if (done < rest.length) {
      told.push({ command: rest[done]!, out: out[done]!, err: err[done]!, exit: ran.code ?? -1 });
    }
  }
  return { told, events };
}

/** Pieces between marks, without empty lines; the last is what came behind the last mark. */
function cut(lines: readonly string[], isMark: (line: string) => boolean): string[][] {
  const pieces: string[][] = [[]];
  for (const line of lines) {
    if (isMark(line)) pieces.push([]);
    else if (line.trim() !== "" && !isNoise(line)) pieces.at(-1)!.push(masked(line));
  }
  return pieces;
}

/**
 * The lines on standard error without those of Java's logging. They come from another thread, and
 * may stand in the midst of a line: an uncaught exception is printed in two pieces.
 */
const linesOfErr = (err: string): string[] => err.replace(/SLF4J: [^\n]*\n/g, "").split("\n");

const isNoise = (line: string): boolean =>
  /^(?:Connecting to |Connection to |Welcome to |JLine support |\tat )/.test(line);

function withoutEvents(lines: readonly string[], events: string[]): readonly string[] {
  return lines.filter((line) => {
    const isEvent = line.startsWith("WatchedEvent ");
    if (isEvent && !line.includes("type:None")) events.push(line);
    return !isEvent && line !== "WATCHER::";
  });
}

/** The help in front of each mark: a line that names the program and the lines of all commands. */
function withoutHelp(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !/^(?:ZooKeeper -server|zkCli\.sh \[|\t\w)/.test(line));
}

const masked = (line: string): string =>
  line
    .replace(/^([cm]time = ).*/, "$1*")
    .replace(/^((?:[cmp]Zxid|ephemeralOwner) = )0x[0-9a-f]{1,}/, "$1*")
    .replace(/^version=[0-9a-f]+/, "version=*");

/** What the shell printed for all of `commands`, and how it ended. */
export async function wholeTranscript(
  argv: readonly string[],
  commands: readonly string[],
): Promise<Told> {
  const env = { ...process.env, TZ: "UTC" };
  const ran = await runCommand(argv, { limitMs: LIMIT_MS, input: `${commands.join("\n")}\n`, env });
  const out = cut(withoutEvents(ran.stdout.split("\n"), []), () => false);
  const err = cut(withoutHelp(withoutEvents(linesOfErr(ran.stderr), [])), () => false);
  return { command: commands.join("; "), out: out[0]!, err: err[0]!, exit: ran.code ?? -1 };
}
