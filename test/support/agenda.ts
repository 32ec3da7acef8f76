/** What will happen when, for small simulations: earliest first, equals in the order of planning. */
export class Agenda {
  now = 0;
  private readonly events: { readonly at: number; readonly act: () => void }[] = [];

  after(ms: number, act: () => void): void {
    const at = this.now + ms;
    let index = this.events.length;
    while (index > 0 && this.events[index - 1]!.at > at) index--;
    this.events.splice(index, 0, { at, act });
  }

  /** Lets everything happen until `until`, or until `isDone`, asked after each event. */
  run(until: number, isDone: () => boolean = () => false): void {
    while (this.events.length > 0 && this.events[0]!.at <= until) {
      const { at, act } = this.events.shift()!;
      this.now = at;
      act();
      if (isDone()) return;
    }
    this.now = until;
  }
}
