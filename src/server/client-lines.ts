/**
 * The log lines that clients can cause: at most so many a second of each event, and then one line
 * with the number of those left out. From: line-limiter.ts.
 */

import type { Logger } from "pino";
import type { Note } from "../peer/io.ts";
import { LineLimiter } from "./line-limiter.ts";

/** Lines a second of one event. */
const LINES_PER_SECOND = 10;
const TELL_MS = 1000;

export class ClientLines {
  private readonly logger: Logger;
  private readonly limiter = new LineLimiter(LINES_PER_SECOND);
  private readonly timer: NodeJS.Timeout;

  constructor(logger: Logger) {
    this.logger = logger;
    this.timer = setInterval(() => this.tellLeftOut(), TELL_MS).unref();
  }

  /** Writes the line, or counts it. `event` is a word of the program, never a client's. */
  note({ level, event, about }: Note): void {
    if (this.limiter.allows(event, performance.now())) this.logger[level](about ?? {}, event);
  }

  /** Nothing is written any more. */
  stop(): void {
    clearInterval(this.timer);
    this.tellLeftOut(Number.POSITIVE_INFINITY);
  }

  private tellLeftOut(now: number = performance.now()): void {
    for (const { kind, lines } of this.limiter.takeLeftOut(now)) {
      this.logger.warn({ event: kind, lines }, "lines were left out: too many of one kind");
    }
  }
}
