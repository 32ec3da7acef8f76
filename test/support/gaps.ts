/** How long nobody had a write acknowledged: over all clients, and for the one that waited most. */
export class Gaps {
  private last = performance.now();
  private readonly lastOf = new Map<string, number>();
  private longest = 0;
  private longestOfOne = 0;
  /** Writes acknowledged so far. */
  count = 0;

  note(client: string): void {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.last);
    this.longestOfOne = Math.max(this.longestOfOne, now - (this.lastOf.get(client) ?? this.last));
    this.last = now;
    this.lastOf.set(client, now);
    this.count++;
  }

  /** What was longest since the last call, in ms; a gap that goes on counts up to now. */
  take(): { readonly anyMs: number; readonly oneMs: number } {
    const now = performance.now();
    const oldest = Math.min(this.last, ...this.lastOf.values());
    const taken = {
      anyMs: Math.max(this.longest, now - this.last),
      oneMs: Math.max(this.longestOfOne, now - oldest),
    };
    this.longest = 0;
    this.longestOfOne = 0;
    return taken;
  }

  /** Forgets the time in which nobody was asked to write. */
  resume(): void {
    this.last = performance.now();
    this.lastOf.clear();
    this.longest = 0;
    this.longestOfOne = 0;
  }
}
