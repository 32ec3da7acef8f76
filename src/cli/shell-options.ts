/** What a shell is started with, and where it writes. */
import type { ZooKeeperOptions } from "../client/index.ts";
import type { SignalListener, Verdict } from "./command.ts";
import type { Format } from "./output.ts";
import type { Paint } from "./paint.ts";

export type ShellOptions = {
  /** Connect string. */
  readonly servers: string;
  readonly timeoutMs: number;
  readonly canBeReadOnly: boolean;
  /** Of a file that was named: as of a client's options. */
  readonly client: ClientChoices;
  /** True: wait for a session, however long; else no longer than one pass over the servers. */
  readonly waits: boolean;
  /** Of commands that do not choose another. */
  readonly format: Format;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As of a command's context; without it no file can be inspected. */
  readonly inspectConfiguration?: ((file: string) => Promise<readonly Verdict[]>) | undefined;
  /** As of a command's context; without it nobody hears of signals. */
  readonly onSignal?: ((listener: SignalListener) => () => void) | undefined;
};

export type ClientChoices = Pick<ZooKeeperOptions, "tls" | "requestBytesMax">;

/** Where a shell writes. */
export type ShellSinks = {
  readonly print: LineSink;
  readonly note: LineSink;
  readonly bytes: (bytes: Uint8Array) => void;
  readonly paint: Paint;
  /** Empties the screen that `print` writes on; only where that is one. */
  readonly clearScreen?: (() => void) | undefined;
  /** Text without an end of line; only where people look at it. */
  readonly draw?: ((text: string) => void) | undefined;
};

/** Takes one line, without its end. */
export type LineSink = (line: string) => void;
