/**
 * The shell: a session, a history, and lines that are carried out one after the other.
 *
 * Standard output holds what was asked for (and events of watches that were asked for); everything
 * about the connection goes to standard error.
 */
import { isOver, KeeperError, type WatchedEvent, ZooKeeper } from "../client/index.ts";
import { parseArguments, takeFormat } from "./arguments.ts";
import { type Address, askServer } from "./ask-server.ts";
import { CliError, type Command, type SignalListener, usageOf, type Verdict } from "./command.ts";
import { CommandRun, type ShellState } from "./command-run.ts";
import { helpLines } from "./commands/shell.ts";
import { type Format, Output } from "./output.ts";
import { Progress } from "./progress.ts";
import type { LineSink, ShellOptions, ShellSinks } from "./shell-options.ts";
import { errorText, eventLines, eventValue } from "./texts.ts";
import { untilAborted } from "./until-aborted.ts";
import { wordsOf } from "./words.ts";

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
const EXIT_UNKNOWN_COMMAND = 127;

const EXIT_GIVEN_UP = 130;
const ANSWER_MS_MAX = 3000;

export class Shell implements ShellState {
  readonly note: LineSink;
  printsWatches = true;
  /** Called when an event was printed: a prompt on the screen must be drawn again. */
  afterEvent: (() => void) | undefined;
  /** Leaves the terminal to another program meanwhile, where the shell holds one. */
  aside: (<T>(work: () => Promise<T>) => Promise<T>) | undefined;
  /** Of the command carried out last. */
  exitCode = EXIT_OK;
  private readonly table: ReadonlyMap<string, Command>;
  private readonly options: ShellOptions;
  private readonly sinks: ShellSinks;
  private readonly lines: string[] = [];
  /** Of the command that is carried out. */
  private given: AbortController | undefined;
  servers: string;
  private session: ZooKeeper | undefined;
  /** Connections that failed since the last session event. */
  private troubles = 0;
  private onTrouble: (() => void) | undefined;
  private hasQuit = false;
  /** Of commands that hear of signals themselves. */
  private listeners = 0;

  constructor(options: ShellOptions, table: ReadonlyMap<string, Command>, sinks: ShellSinks) {
    this.options = options;
    this.servers = options.servers;
    this.table = table;
    this.sinks = sinks;
    this.note = sinks.note;
  }

  get env(): ShellOptions["env"] {
    return this.options.env;
  }

  get zk(): ZooKeeper {
    if (this.session === undefined) throw new CliError("Not connected");
    return this.session;
  }
  get history(): readonly string[] {
    return this.lines;
  }
  get commands(): Iterable<Command> {
    return this.table.values();
  }
  /** True once `quit` was asked for, or the session can not go on. */
  get isOver(): boolean {
    return this.hasQuit;
  }
  get prompt(): string {
    const state = this.session?.state ?? "CLOSED";
    return `[zk: ${this.servers}(${state}) ${this.lines.length}] `;
  }

  readonly watch = (event: WatchedEvent): void => {
    if (!this.printsWatches) return;
    const output = new Output(this.options.format, { ...this.sinks, line: this.sinks.print });
    const lines = eventLines(event).map((line) => line && this.sinks.paint("event", line));
    if (event.type === "None") lines.forEach(this.note);
    else output.show(eventValue(event), lines);
    this.afterEvent?.();
  };

  async connect(servers: string | undefined): Promise<void> {
    await this.close();
    this.servers = servers ?? this.servers;
    this.note(`Connecting to ${this.servers}`);
    this.troubles = 0;
    const { timeoutMs, canBeReadOnly, client } = this.options;
    try {
      this.session = new ZooKeeper(this.servers, {
        ...client,
        timeoutMs,
        canBeReadOnly,
        watcher: this.watch,
        onTrouble: (reason) => this.noteTrouble(reason),
      });
    } catch (error) {
      if (error instanceof RangeError) throw new CliError(error.message);
      throw error;
    }
  }

  async close(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    await session?.close();
  }

  quit(): void {
    this.hasQuit = true;
  }

  async redo(number: number): Promise<void> {
    const words = wordsOf(this.lines[number]!);
    if (words[0] === "redo") throw new CliError("No redoing redos");
    this.lines[this.lines.length - 1] = this.lines[number]!;
    await this.carryOut(words);
  }

  /** Carries out a line of input. An empty one does nothing. */
  async runLine(line: string): Promise<void> {
    const words = wordsOf(line);
    if (words.length === 0) return;
    this.lines.push(line.trim());
    await this.runWords(words);
  }

  /** Gives up the command that is carried out; false when there is none. */
  giveUp(): boolean {
    this.given?.abort(new CliError("Cancelled", EXIT_GIVEN_UP));
    return this.given !== undefined;
  }

