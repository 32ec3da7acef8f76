/** Where a command writes: lines gathered into chunks, and never faster than the reader takes them. */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

export type CommandStreams = {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
};

/** How a command ends. */
export const Exit = {
  /** Done, and all that was looked at is whole. */
  whole: 0,
  /** Done, and something is damaged, torn or different. */
  notWhole: 1,
  /** Not done: what was asked for is not understood, or cannot be read or written. */
  refused: 2,
} as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** What a command cannot do, told in one line. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
  readonly code = "COMMAND_REFUSED";
}

/** Characters that are gathered before they are written. */
const CHUNK_CHARS = 64 << 10;

export class Output {
  private readonly to: Writable;
  private waiting = "";
  /** The reader has gone, as `head` does: nothing more is wanted. */
  private gone = false;

  constructor(to: Writable) {
    this.to = to;
    to.on("error", () => {
      this.gone = true;
    });
  }

  /** Nobody reads any more. */
  get isOver(): boolean {
    return this.gone;
  }

  line(text: string): void {
    this.waiting += `${text}\n`;
  }

  text(text: string): void {
    this.waiting += text;
  }

  /** Writes what has been gathered when it is much; call it often. */
  async pace(): Promise<void> {
    if (this.waiting.length >= CHUNK_CHARS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.gone || this.waiting === "") return;
    const text = this.waiting;
    this.waiting = "";
    if (this.to.write(text)) return;
    // What ends the waiting is the reader, or its end.
    await once(this.to, "drain").catch(() => {
      this.gone = true;
    });
  }
}
