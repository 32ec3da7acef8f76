/**
 * Rare situations that a world has been in, by name and with counts: what no run ever reached, no
 * run has tested.
 */
export class Probes {
  private readonly counts = new Map<string, number>();

  reach(situation: string, times = 1): void {
    this.counts.set(situation, (this.counts.get(situation) ?? 0) + times);
  }

  addAll(counts: ReadonlyMap<string, number>): void {
    for (const [situation, count] of counts) this.reach(situation, count);
  }

  /** In the order of their names. */
  get reached(): ReadonlyMap<string, number> {
    return new Map([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
