/** A lock that is held by whoever is first in a line, or first of its kind. */
import { assert } from "../base/assert.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import type { Held } from "./hold.ts";
import { type LimitOptions, unlessLate, within } from "./limit.ts";
import { type Contender, contenders, headOfLine, type LinePlan } from "./line.ts";
import { SharedHold } from "./shared-hold.ts";

/**
 * A lock that is one side of another one: `ReadWriteLock.read` and `.write`.
 * @example
 * const lock: LineLock = new ReadWriteLock(zk, "/locks/table").read;
 * await using held = await lock.acquire();
 */
export class LineLock {
  private readonly zk: ZooKeeper;
  private readonly plan: LinePlan;
  private readonly shared: SharedHold | undefined;

  /** Made by `ReadWriteLock`. */
  constructor(zk: ZooKeeper, plan: LinePlan, isReentrant = false) {
    this.zk = zk;
    this.plan = plan;
    this.shared = isReentrant ? new SharedHold() : undefined;
  }

  /** The folder of those who stand in line. */
  get path(): string {
    return this.plan.folder;
  }

  /**
   * Waits for the lock. Goes on over lost connections; rejects when the session is over, when
   * `signal` is aborted, and with a `TimeoutError` after `timeoutMs`. A lock that was not got
   * leaves no node behind, once the client has a connection.
   * @example
   * await using held = await new ReadWriteLock(zk, "/locks/table").write.acquire({ signal });
   */
  async acquire(options: LimitOptions = {}): Promise<Held> {
    const held = await this.get(options, true);
    assert(held !== undefined, "a wait ends with a lock or an error");
    return held;
  }

  /**
   * The lock if it is free, or becomes so within `timeoutMs`; undefined otherwise.
   * @example await using held = await new ReadWriteLock(zk, "/locks/table").read.tryAcquire();
   */
  tryAcquire(options: LimitOptions = {}): Promise<Held | undefined> {
    return unlessLate(options, this.get(options, options.timeoutMs !== undefined));
  }

  /**
   * Who holds the lock and who waits for it, in order.
   * @example const line = await new ReadWriteLock(zk, "/locks/table").read.contenders();
   */
  contenders(): Promise<readonly Contender[]> {
    return contenders(this.zk, this.plan.folder, this.plan.infixes);
  }

  private get(options: LimitOptions, waits: boolean): Promise<Held | undefined> {
    const work = (signal: AbortSignal): Promise<Held | undefined> => {
      const fresh = () => headOfLine(this.zk, this.plan, signal, waits);
      return this.shared?.get(fresh, waits) ?? fresh();
    };
    return within(options, work, (held) => held?.release());
  }
}
