/**
 * The shell on a terminal: a prompt, completion, a history that outlives it. Ctrl-C gives up the
 * command that runs, or the line that is typed; Ctrl-D ends the shell.
 */
import { createInterface, type Interface } from "node:readline";
import { completer } from "./completion.ts";
import { appendHistory, historyFile, readHistory } from "./history-file.ts";
import type { CliIo } from "./main.ts";
import type { Paint } from "./paint.ts";
import type { Shell } from "./shell.ts";

const HISTORY_LINES = 1000;

export async function converse(shell: Shell, io: CliIo, paint: Paint): Promise<void> {
  // The first prompt shows whether there is a session. What is typed meanwhile waits in the
  // terminal.
  await shell.settled();
  const file = historyFile(io.env);
  const terminal = createInterface({
    input: io.stdin,
    output: io.stdout,
    completer: completer(shell),
    historySize: HISTORY_LINES,
    history: [...readHistory(file)].reverse(),
    removeHistoryDuplicates: true,
  });
  const lines = new LineQueue();
  let waits = false;
  const prompt = (): void => {
    terminal.setPrompt(paint("prompt", shell.prompt));
    terminal.prompt(true);
    waits = true;
  };
  shell.afterEvent = () => {
    if (waits) prompt();
  };
  shell.aside = (work) => aside(terminal, io, work);
  // Nobody is there any more: what runs is of no use.
  terminal.on("close", () => shell.giveUp());
  terminal.on("SIGINT", () => {
    // As a terminal does, Ctrl-C also takes back what was typed ahead.
    lines.clear();
    if (shell.giveUp()) return;
    // Ctrl-E, Ctrl-U: what was typed is taken off the line.
    terminal.write(null, { ctrl: true, name: "e" });
    terminal.write(null, { ctrl: true, name: "u" });
    prompt();
  });
  prompt();
  try {
    await lines.each(terminal, async (line) => {
      waits = false;
      if (shell.isOver) return;
      if (line.trim() !== "") appendHistory(file, [line.trim()]);
      await shell.runLine(line);
      if (shell.isOver) terminal.close();
      else prompt();
    });
  } finally {
    shell.afterEvent = undefined;
    shell.aside = undefined;
    terminal.close();
  }
}

/** Lines that were typed and not yet carried out. */
class LineQueue {
  private readonly waiting: string[] = [];

  clear(): void {
    this.waiting.length = 0;
  }

  /**
   * Calls `take` for each line, one after the other; resolves when the terminal has closed and the
   * last call is done. Where none is under way, `take` is called within the event: a Ctrl-C that
   * came with the Enter, in the same bytes, must find that the command has begun.
   */
  each(terminal: Interface, take: (line: string) => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      let work: Promise<void> | undefined;
      const takeAll = async (): Promise<void> => {
        for (let line = this.waiting.shift(); line !== undefined; line = this.waiting.shift()) {
          await take(line);
        }
        work = undefined;
      };
      terminal.on("line", (line) => {
        this.waiting.push(line);
        work ??= takeAll();
        work.catch(reject);
      });
      terminal.on("close", () => (work ?? Promise.resolve()).then(resolve, reject));
    });
  }
}

/** Leaves the terminal to another program while `work` runs. */
async function aside<T>(terminal: Interface, io: CliIo, work: () => Promise<T>): Promise<T> {
  terminal.pause();
  io.stdin.setRawMode?.(false);
  try {
    return await work();
  } finally {
    io.stdin.setRawMode?.(true);
    terminal.resume();
  }
}
