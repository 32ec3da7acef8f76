/** What a command of the shell is, and what it may use. */
import type { Watcher, ZooKeeper } from "../client/index.ts";
import type { Arguments, OptionTable } from "./arguments.ts";
import type { Address } from "./ask-server.ts";
import type { Format, Json } from "./output.ts";

import type { TellProgress } from "./progress.ts";

/** What a shell offers its commands. */
export interface Context {
  /** The session; throws `CliError` when the shell has none. */
  readonly zk: ZooKeeper;
  /** The connect string. */
  readonly servers: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user gives the command up: loops and long waits must heed it. */
  readonly signal: AbortSignal;
  /** The watcher that prints events. */
  readonly watch: Watcher;
  printsWatches: boolean;
  /** Numbered lines of this shell, from 0. */
  readonly history: readonly string[];
  /** Every command, in the order of the help. */
  readonly commands: Iterable<Command>;
  /** One line of what was asked for, to standard output. */
  print(line: string): void;
  /** As `print`; where JSON or a table is asked for, `value` stands for the line. */
  row(value: Json, line: string): void;
  /** The whole of what was asked for, as lines or as a value; `raw` are its bytes alone. */
  show(value: Json, lines: readonly string[], raw?: Uint8Array): void;
  /** One of several looks at the same; on a terminal it takes the place of the one before. */
  frame(value: Json, lines: readonly string[]): void;
  /** What was asked for is shown in this. */
  readonly format: Format;
  /** One line about it, to standard error. */
  note(line: string): void;
  /** How far a long command is: seen on a terminal only, after a second. */
  readonly progress: TellProgress;
  /** A client for another connect string, of this shell's kind. The caller closes it. */
  open(servers: string): Promise<ZooKeeper>;
  /** A server's answer to a four-letter word. Rejects when there is none within three seconds. */
  ask(address: Address, word: string): Promise<string>;
  /** What a server would say to a zoo.cfg, and advice. Throws `CliError` where nobody can tell. */
  inspectConfiguration(file: string): Promise<readonly Verdict[]>;
  /** Ends the session, if there is one, and begins another; the same servers unless given. */
  connect(servers: string | undefined): Promise<void>;
  close(): Promise<void>;
  /** Runs a line of the history again. */
  redo(number: number): Promise<void>;
  quit(): void;
  /**
   * Calls `listener` for each signal that asks this process to end, which then goes on; until the
   * function that is returned is called.
   */
  onSignal(listener: SignalListener): () => void;
  /** Runs `work`, which may give the terminal to another program. */
  withTerminal<T>(work: () => Promise<T>): Promise<T>;
}

export type Verdict = {
  readonly verdict: "good" | "look" | "bad";
  readonly about: string;
  readonly advice: string;
};

/** `reachesAll`: a terminal gave the signal to the programs that were started from here as well. */
export type SignalListener = (signal: NodeJS.Signals, reachesAll: boolean) => void;

export type Command = {
  readonly name: string;
  /** Options and arguments, as the help shows them; may be empty. */
  readonly synopsis: string;
  /** What it does, as a sentence for the manual. */
  readonly purpose: string;
  readonly options?: OptionTable;
  /** True: its words are taken as they are, also those that look like options. */
  readonly takesWords?: boolean;
  /** The least number of arguments that are not options. */
  readonly argumentsMin: number;
  /** False for commands that work without a session. */
  readonly needsSession: boolean;
  run(context: Context, args: Arguments): Promise<void> | void;
};

export const usageOf = (command: Command): string => `${command.name} ${command.synopsis}`;

/** A failure told to the user, unless its message is empty; the shell goes on. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
