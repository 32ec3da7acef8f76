/** Long work beside everything else: the pure rooms cut it into slices, and here it gives way between them. */

/** How long it works before other events have their turn. */
const SLICE_MS = 5;

/** Runs sliced work to its end. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let begun = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() - begun < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    begun = performance.now();
  }
}
