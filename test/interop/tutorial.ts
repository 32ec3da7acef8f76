/**
 * Runs the tutorial as it is printed: docs/tutorial-master-worker.md against a started server.
 *
 *   node dist/test/interop/tutorial.js --server HOST:PORT [--cli bin/zkCli.sh] [--page FILE]
 *
 * A block tagged `console session=NAME` belongs to one terminal. Its lines are, in order:
 *   $ bin/zkCli.sh ...     starts the session's command line, with the server's address put in
 *   $ kill -9 <NAME>       ends another session's processes
 *   [zk: ...] COMMAND      types the command
 *   anything else          must now appear in the session's output, after what appeared before;
 *                          <words> stand for any text, and other lines may come between
 * The znodes of the tutorial must not exist on the server.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGE = `${ROOT}docs/tutorial-master-worker.md`;
/** A JVM on a busy machine needs seconds; an expiry takes the session's timeout and a tick. */
const LINE_MS_MAX = 60_000;

export type TutorialStep = {
  readonly session: string;
  /** In the page, counted from 1. */
  readonly line: number;
  readonly kind: "start" | "kill" | "type" | "expect";
  readonly text: string;
};

const LINES: ReadonlyArray<readonly [kind: TutorialStep["kind"], pattern: RegExp]> = [
  ["kill", /^\$ kill -9 <(.+)>$/],
  ["start", /^\$ bin\/zkCli\.sh (.*)$/],
  ["type", /^\[zk: [^\]]*\] (.*)$/],
  ["expect", /^(.*)$/],
];

/** The steps of a page, in the order of the text. Throws for a `$` line that is none of the above. */
export function tutorialSteps(page: string): readonly TutorialStep[] {
  const steps: TutorialStep[] = [];
  let session: string | undefined;
  page.split("\n").forEach((text, index) => {
    const fence = /^```(?:console session=(\S+))?/.exec(text);
    if (fence !== null) {
      session = session === undefined ? fence[1] : undefined;
    } else if (session !== undefined && text !== "") {
      const [kind, pattern] = LINES.find(([, each]) => each.test(text))!;
      if (kind === "expect" && text.startsWith("$")) throw new Error(`line ${index + 1}: ${text}?`);
      steps.push({ session, line: index + 1, kind, text: pattern.exec(text)![1]! });
    }
  });
  return steps;
}

/** One terminal: a command line with pipes in place of a keyboard and a screen. */
class Terminal {
  private readonly process: ChildProcess;
  private readonly ended: Promise<void>;
  private output = "";
  /** Output before this was matched already. */
  private matched = 0;
  private wake: () => void = () => {};

  /** `cli` with `args`; both its outputs go into one pipe, so that their order is kept. */
  constructor(cli: string, args: readonly string[]) {
    const command = ["-c", 'exec "$0" "$@" 2>&1', cli, ...args];
    // A group of its own: the script may have the real program as a child.
    this.process = spawn("/bin/sh", command, { stdio: ["pipe", "pipe", "ignore"], detached: true });
    this.process.stdin!.on("error", () => {}); // told by the missing output
    this.process.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.wake();
    });
    this.ended = new Promise((resolve) => {
      this.process.once("error", resolve).once("close", () => resolve());
    });
  }

  type(command: string): void {
    this.process.stdin!.write(`${command}\n`);
  }

  /** Waits for `pattern` in the output behind the last match. */
  async expect(pattern: RegExp): Promise<boolean> {
    const deadline = performance.now() + LINE_MS_MAX;
    for (;;) {
      const found = pattern.exec(this.output.slice(this.matched));
      if (found !== null) {
        this.matched += found.index + found[0].length;
        return true;
      }
      const left = deadline - performance.now();
      if (left <= 0 || !(await this.more(left))) return false;
    }
  }

  /** Waits for more output; false when there will be none. */
  private async more(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const output = new Promise<boolean>((resolve) => {
      this.wake = () => resolve(true);
      timer = setTimeout(() => resolve(true), milliseconds);
    });
    const result = await Promise.race([output, this.ended.then(() => false)]);
    clearTimeout(timer);
    return result;
  }

  /** The output that no line was found in yet. */
  get unmatched(): string {
    return this.output.slice(this.matched);
  }

  async kill(): Promise<void> {
    try {
      process.kill(-this.process.pid!, "SIGKILL");
    } catch {
      // All of them have ended by themselves.
    }
    await this.ended;
  }
}

/** The line as a pattern: contained, with anything in place of each `<word>`. */
function patternOf(line: string): RegExp {
  const literal = line.split(/<[^<>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(literal.join("[^\\n]+"));
}

export type TutorialOptions = {
  readonly page: string;
  /** The command line to run, as a path. */
  readonly cli: string;
  /** host:port */
  readonly server: string;
  /** Told each step before it is taken. */
  readonly onStep?: (step: TutorialStep) => void;
};

/** Throws at the first line that does not appear in time. Ends every process that it started. */
export async function runTutorial(options: TutorialOptions): Promise<void> {
  const terminals = new Map<string, Terminal>();
  try {
    for (const step of tutorialSteps(options.page)) {
      options.onStep?.(step);
      await take(step, terminals, options);
    }
  } finally {
    for (const terminal of terminals.values()) await terminal.kill();
  }
}

async function take(
  step: TutorialStep,
  terminals: Map<string, Terminal>,
  { cli, server }: TutorialOptions,
): Promise<void> {
  if (step.kind === "start") {
    const args = step.text.split(" ");
    args[args.indexOf("-server") + 1] = server;
    const terminal = new Terminal(cli, args);
    terminals.set(step.session, terminal);
    // What is typed before the connection stands would wait in the pipe: the events come first.
    await found(terminal, "SyncConnected", step);
    return;
  }
  const name = step.kind === "kill" ? step.text : step.session;
  const terminal = terminals.get(name);
  if (terminal === undefined) throw new Error(`line ${step.line}: ${name} was not started`);
  if (step.kind === "kill") await terminal.kill();
  else if (step.kind === "type") terminal.type(step.text);
  else await found(terminal, step.text, step);
}

async function found(terminal: Terminal, line: string, step: TutorialStep): Promise<void> {
  if (await terminal.expect(patternOf(line))) return;
  throw new Error(
    `line ${step.line}: ${step.session} did not show "${line}"; it went on with:\n${terminal.unmatched}`,
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      server: { type: "string", default: "localhost:2181" },
      cli: { type: "string", default: `${ROOT}bin/zkCli.sh` },
      page: { type: "string", default: PAGE },
    },
  });
  const steps: TutorialStep[] = [];
  await runTutorial({
    page: readFileSync(values.page, "utf8"),
    cli: values.cli,
    server: values.server,
    onStep: (step) => steps.push(step),
  });
  console.log(`${steps.length} steps of the tutorial went as printed`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
