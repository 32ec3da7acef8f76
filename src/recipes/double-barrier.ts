/**
 * A double barrier: everybody begins together and ends together. Laid out as Curator's
 * `DistributedDoubleBarrier` and kazoo's `DoubleBarrier`:
 *
 *   /path/6a8c…      a member, ephemeral, with a name that nobody else has
 *   /path/ready      enough have come: all may begin
 *
 * To leave without waking all at each step, the first in the order of names waits for the last, and
 * all others, once their own nodes are gone, wait for the first.
 * From: the reference's recipes page; Curator 5.4; kazoo 2.8 `recipe/barrier.py`.
 */
import { randomUUID } from "node:crypto";
import { assert } from "../base/assert.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { isOver } from "../client-core/protocol.ts";
import { changeAt } from "./gone.ts";
import { type LimitOptions, within } from "./limit.ts";
import { Bell } from "./observe.ts";
import { childrenOf, ensureBelow, join } from "./own-node.ts";
import { ensureGone, ensureNode, throughLoss } from "./through-loss.ts";

const READY = "ready";

/**
 * One member of a group that begins and ends together, once or again and again.
 * @example
 * const barrier = new DoubleBarrier(zk, "/barriers/step", 3);
 * await barrier.enter(); // resolves when three have entered
 * console.log("all at work");
 * await barrier.leave(); // resolves when all have left or are gone
 */
export class DoubleBarrier {
  private readonly zk: ZooKeeper;
  private readonly path: string;
  private readonly members: number;
  /** Our node's name while we are inside. */
  private own: string | undefined;

  /** `members`: how many begin together, at least 1. All must say the same. */
  constructor(zk: ZooKeeper, path: string, members: number) {
    if (!Number.isInteger(members) || members < 1) throw new RangeError(`${members} members`);
    this.zk = zk;
    this.path = path;
    this.members = members;
  }

  /**
   * Comes in, and resolves when enough have. Rejects when the session is over, when `signal` is
   * aborted, and with a `TimeoutError` after `timeoutMs`; then we are not a member. One object is
   * one member, which leaves before it enters again.
   * @example await new DoubleBarrier(zk, "/barriers/step", 3).enter({ timeoutMs: 60_000 });
   */
  async enter(options: LimitOptions = {}): Promise<void> {
    assert(this.own === undefined, "a member leaves before it enters again");
    const name = randomUUID();
    this.own = name;
    try {
      const away = () => this.remove(name);
      await within(options, (signal) => this.comeIn(name, signal), away);
    } catch (error) {
      this.own = undefined;
      throw error;
    }
  }

  /**
   * Goes out, and resolves when all who were inside have done so or are gone. Rejects as `enter`
   * does; we are no member then either.
   * @example
   * const barrier = new DoubleBarrier(zk, "/barriers/step", 3);
   * await barrier.enter();
   * await barrier.leave({ signal });
   */
  async leave(options: LimitOptions = {}): Promise<void> {
    const name = this.own;
    assert(name !== undefined, "a member enters before it leaves");
    this.own = undefined;
    await within(
      options,
      (signal) => this.goOut(name, signal),
      () => {},
    );
  }

  private async comeIn(name: string, signal: AbortSignal): Promise<void> {
    const before = (await childrenOf(this.zk, this.path)) ?? [];
    // Left by members of whom none had the time to tidy up: it says nothing about us.
    if (before.length === 1 && before[0] === READY) await ensureGone(this.zk, this.ready);
    try {
      await ensureBelow(this.zk, join(this.path, name), "ephemeral");
      const bell = new Bell();
      while (!(await this.isReady(bell))) await bell.rung({ signal });
      signal.throwIfAborted();
    } catch (error) {
      await this.remove(name);
      throw error;
    }
  }

  /** Whether all may begin; the last to come says so. `bell` rings when somebody else does. */
  private async isReady(bell: Bell): Promise<boolean> {
    const stat = await throughLoss(() => this.zk.exists(this.ready, { watch: bell.watcher }));
    if (stat !== undefined) return true;
    if ((await this.inside()).length < this.members) return false;
    await ensureNode(this.zk, this.ready, "");
    return true;
  }

  private async goOut(name: string, signal: AbortSignal): Promise<void> {
    try {
      const known = new Set(await this.inside());
      for (;;) {
        signal.throwIfAborted();
        // Whoever comes later is of the next time.
        const names = (await this.inside()).filter((one) => known.has(one));
        const others = names.filter((one) => one !== name);
        if (others.length === 0) break;
        const isFirst = names[0] === name;
        if (!isFirst) await ensureGone(this.zk, join(this.path, name));
        await changeAt(
          this.zk,
          join(this.path, (isFirst ? others.at(-1) : others[0]) ?? ""),
          signal,
        );
      }
    } finally {
      await this.remove(name);
    }
    await ensureGone(this.zk, this.ready);
  }

  /** The members' names, sorted. */
  private async inside(): Promise<readonly string[]> {
    const names = (await childrenOf(this.zk, this.path)) ?? [];
    return names.filter((name) => name !== READY).sort();
  }

  private get ready(): string {
    return join(this.path, READY);
  }

  private async remove(name: string): Promise<void> {
    try {
      await ensureGone(this.zk, join(this.path, name));
    } catch (error) {
      if (!isOver(this.zk.state)) throw error;
    }
  }
}
