/**
 * How the rounds of the event loop are spent when nothing is there to read: a machine that asked to
 * go on does so, and the loop looks for input once more without going to sleep where the next one
 * is likely to come at once.
 *
 * - Patience: a machine that goes on only to write its log loses nothing when it waits for the rest
 *   of a burst, which then shares the sync. It goes on when some rounds in a row brought nothing.
 * - Busy polling: a process that sleeps has to be woken, which costs more than the whole of a read.
 *   Where inputs came close behind each other, the loop stays awake for as long as one takes.
 *   (Known from network cards and hypervisors by this name.)
 */
import type { Millis } from "../base/ids.ts";

/** The loop stays awake behind an input after so many that came within the time for it. */
const CLOSE_INPUTS_MIN = 8;

/** So many rounds without input end a burst; so many rounds end the patience with one. */
const QUIET_ROUNDS = 8;
const PATIENT_ROUNDS_MAX = 128;

export type PacedHost = {
  /** Goes on. `isQuiet`: nothing has come for some rounds. */
  goOn(isQuiet: boolean): void;
  /** Whether the loop may stay awake: nobody else needs the processor. */
  mayPoll(): boolean;
};

export class Pacing {
  private readonly host: PacedHost;
  private readonly pollMs: Millis;
  /** What was asked for; "now" is stronger. */
  private asked: "nothing" | "patiently" | "now" = "nothing";
  private inRound = false;
  private rounds = 0;
  private quietRounds = 0;
  private hadInput = false;
  private restsSince: Millis = 0;
  private closeInputs = 0;

  /** The loop stays awake for `pollMs` behind an input; 0: it always sleeps. */
  constructor(host: PacedHost, pollMs: Millis) {
    this.host = host;
    this.pollMs = pollMs;
  }

  /** Input of a client comes at `now`. */
  input(now: Millis): void {
    this.hadInput = true;
    const isClose = now - this.restsSince < this.pollMs;
    this.closeInputs = isClose ? this.closeInputs + 1 : 0;
  }

  /** The input has been dealt with: it is `now`. */
  rests(now: Millis): void {
    this.restsSince = now;
    if (this.closeInputs >= CLOSE_INPUTS_MIN && this.host.mayPoll()) this.nextRound();
  }

  /** Asks to go on in the next round; `patiently`: or when a burst of input ends. */
  ask(patiently: boolean): void {
    if (this.asked === "nothing") this.rounds = this.quietRounds = 0;
    if (this.asked !== "now") this.asked = patiently ? "patiently" : "now";
    this.nextRound();
  }

  private nextRound(): void {
    if (this.inRound) return;
    this.inRound = true;
    setImmediate(this.round);
  }

  private readonly round = (): void => {
    this.inRound = false;
    this.quietRounds = this.hadInput ? 0 : this.quietRounds + 1;
    this.hadInput = false;
    const isQuiet = this.quietRounds >= QUIET_ROUNDS;
    if (this.asked === "now" || isQuiet || ++this.rounds >= PATIENT_ROUNDS_MAX) this.goOn(isQuiet);
    if (this.asked !== "nothing" || this.polls()) this.nextRound();
  };

  private goOn(isQuiet: boolean): void {
    if (this.asked === "nothing") return;
    this.asked = "nothing";
    this.host.goOn(isQuiet);
  }

  private polls(): boolean {
    if (this.closeInputs < CLOSE_INPUTS_MIN || !this.host.mayPoll()) return false;
    return performance.now() - this.restsSince < this.pollMs;
  }
}
