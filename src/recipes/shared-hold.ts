/** One hold for several acquisitions of one owner: what makes a lock re-entrant. */
import type { Held } from "./hold.ts";

type Shared = { readonly held: Held; count: number };

export class SharedHold {
  private current: Shared | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /**
   * A share of what is held already; else of what `fresh` gets. One that `waits` comes after those
   * who wait already, so that it may share what they get.
   */
  get(fresh: () => Promise<Held | undefined>, waits: boolean): Promise<Held | undefined> {
    if (this.current !== undefined || !waits) return this.next(fresh);
    const got = this.last.then(() => this.next(fresh));
    this.last = got.catch(() => undefined); // its caller is told
    return got;
  }

  private async next(fresh: () => Promise<Held | undefined>): Promise<Held | undefined> {
    if (this.current !== undefined && !this.current.held.lost.aborted)
      return this.add(this.current);
    const held = await fresh();
    if (held === undefined) return undefined;
    this.current = { held, count: 0 };
    return this.add(this.current);
  }

  private add(shared: Shared): Held {
    shared.count++;
    let released: Promise<void> | undefined;
    const release = (): Promise<void> => {
      released ??= this.leave(shared);
      return released;
    };
    const { path, token, lost } = shared.held;
    return { path, token, lost, release, [Symbol.asyncDispose]: release };
  }

  private leave(shared: Shared): Promise<void> {
    shared.count--;
    if (shared.count > 0) return Promise.resolve();
    if (this.current === shared) this.current = undefined;
    return shared.held.release();
  }
}
