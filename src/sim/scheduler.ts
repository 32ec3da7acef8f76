/**
 * What happens next in a simulated world: a heap of actions by virtual time, and among equal times
 * by the order in which they were asked for. Nothing else decides an order, so that a seed replays.
 */
import { assert } from "../base/assert.ts";
import type { Millis } from "../base/ids.ts";

type Due = { readonly at: Millis; readonly number: number; readonly act: () => void };

const isBefore = (a: Due, b: Due): boolean => (a.at === b.at ? a.number < b.number : a.at < b.at);

export class Scheduler {
  /** True time in ms: no process of the world knows it. */
  now: Millis = 0;
  /** Actions done so far. */
  done = 0;
  private readonly heap: Due[] = [];
  private asked = 0;

  /** Does it after `delayMs`, behind whatever is due at that time already. */
  after(delayMs: Millis, act: () => void): void {
    assert(delayMs >= 0, "nothing is done in the past");
    this.push({ at: this.now + delayMs, number: this.asked++, act });
  }

  /** Does what is due up to `until`, and comes to that time. Stops early when `stop` says so. */
  run(until: Millis, stop?: () => boolean): void {
    const { heap } = this;
    while (heap.length > 0 && heap[0]!.at <= until) {
      const due = this.take();
      this.now = due.at;
      this.done++;
      due.act();
      if (stop?.() === true) return;
    }
    this.now = Math.max(this.now, until);
  }

  private push(due: Due): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (isBefore(heap[above]!, due)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = due;
  }

  private take(): Due {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (isBefore(last, heap[below]!)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