  /** Gives up all; but where a command takes signals, that one decides. */
  interrupt(): void {
    if (this.listeners > 0) return;
    this.giveUp();
    this.hasQuit = true;
  }

  /** Carries out a command; tells a failure on standard error and in `exitCode`. */
  async runWords(words: readonly string[]): Promise<void> {
    const given = new AbortController();
    this.given = given;
    try {
      const before = this.exitCode;
      await untilAborted(this.carryOut(words), given.signal);
      // `quit` hands on how the command before it ended.
      this.exitCode = this.hasQuit ? before : EXIT_OK;
    } catch (error) {
      if (error instanceof CliError) {
        if (error.message !== "") this.note(this.sinks.paint("error", error.message));
        this.exitCode = error.exitCode;
      } else if (error instanceof KeeperError) {
        this.note(this.sinks.paint("error", errorText(error)));
        this.exitCode = EXIT_FAILED;
      } else throw error;
    } finally {
      this.given = undefined;
    }
  }

  private async carryOut([name = "", ...rest]: readonly string[]): Promise<void> {
    const command = this.table.get(name);
    if (command === undefined) {
      helpLines(this).forEach(this.note);
      throw new CliError(`Command not found: Command not found ${name}`, EXIT_UNKNOWN_COMMAND);
    }
    const asked = command.takesWords ? { format: undefined, words: rest } : takeFormat(rest);
    const args = command.takesWords
      ? { flags: new Set<string>(), values: new Map<string, string>(), words: rest }
      : parseArguments(asked.words, command.options ?? {});
    if (args.words.length < command.argumentsMin) throw new CliError(usageOf(command));
    if (command.needsSession) {
      const path = args.words.find((word) => word.startsWith("/"));
      await this.ready(this.zk, path);
      // Given up while it waited: what heeds no signal must not begin.
      this.given?.signal.throwIfAborted();
    }
    const run = this.begin(asked.format ?? this.options.format);
    try {
      await command.run(run, args);
    } finally {
      run.end();
    }
  }

  onSignal(listener: SignalListener): () => void {
    const stop = this.options.onSignal?.(listener);
    this.listeners++;
    return () => {
      this.listeners--;
      stop?.();
    };
  }

  /** Runs `work`, which may use the terminal. */
  withTerminal<T>(work: () => Promise<T>): Promise<T> {
    return this.aside === undefined ? work() : this.aside(work);
  }

  private begin(format: Format): CommandRun {
    const { draw } = this.sinks;
    return new CommandRun(this, {
      format,
      clearScreen: format === "text" || format === "table" ? this.sinks.clearScreen : undefined,
      output: new Output(format, { ...this.sinks, line: this.sinks.print }),
      progress: draw === undefined ? undefined : new Progress(draw, () => performance.now()),
      signal: this.given!.signal,
    });
  }

  ask(address: Address, word: string): Promise<string> {
    return askServer(address, word, ANSWER_MS_MAX, this.options.client.tls);
  }

  async inspectConfiguration(file: string): Promise<readonly Verdict[]> {
    const inspect = this.options.inspectConfiguration;
    if (inspect === undefined) throw new CliError("this shell has no server's rules to go by");
    return await inspect(file);
  }

  /** A client of its own, for a command that needs two. */
  async open(servers: string): Promise<ZooKeeper> {
    const { timeoutMs, canBeReadOnly, client } = this.options;
    try {
      return await ZooKeeper.connect(servers, { ...client, timeoutMs, canBeReadOnly });
    } catch (error) {
      if (error instanceof RangeError) throw new CliError(error.message);
      throw error;
    }
  }

  /** Waits for the connection; gives up when every server has been tried in vain. */
  private async ready(zk: ZooKeeper, path?: string): Promise<void> {
    // The command itself tells best that a session is over.
    if (isOver(zk.state)) return;
    if (this.options.waits) return zk.connected();
    const abort = new AbortController();
    const about = path === undefined ? "" : ` for ${path}`;
    const given = new CliError(`KeeperErrorCode = ConnectionLoss${about}`);
    const servers = this.servers.split(",").length;
    const look = (): void => {
      if (this.troubles >= servers) abort.abort(given);
    };
    this.onTrouble = look;
    look();
    try {
      await zk.connected({ signal: abort.signal, limitMs: this.options.timeoutMs });
      this.troubles = 0;
    } finally {
      this.onTrouble = undefined;
    }
  }

  /** Resolves when there is a session or the first servers were tried in vain. Never rejects. */
  async settled(): Promise<void> {
    if (this.session === undefined) return;
    await this.ready(this.session).catch((error: unknown) => {
      if (!(error instanceof CliError || error instanceof KeeperError)) throw error;
    });
  }

  private noteTrouble(reason: string): void {
    this.note(`Connection to ${this.servers}: ${reason}`);
    this.troubles++;
    this.onTrouble?.();
  }
}
