/** A queue that takes constant time at both ends. */
const SHRINK_AT = 1024;

export class Fifo<T> {
  private values: T[] = [];
  private head = 0;

  get size(): number {
    return this.values.length - this.head;
  }

  push(value: T): void {
    this.values.push(value);
  }

  /** Takes the oldest; undefined when there is none. */
  shift(): T | undefined {
    if (this.head === this.values.length) return undefined;
    const value = this.values[this.head++];
    if (this.head >= SHRINK_AT && this.head * 2 >= this.values.length) {
      this.values = this.values.slice(this.head);
      this.head = 0;
    }
    return value;
  }

  /** Takes all, oldest first. */
  takeAll(): readonly T[] {
    const taken = this.values.slice(this.head);
    this.values = [];
    this.head = 0;
    return taken;
  }

  /** Takes the ones that `matches` accepts; the others keep their order. */
  takeWhere(matches: (value: T) => boolean): readonly T[] {
    const all = this.takeAll();
    for (const value of all) if (!matches(value)) this.values.push(value);
    return all.filter(matches);
  }
}
