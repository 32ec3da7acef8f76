/**
 * Trying again, for who asks for it: which failures, how often, after which waits.
 *
 *   reads, and what surely was not done           again, when the error is `retryable`
 *   a write that may have been done (ambiguous)   again, when it names the version it replaces
 *
 * A version makes repeating safe: what was done once cannot be done a second time. But the answer
 * of the repetition says little: BadVersion may be told of one's own first success. So every
 * failure after a doubtful try is `ambiguous` too. Versions begin at 0 in a node that was made
 * anew: where others delete and create the same path, a version does not tell two nodes apart.
 */
import { setTimeout as wait } from "node:timers/promises";
import { inDoubt, KeeperError } from "./keeper-error.ts";

/**
 * A failure that a policy judges.
 * @example
 * const isEarly = ({ attempt, elapsedMs }: Failure): boolean => attempt < 3 && elapsedMs < 1000;
 */
export type Failure = {
  /** It is `retryable`. */
  readonly error: KeeperError;
  /** Which try it was, from 1. */
  readonly attempt: number;
  /** Since the first try began, in ms. */
  readonly elapsedMs: number;
};
/**
 * The wait before the next try, in ms; undefined to give up.
 * @example const policy: RetryPolicy = ({ attempt }) => (attempt < 3 ? 50 : undefined);
 */
export type RetryPolicy = (failure: Failure) => number | undefined;

/**
 * At most `times` further tries; the waits, in ms, double from `baseMs` to `maxMs`, less a random
 * part.
 * @example const retry: Backoff = { times: 5, baseMs: 100, maxMs: 2000 };
 */
export type Backoff = {
  readonly times: number;
  readonly baseMs: number;
  readonly maxMs: number;
};
/**
 * Which failed requests are made again: by a backoff, or by a policy of one's own. Only failures
 * that are `retryable` are asked about, and writes that may have been done only where doing them
 * again is safe: those with a version.
 * @example
 * const retry: Retry = ({ error, attempt }) =>
 *   error.code === "ThrottledOp" ? attempt * 100 : undefined;
 */
export type Retry = Backoff | RetryPolicy;

/** The policy that `retry` stands for. Throws `RangeError` for numbers below 0. */
export function retryPolicy(retry: Retry, chance: () => number = Math.random): RetryPolicy {
  if (typeof retry === "function") return retry;
  const { times, baseMs, maxMs } = retry;
  for (const [name, value] of Object.entries({ times, baseMs, maxMs })) {
    if (!(value >= 0)) throw new RangeError(`retry: ${name} ${value} is below 0`);
  }
  return ({ attempt }) => {
    if (attempt > times) return undefined;
    const whole = Math.min(baseMs * 2 ** (attempt - 1), maxMs);
    return whole - (chance() * whole) / 2;
  };
}

export type Tries = {
  readonly policy: RetryPolicy;
  /** Whether it may be repeated when it may have been done. */
  readonly isRepeatable: boolean;
  readonly signal: AbortSignal | undefined;
};

/** Does `once` until it succeeds, fails for good, or the policy gives up. */
export async function retrying<A>(once: () => Promise<A>, tries: Tries): Promise<A> {
  const startedAt = performance.now();
  let isDoubtful = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      const told = isDoubtful ? inDoubt(error) : error;
      if (!error.retryable || (error.ambiguous && !tries.isRepeatable)) throw told;
      isDoubtful ||= error.ambiguous;
      const elapsedMs = performance.now() - startedAt;
      const waitMs = tries.policy({ error, attempt, elapsedMs });
      if (waitMs === undefined) throw told;
      await pause(waitMs, tries.signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    // Who aborted said why; the timer only says that it was aborted.
    throw signal?.aborted === true ? signal.reason : error;
  }
}
