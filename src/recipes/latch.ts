/** Leading without a loop: a candidate that stands for election until it is closed. */
import type { Term } from "./election.ts";
import { type LimitOptions, within } from "./limit.ts";

/**
 * Leading without a loop: a candidate that stands for election until it is closed. Made by
 * `Election.latch`.
 * @example
 * await using latch = new Election(zk, "/elections/cron", { names: "latch" }).latch();
 * const term = await latch.leading();
 * if (latch.isLeader) console.log("leading, with token", term.token);
 */
export class Latch implements AsyncDisposable {
  private readonly stop = new AbortController();
  private readonly candidacy: Promise<void>;
  private readonly waiting = new Set<(term: Term) => void>();
  private current: Term | undefined;

  /** Made by `Election.latch`. */
  constructor(terms: (signal: AbortSignal) => AsyncIterable<Term>) {
    this.candidacy = this.stand(terms(this.stop.signal));
    // Told to those who call `leading`.
    this.candidacy.catch(() => {});
  }

  /** True during a term of ours. */
  get isLeader(): boolean {
    return this.current?.signal.aborted === false;
  }

  /**
   * Resolves to our term as soon as we lead. A term that is lost makes us a candidate again.
   * Rejects when the session is over or the latch is closed, and as `options` say.
   * @example
   * await using latch = new Election(zk, "/elections/cron").latch();
   * const { token, signal: over } = await latch.leading({ timeoutMs: 60_000 });
   */
  async leading(options: LimitOptions = {}): Promise<Term> {
    if (this.current !== undefined && this.isLeader) return this.current;
    let tell = (_: Term): void => {};
    const next = new Promise<Term>((resolve) => {
      tell = resolve;
    });
    this.waiting.add(tell);
    const ended = async (): Promise<never> => {
      await this.candidacy;
      throw new DOMException("the latch is closed", "AbortError");
    };
    try {
      return await within(
        options,
        () => Promise.race([next, ended()]),
        () => {},
      );
    } finally {
      this.waiting.delete(tell);
    }
  }

  /**
   * Leaves the election. Resolves when our node is gone.
   * @example
   * const latch = new Election(zk, "/elections/cron").latch();
   * await latch.close(); // `await using` does the same
   */
  async close(): Promise<void> {
    this.stop.abort(new DOMException("the latch is closed", "AbortError"));
    await this.candidacy.catch(() => {}); // over already, and with it our node
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async stand(terms: AsyncIterable<Term>): Promise<void> {
    for await (const term of terms) {
      this.current = term;
      for (const tell of this.waiting) tell(term);
      await aborted(term.signal);
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
