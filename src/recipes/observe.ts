/**
 * Reading again at each change: one loop for every recipe that follows nodes.
 *
 * Promises: a change is never missed; several quick changes may be seen as one. Lost connections do
 * not show. A loop that is left leaves its watch to the next change: taking it back from the server
 * could take it from another reader of the same node, whose reply is under way.
 */

import type { Watcher } from "../client/driver.ts";
import { SessionExpiredError } from "../client/keeper-error.ts";
import type { WaitOptions } from "../client/options.ts";
import { throughLoss } from "./through-loss.ts";

/** Rings at a watch event, and at the end of the session. */
export class Bell {
  private hasRung = false;
  private over: string | undefined;
  private wake: (() => void) | undefined;

  /** Give this to reads. */
  readonly watcher: Watcher = ({ type, state }) => {
    if (type === "None" && (state === "Disconnected" || state === "SyncConnected")) return;
    if (type === "None" && state !== "ConnectedReadOnly") this.over = state;
    this.ring();
  };

  ring(): void {
    this.hasRung = true;
    this.wake?.();
  }

  /**
   * Resolves at a ring since the last call. Rejects when `signal` is aborted, and with
   * `SessionExpiredError` when the session is over.
   */
  async rung({ signal }: WaitOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (!this.hasRung) await this.waits(signal);
    this.hasRung = false;
    signal?.throwIfAborted();
    if (this.over === undefined) return;
    const detail = `the session is over (${this.over})`;
    throw new SessionExpiredError({
      operation: "watch",
      path: undefined,
      ambiguous: false,
      detail,
    });
  }

  private waits(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.wake = undefined;
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.wake = done;
      signal?.addEventListener("abort", done);
    });
  }
}

/**
 * What `read` finds now and after each change. `read` gives `watch` to its reads. Ends with the
 * error of `read`, and when the session is over or `signal` is aborted.
 */
export async function* observe<A>(
  read: (watch: Watcher) => Promise<A>,
  options: WaitOptions = {},
): AsyncGenerator<A, void, void> {
  const bell = new Bell();
  for (;;) {
    yield await throughLoss(() => read(bell.watcher), options);
    await bell.rung(options);
  }
}
