/** How a command that was given up ends: with time to tidy up, but not for ever. */

/** How long a command that was given up may tidy up before nobody waits for it any more, in ms. */
const TIDY_MS_MAX = 3000;

/** Rejects when `signal` is aborted and `work` has ended or had its time to. */
export async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let begin = (): void => {};
  const late = new Promise<never>((_, reject) => {
    begin = () => {
      timer = setTimeout(() => reject(signal.reason), TIDY_MS_MAX);
    };
  });
  signal.addEventListener("abort", begin, { once: true });
  // What was given up may fail later, when nobody waits for it.
  work.catch(() => {});
  try {
    await Promise.race([work, late]);
    signal.throwIfAborted();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", begin);
  }
}
