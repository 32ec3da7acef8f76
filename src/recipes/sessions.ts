/**
 * Clients one after the other: a program that outlives its sessions. Where a session expires, the
 * next client is made, and who follows is told to begin again with it.
 *
 *   await using sessions = new Sessions(() => new ZooKeeper("a:2181,b:2181"));
 *   for await (const zk of sessions.each({ signal })) await register(zk);
 */

import type { Watcher } from "../client/driver.ts";
import { ClosedError, SessionExpiredError } from "../client/keeper-error.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { isOver } from "../client-core/protocol.ts";
import { Bell, observe } from "./observe.ts";

/**
 * Clients one after the other: a program that outlives its sessions. Where a session expires, the
 * next client is made, and who follows is told to begin again with it.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { Sessions } from "quoll/recipes";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using sessions = new Sessions(() => new ZooKeeper(server.connectString));
 * for await (const zk of sessions.each()) {
 *   await zk.create("/here", null, { mode: "ephemeral" });
 *   console.log(await zk.getEphemerals()); // [ '/here' ]
 *   break;
 * }
 */
export class Sessions implements AsyncDisposable {
  private readonly open: () => ZooKeeper;
  private readonly bells = new Set<Bell>();
  private zk: ZooKeeper | undefined;
  private isClosed = false;

  /** `open` makes a client, each time a new one, which this then owns. */
  constructor(open: () => ZooKeeper) {
    this.open = open;
  }

  /**
   * The client of now; never one whose session has expired. Throws `ClosedError` after `close`.
   * A client that was refused (`AUTH_FAILED`) stays: another try would be refused as well.
   */
  get current(): ZooKeeper {
    if (this.isClosed) {
      throw new ClosedError({ operation: "session", path: undefined, ambiguous: false });
    }
    if (this.zk === undefined || this.zk.state === "EXPIRED") {
      const zk = this.open();
      this.zk = zk;
      zk.onState((state) => {
        if (isOver(state) && this.zk === zk) this.ring();
      });
    }
    return this.zk;
  }

  /**
   * The client of now, and each later one when the one before has expired. Ends when this is
   * closed; rejects when `signal` is aborted.
   * @example
   * for await (const client of sessions.each({ signal })) {
   *   await client.create("/app/hosts/a", null, { mode: "ephemeral" });
   * }
   */
  async *each(options: WaitOptions = {}): AsyncGenerator<ZooKeeper, void, void> {
    const bell = new Bell();
    this.bells.add(bell);
    try {
      for (let last: ZooKeeper | undefined; !this.isClosed; ) {
        options.signal?.throwIfAborted();
        const zk = this.current;
        if (zk === last) {
          await bell.rung(options);
          continue;
        }
        last = zk;
        yield zk;
      }
    } finally {
      this.bells.delete(bell);
    }
  }

  /**
   * What `work` makes with the client of now; begins again with the next where the session expires
   * under it. Only for work that may be done twice.
   * @example const names = await sessions.run((client) => client.getChildren("/app/hosts"));
   */
  async run<A>(work: (zk: ZooKeeper) => Promise<A>, { signal }: WaitOptions = {}): Promise<A> {
    for (;;) {
      signal?.throwIfAborted();
      const zk = this.current;
      try {
        return await work(zk);
      } catch (error) {
        if (!(error instanceof SessionExpiredError) || zk.state !== "EXPIRED") throw error;
      }
    }
  }

  /**
   * Closes the client of now, and with it everybody who follows.
   * @example await sessions.close(); // `await using` does the same
   */
  async close(): Promise<void> {
    this.isClosed = true;
    this.ring();
    await this.zk?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private ring(): void {
    for (const bell of this.bells) bell.ring();
  }
}

/**
 * What `read` finds now and after each change, over one session after the other: the session's end
 * does not show. Ends when `sessions` is closed.
 */
export async function* follow<A>(
  sessions: Sessions,
  read: (zk: ZooKeeper, watch: Watcher) => Promise<A>,
  options: WaitOptions = {},
): AsyncGenerator<A, void, void> {
  for await (const zk of sessions.each(options)) {
    try {
      yield* observe((watch) => read(zk, watch), options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (zk.state !== "EXPIRED" && zk.state !== "CLOSED") throw error;
    }
  }
}
