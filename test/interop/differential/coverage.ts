/** Counts how often each operation had each outcome, so that a run can tell what it has not met. */
export class Coverage {
  private readonly rows = new Map<string, Map<string, number>>();

  add(row: string, outcome: string): void {
    const counts = this.rows.get(row) ?? new Map<string, number>();
    this.rows.set(row, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
  }

  /** One line for each row, outcomes by their frequency. */
  lines(): readonly string[] {
    const names = [...this.rows.keys()].sort();
    return names.map((name) => {
      const counts = [...this.rows.get(name)!].sort(([, a], [, b]) => b - a);
      return `${name.padEnd(22)} ${counts.map(([what, count]) => `${what}: ${count}`).join("  ")}`;
    });
  }
}
