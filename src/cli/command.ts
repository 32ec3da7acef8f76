/** What a command of the shell is, and what it may use. */
import type { Watcher, ZooKeeper } from "../client/index.ts";
import type { Arguments, OptionTable } from "./arguments.ts";

/** What a shell offers its commands. */
export interface Context {
  /** The session; throws `CliError` when the shell has none. */
  readonly zk: ZooKeeper;
  /** The watcher that prints events. */
  readonly watch: Watcher;
  printsWatches: boolean;
  /** Numbered lines of this shell, from 0. */
  readonly history: readonly string[];
  /** Every command, in the order of the help. */
  readonly commands: Iterable<Command>;
  /** One line of what was asked for, to standard output. */
  print(line: string): void;
  /** One line about it, to standard error. */
  note(line: string): void;
  /** Ends the session, if there is one, and begins another; the same servers unless given. */
  connect(servers: string | undefined): Promise<void>;
  close(): Promise<void>;
  /** Runs a line of the history again. */
  redo(number: number): Promise<void>;
  quit(): void;
}

export type Command = {
  readonly name: string;
  /** Options and arguments, as the help shows them; may be empty. */
  readonly synopsis: string;
  readonly options?: OptionTable;
  /** The least number of arguments that are not options. */
  readonly argumentsMin: number;
  /** False for commands that work without a session. */
  readonly needsSession: boolean;
  run(context: Context, args: Arguments): Promise<void> | void;
};

export const usageOf = (command: Command): string => `${command.name} ${command.synopsis}`;

/** A failure told to the user in one line; the shell goes on. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
