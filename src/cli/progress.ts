/**
 * How far a long command is: one line on a terminal, drawn anew in its place. Nothing is drawn in
 * the first second, nor more than ten times a second.
 */

const QUIET_MS = 1000;
const REDRAW_MS = 100;
const TO_START_AND_CLEAR = "\r\u001b[K";

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

  tell(text: string): void {
    const now = this.now();
    if (now < this.nextAt) return;
    this.nextAt = now + REDRAW_MS;
    this.isDrawn = true;
    this.write(TO_START_AND_CLEAR + text);
  }

  /** Takes the line off the screen, before anything else is written there. */
  clear(): void {
    if (this.isDrawn) this.write(TO_START_AND_CLEAR);
    this.isDrawn = false;
  }
}
