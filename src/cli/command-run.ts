/** One command that is being carried out: what it prints where, and whether it was given up. */
import type { WatchedEvent, ZooKeeper } from "../client/index.ts";
import type { Address } from "./ask-server.ts";
import type { Command, Context, SignalListener, Verdict } from "./command.ts";
import type { Format, Json, Output } from "./output.ts";
import type { Progress, TellProgress } from "./progress.ts";

/** What the commands of one shell share. */
export interface ShellState {
  readonly zk: ZooKeeper;
  readonly servers: string;
  readonly env: Context["env"];
  readonly history: readonly string[];
  readonly commands: Iterable<Command>;
  printsWatches: boolean;
  readonly watch: (event: WatchedEvent) => void;
  readonly note: (line: string) => void;
  open(servers: string): Promise<ZooKeeper>;
  ask(address: Address, word: string): Promise<string>;
  inspectConfiguration(file: string): Promise<readonly Verdict[]>;
  connect(servers: string | undefined): Promise<void>;
  close(): Promise<void>;
  redo(number: number): Promise<void>;
  quit(): void;
  onSignal(listener: SignalListener): () => void;
  withTerminal<T>(work: () => Promise<T>): Promise<T>;
}

type Means = {
  readonly format: Format;
  /** Empties the screen; undefined where there is none, or rows are read by programs. */
  readonly clearScreen: (() => void) | undefined;
  readonly output: Output;
  readonly progress: Progress | undefined;
  readonly signal: AbortSignal;
};

/** A command that was given up may still hear answers: it prints nothing more. */
export class CommandRun implements Context {
  readonly signal: AbortSignal;
  readonly format: Format;
  private readonly clearScreen: (() => void) | undefined;
  private readonly shell: ShellState;
  private readonly output: Output;
  private readonly meter: Progress | undefined;

  constructor(shell: ShellState, means: Means) {
    const { output, progress, signal } = means;
    this.format = means.format;
    this.clearScreen = means.clearScreen;
    this.shell = shell;
    this.output = output;
    this.meter = progress;
    this.signal = signal;
  }

  get zk(): ZooKeeper {
    return this.shell.zk;
  }
  get servers(): string {
    return this.shell.servers;
  }
  get env(): Context["env"] {
    return this.shell.env;
  }
  get watch(): Context["watch"] {
    return this.shell.watch;
  }
  get printsWatches(): boolean {
    return this.shell.printsWatches;
  }
  set printsWatches(value: boolean) {
    this.shell.printsWatches = value;
  }
  get history(): readonly string[] {
    return this.shell.history;
  }
  get commands(): Iterable<Command> {
    return this.shell.commands;
  }

  readonly print = (line: string): void => this.row(line, line);

  readonly row = (value: Json, line: string): void =>
    this.visibly(() => this.output.row(value, line));

  readonly show = (value: Json, lines: readonly string[], raw?: Uint8Array): void =>
    this.visibly(() => this.output.show(value, lines, raw));

  readonly frame = (value: Json, lines: readonly string[]): void =>
    this.visibly(() => {
      this.clearScreen?.();
      this.output.show(value, lines);
    });

  readonly ask = (address: Address, word: string): Promise<string> => this.shell.ask(address, word);

  readonly inspectConfiguration = (file: string): Promise<readonly Verdict[]> =>
    this.shell.inspectConfiguration(file);

  readonly note = (line: string): void => this.visibly(() => this.shell.note(line));

  readonly progress: TellProgress = (what, done, total) => {
    if (!this.signal.aborted) this.meter?.tell(what, done, total);
  };

  open(servers: string): Promise<ZooKeeper> {
    return this.shell.open(servers);
  }
  connect(servers: string | undefined): Promise<void> {
    return this.shell.connect(servers);
  }
  close(): Promise<void> {
    return this.shell.close();
  }
  redo(number: number): Promise<void> {
    return this.shell.redo(number);
  }
  quit(): void {
    this.shell.quit();
  }

  readonly onSignal = (listener: SignalListener): (() => void) => this.shell.onSignal(listener);

  readonly withTerminal = <T>(work: () => Promise<T>): Promise<T> => this.shell.withTerminal(work);

  /** Nothing more will come. */
  end(): void {
    this.meter?.clear();
    if (!this.signal.aborted) this.output.end();
  }

  private visibly(write: () => void): void {
    if (this.signal.aborted) return;
    this.meter?.clear();
    write();
  }
}
