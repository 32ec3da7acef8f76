/**
 * A first-in first-out queue in a ring of slots: pushing and taking are O(1) amortised and leave no
 * garbage behind, however often the queue becomes empty.
 */

const SLOTS_AT_START = 4;
/** An empty queue gives back more slots than this. */
const SLOTS_KEPT = 1024;

export class Queue<T> {
  /** A power of two of them, or none yet. */
  private slots: (T | undefined)[] = [];
  private first = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(item: T): void {
    if (this.count === this.slots.length) this.grow();
    this.slots[(this.first + this.count) & (this.slots.length - 1)] = item;
    this.count++;
  }

  /** The oldest item, or undefined when empty. */
  peek(): T | undefined {
    return this.count === 0 ? undefined : this.slots[this.first];
  }

  /** The item that `index` older ones stand before; undefined behind the last. */
  at(index: number): T | undefined {
    return index < this.count
      ? this.slots[(this.first + index) & (this.slots.length - 1)]
      : undefined;
  }

  /** Takes the oldest item out, or undefined when empty. */
  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const { slots, first } = this;
    const item = slots[first];
    slots[first] = undefined;
    this.first = (first + 1) & (slots.length - 1);
    this.count--;
    if (this.count === 0 && slots.length > SLOTS_KEPT) this.clear();
    return item;
  }

  clear(): void {
    this.slots = [];
    this.first = 0;
    this.count = 0;
  }

  /** A copy, oldest first. */
  toArray(): readonly T[] {
    const end = this.first + this.count;
    const behind = Math.max(0, end - this.slots.length);
    const items = this.slots.slice(this.first, end);
    return (behind === 0 ? items : items.concat(this.slots.slice(0, behind))) as T[];
  }

  /** Takes all, oldest first. */
  takeAll(): readonly T[] {
    const taken = this.toArray();
    this.clear();
    return taken;
  }

  /** Takes those that `matches` accepts, oldest first; the others keep their order. */
  takeWhere(matches: (item: T) => boolean): readonly T[] {
    const taken: T[] = [];
    for (const item of this.takeAll()) {
      if (matches(item)) taken.push(item);
      else this.push(item);
    }
    return taken;
  }

  private grow(): void {
    const items: (T | undefined)[] = [...this.toArray()];
    const size = Math.max(SLOTS_AT_START, 2 * items.length);
    while (items.length < size) items.push(undefined);
    this.slots = items;
    this.first = 0;
  }
}
