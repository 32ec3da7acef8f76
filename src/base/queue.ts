/** A first-in first-out queue over one array; taking is O(1) amortised and leaves no garbage behind. */
const COMPACT_AT = 1024;

export class Queue<T> {
  private items: (T | undefined)[] = [];
  private first = 0;

  get length(): number {
    return this.items.length - this.first;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The oldest item, or undefined when empty. */
  peek(): T | undefined {
    return this.items[this.first];
  }

  /** Takes the oldest item out, or undefined when empty. */
  shift(): T | undefined {
    if (this.first === this.items.length) return undefined;
    const item = this.items[this.first];
    this.items[this.first++] = undefined;
    if (this.first === this.items.length) {
      this.items = [];
      this.first = 0;
    } else if (this.first >= COMPACT_AT && this.first * 2 > this.items.length) {
      this.items = this.items.slice(this.first);
      this.first = 0;
    }
    return item;
  }

  clear(): void {
    this.items = [];
    this.first = 0;
  }

  /** A copy, oldest first. */
  toArray(): readonly T[] {
    return this.items.slice(this.first) as T[];
  }

  /** Takes all, oldest first. */
  takeAll(): readonly T[] {
    const taken = this.items.slice(this.first) as T[];
    this.clear();
    return taken;
  }

  /** Takes those that `matches` accepts, oldest first; the others keep their order. */
  takeWhere(matches: (item: T) => boolean): readonly T[] {
    const all = this.takeAll();
    for (const item of all) if (!matches(item)) this.items.push(item);
    return all.filter(matches);
  }
}
