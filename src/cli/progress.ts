/**
 * How far a long command is: one line on a terminal, drawn anew in its place. Nothing is drawn in
 * the first second, nor more than ten times a second.
 *
 *   1200 nodes found
 *   [#########-----------] 540 of 1200 nodes read
 */

const QUIET_MS = 1000;
const REDRAW_MS = 100;
const BAR_LENGTH = 20;
const TO_START_AND_CLEAR = "\r\u001b[K";

/** `done` of `total` things; of a total that nobody knows where there is none. */
export type TellProgress = (what: string, done: number, total?: number) => void;

export class Progress {
  private readonly write: (text: string) => void;
  private readonly now: () => number;
  private nextAt: number;
  private isDrawn = false;

  /** `now` is a clock in ms. */
  constructor(write: (text: string) => void, now: () => number) {
    this.write = write;
    this.now = now;
    this.nextAt = now() + QUIET_MS;
  }

  tell(what: string, done: number, total?: number): void {
    const now = this.now();
    if (now < this.nextAt) return;
    this.nextAt = now + REDRAW_MS;
    this.isDrawn = true;
    this.write(TO_START_AND_CLEAR + lineOf(what, done, total));
  }

  /** Takes the line off the screen, before anything else is written there. */
  clear(): void {
    if (this.isDrawn) this.write(TO_START_AND_CLEAR);
    this.isDrawn = false;
  }
}

function lineOf(what: string, done: number, total: number | undefined): string {
  if (total === undefined) return `${done} ${what}`;
  const filled = total === 0 ? BAR_LENGTH : Math.floor((done / total) * BAR_LENGTH);
  return `[${"#".repeat(filled).padEnd(BAR_LENGTH, "-")}] ${done} of ${total} ${what}`;
}
