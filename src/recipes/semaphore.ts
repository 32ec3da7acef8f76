/**
 * A semaphore, laid out as Curator's `InterProcessSemaphoreV2`:
 *
 *   /path/locks/_c_6a8c…-lock-0000000007       who is next to take a lease, and waits for one
 *   /path/leases/_c_11f0…-lease-0000000005     a lease
 *   /path/leases/_c_0e32…-lease-0000000006     another
 *
 * kazoo's semaphore has another layout, which does not keep the order of those who wait.
 * From: Curator 5.4.
 */
import { assert } from "../base/assert.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import type { Acl } from "../records/data.ts";
import { type Held, hold } from "./hold.ts";
import { type LimitOptions, unlessLate, within } from "./limit.ts";
import {
  type Contender,
  contenders,
  headOfLine,
  type LinePlan,
  type Standing,
  withOwnNode,
} from "./line.ts";
import { Bell } from "./observe.ts";
import { curatorNaming, join, type NodePlan, type OwnNode } from "./own-node.ts";
import { ifThere } from "./through-loss.ts";

const LOCK = "lock-";
const LEASE = "lease-";

/**
 * Who we are, for others to see.
 * @example const options: SemaphoreOptions = { id: "host-1" };
 */
export type SemaphoreOptions = {
  /** Who we are, for `holders`; written into our nodes. Empty unless given. */
  readonly id?: string | undefined;
  /** Of our nodes; everybody everything unless given. */
  readonly acl?: readonly Acl[] | undefined;
};

/**
 * At most so many at a time, in the order in which they came.
 * @example
 * const downloads = new Semaphore(zk, "/semaphores/downloads", 5);
 * await using lease = await downloads.acquire();
 */
export class Semaphore {
  private readonly zk: ZooKeeper;
  private readonly leases: number;
  private readonly door: LinePlan;
  private readonly room: NodePlan;

  /** `leases`: how many may hold one, at least 1. All who use `path` must say the same. */
  constructor(zk: ZooKeeper, path: string, leases: number, options: SemaphoreOptions = {}) {
    if (!Number.isInteger(leases) || leases < 1) throw new RangeError(`${leases} leases`);
    this.zk = zk;
    this.leases = leases;
    const own = { data: options.id ?? "", acl: options.acl };
    const lock = { naming: curatorNaming(LOCK), infixes: [LOCK], blockers: [LOCK] };
    this.door = { folder: join(path, "locks"), ...lock, ...own };
    this.room = { folder: join(path, "leases"), naming: curatorNaming(LEASE), ...own };
  }

  /**
   * Waits for a lease. Goes on over lost connections; rejects when the session is over, when
   * `signal` is aborted, and with a `TimeoutError` after `timeoutMs`. Tokens of leases do not order
   * their holders: several hold at once.
   * @example
   * await using lease = await new Semaphore(zk, "/semaphores/downloads", 5).acquire({ signal });
   */
  async acquire(options: LimitOptions = {}): Promise<Held> {
    const held = await this.get(options, true);
    assert(held !== undefined, "a wait ends with a lease or an error");
    return held;
  }

  /**
   * A lease if one is free and nobody waits, or we get one within `timeoutMs`; undefined otherwise.
   * @example
   * const downloads = new Semaphore(zk, "/semaphores/downloads", 5);
   * await using lease = await downloads.tryAcquire({ timeoutMs: 1000 });
   * if (lease === undefined) console.log("all are taken");
   */
  tryAcquire(options: LimitOptions = {}): Promise<Held | undefined> {
    return unlessLate(options, this.get(options, options.timeoutMs !== undefined));
  }

  /**
   * Who holds a lease, the oldest first.
   * @example const holders = await new Semaphore(zk, "/semaphores/downloads", 5).holders();
   */
  holders(): Promise<readonly Contender[]> {
    return contenders(this.zk, this.room.folder, [LEASE]);
  }

  private get(options: LimitOptions, waits: boolean): Promise<Held | undefined> {
    const work = (signal: AbortSignal) => this.throughDoor(signal, waits);
    return within(options, work, (held) => held?.release());
  }

  /** One at a time makes a lease and waits until it counts. */
  private async throughDoor(signal: AbortSignal, waits: boolean): Promise<Held | undefined> {
    const door = await headOfLine(this.zk, this.door, signal, waits);
    if (door === undefined) return undefined;
    try {
      return await withOwnNode(this.zk, this.room, (node) => this.wait(node, signal, waits));
    } finally {
      await door.release();
    }
  }

  private async wait(node: OwnNode, signal: AbortSignal, waits: boolean): Promise<Standing> {
    const bell = new Bell();
    const { folder } = this.room;
    for (;;) {
      signal.throwIfAborted();
      const names =
        (await ifThere(() => this.zk.getChildren(folder, { watch: bell.watcher }))) ?? [];
      await node.dropTwins(names);
      if (!names.includes(node.name)) return "gone";
      if (names.length <= this.leases) return (await hold(this.zk, node)) ?? "gone";
      if (!waits) return "behind";
      await bell.rung({ signal });
    }
  }
}
