/** Waits that end: by the caller's signal, or after a time. */
import type { WaitOptions } from "../client/options.ts";

/**
 * What a wait that can end by itself may be given.
 * @example const options: LimitOptions = { timeoutMs: 5000, signal };
 */
export type LimitOptions = WaitOptions & {
  /** The longest wait, in ms. Then a `TimeoutError`, a DOMException as of `AbortSignal.timeout`. */
  readonly timeoutMs?: number | undefined;
};

/**
 * What `work` comes to, which is given a signal for its waits. Rejects as soon as `signal` is
 * aborted or the time has passed, with that reason; what `work` comes to after that goes to `late`,
 * and its errors are nobody's any more.
 */
export async function within<A>(
  { signal, timeoutMs }: LimitOptions,
  work: (signal: AbortSignal) => Promise<A>,
  late: (value: A) => unknown,
): Promise<A> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
  function onTimeout(): void {
    stop.abort(new DOMException(`not done within ${timeoutMs} ms`, "TimeoutError"));
  }
  try {
    const done = work(stop.signal);
    return await new Promise<A>((resolve, reject) => {
      stop.signal.addEventListener("abort", () => {
        // Nobody waits: an error now is of a session that is over, or of a withdrawal that the
        // session's end makes up for.
        done.then(late).catch(() => {});
        reject(stop.signal.reason);
      });
      done.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What `work` comes to; undefined when the time of `options` has passed first. */
export async function unlessLate<A>(
  options: LimitOptions,
  work: Promise<A>,
): Promise<A | undefined> {
  try {
    return await work;
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    // A signal of the caller's may end with the same error.
    if (isLate && options.signal?.aborted !== true) return undefined;
    throw error;
  }
}
