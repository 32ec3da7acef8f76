/**
 * A barrier: a node that all wait for to go. Laid out as Curator's `DistributedBarrier` and kazoo's
 * `Barrier`: the node at the barrier's path, whatever it holds.
 */
import type { ZooKeeper } from "../client/zookeeper.ts";
import { untilGone } from "./gone.ts";
import { type LimitOptions, within } from "./limit.ts";
import { ensureBelow } from "./own-node.ts";
import { ensureGone } from "./through-loss.ts";

/**
 * Holds everybody back while it is set. It outlives the session that has set it.
 * @example
 * const barrier = new Barrier(zk, "/barriers/import");
 * await barrier.set();
 * const passed = new Barrier(other, "/barriers/import").wait();
 * await barrier.remove();
 * await passed;
 */
export class Barrier {
  private readonly zk: ZooKeeper;
  private readonly path: string;

  /** `path` is the barrier's node. */
  constructor(zk: ZooKeeper, path: string) {
    this.zk = zk;
    this.path = path;
  }

  /**
   * Sets the barrier, unless it is set already.
   * @example await new Barrier(zk, "/barriers/import").set();
   */
  set(): Promise<void> {
    return ensureBelow(this.zk, this.path, "persistent");
  }

  /**
   * Lets everybody pass. A barrier that is not set is left as it is.
   * @example await new Barrier(zk, "/barriers/import").remove();
   */
  remove(): Promise<void> {
    return ensureGone(this.zk, this.path);
  }

  /**
   * Resolves when the barrier is not set. Rejects when the session is over, when `signal` is
   * aborted, and with a `TimeoutError` after `timeoutMs`.
   * @example await new Barrier(zk, "/barriers/import").wait({ timeoutMs: 60_000 });
   */
  wait(options: LimitOptions = {}): Promise<void> {
    const work = (signal: AbortSignal) => untilGone(this.zk, this.path, signal);
    return within(options, work, () => {});
  }
}
