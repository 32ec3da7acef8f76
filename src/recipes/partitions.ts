/**
 * Partitions divided among the members that are there, each worked on by one member at a time.
 *
 *   <path>/members/<id>           ephemeral: who takes part
 *   <path>/owners/<partition>     ephemeral: holds the id of who has it
 *
 * Every member computes the same plan from the tree and does its own part of it: it gives back what
 * is too much, and takes what is free and meant for it. Making the owner's node is what decides, so
 * that two that see different trees for a moment do not both get a partition. There is no leader
 * that could be missing. (kazoo's SetPartitioner divides anew at each change, under locks; its
 * nodes are others.)
 */
import { KeeperError } from "../client/keeper-error.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { onSessionLoss } from "./loss.ts";
import { Bell } from "./observe.ts";
import { planPartitions } from "./partition-plan.ts";
import { PersistentNode } from "./persistent-node.ts";
import type { Sessions } from "./sessions.ts";
import { ensureNode, ensureOwnGone, ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * Who takes part, in what, and how.
 * @example
 * const options: PartitionsOptions = {
 *   id: "host-1",
 *   partitions: ["0", "1", "2", "3"],
 *   work: async (shard, over) => {
 *     console.log("begin", shard);
 *     await new Promise((done) => over.addEventListener("abort", done, { once: true }));
 *   },
 * };
 */
export type PartitionsOptions = {
  /** A name that no other member has. */
  readonly id: string;
  /** The names of all partitions, the same for all members: parts of a path, without slashes. */
  readonly partitions: readonly string[];
  /**
   * Works on a partition until `signal` is aborted, and comes to its end soon after: nobody else
   * gets the partition before. It is aborted also when there was no connection for so long that
   * the session may be over: somebody else may have the partition at once then.
   */
  readonly work: (partition: string, signal: AbortSignal) => Promise<void>;
};

type Holding = { readonly abort: AbortController; readonly over: Promise<void> };

/**
 * Partitions that members share out among themselves, each worked on by one at a time.
 * @example
 * const shards = new Partitions(sessions, "/app/shards", {
 *   id: "host-1",
 *   partitions: ["0", "1", "2", "3"],
 *   work: async (shard, over) => {
 *     console.log("begin", shard);
 *     await new Promise((done) => over.addEventListener("abort", done, { once: true }));
 *   },
 * });
 * await shards.run({ signal });
 */
export class Partitions {
  private readonly sessions: Sessions;
  private readonly path: string;
  private readonly options: PartitionsOptions;
  private readonly held = new Map<string, Holding>();

  /** `path` is the folder of the members and of who owns what. */
  constructor(sessions: Sessions, path: string, options: PartitionsOptions) {
    this.sessions = sessions;
    this.path = path === "/" ? "" : path;
    this.options = options;
  }

  /** The partitions that are worked on here, sorted. */
  get mine(): readonly string[] {
    return [...this.held.keys()].sort();
  }

  /**
   * Takes part until `signal` is aborted, which rejects, or `sessions` are closed. Rejects with
   * what `work` rejects with. Ends when all work here has ended.
   * @example
   * const options = { id: "host-1", partitions: ["0", "1"], work: async () => {} };
   * await new Partitions(sessions, "/app/shards", options).run({ signal });
   */
  async run(options: WaitOptions = {}): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([broken.signal, ...(options.signal ? [options.signal] : [])]);
    const member = `${this.path}/members/${this.options.id}`;
    await using _ = await PersistentNode.create(this.sessions, member, "", {
      signal,
      onFailure: (error) => broken.abort(error),
    });
    for await (const zk of this.sessions.each({ signal })) {
      try {
        await ensurePath(zk, `${this.path}/owners`, { signal });
        await this.takePart(zk, broken, signal);
      } catch (error) {
        if (!isEnd(zk) || signal.aborted) throw signal.aborted ? signal.reason : error;
      } finally {
        await this.leave(zk, [...this.held.keys()]);
      }
    }
  }

  /** Does what the plan says, at each change, until the session is over. */
  private async takePart(
    zk: ZooKeeper,
    broken: AbortController,
    signal: AbortSignal,
  ): Promise<void> {
    const bell = new Bell();
    let unlisten: (() => void) | undefined;
    const lost = (): void => {
      unlisten = undefined;
      for (const { abort } of this.held.values()) abort.abort(OVER);
      bell.ring();
    };
    try {
      for (;;) {
        const { plan, owners } = await throughLoss(() => this.read(zk, bell), { signal });
        unlisten ??= onSessionLoss(zk, lost);
        const wanted = new Set(plan.get(this.options.id) ?? []);
        const isKept = (one: string): boolean =>
          wanted.has(one) &&
          owners.get(one) === this.options.id &&
          this.held.get(one)?.abort.signal.aborted === false;
        await this.leave(
          zk,
          this.mine.filter((one) => !isKept(one)),
        );
        for (const partition of wanted) {
          const isFree = !owners.has(partition) && !this.held.has(partition);
          if (isFree && (await this.take(zk, partition))) this.begin(partition, broken);
        }
        await bell.rung({ signal });
      }
    } finally {
      unlisten?.();
    }
  }

  private async read(
    zk: ZooKeeper,
    { watcher }: Bell,
  ): Promise<{
    readonly plan: ReadonlyMap<string, readonly string[]>;
    readonly owners: ReadonlyMap<string, string>;
  }> {
    const watch = watcher;
    const members = await zk.getChildren(`${this.path}/members`, { watch });
    const names = await zk.getChildren(`${this.path}/owners`, { watch });
    const found = await Promise.all(
      names.map(async (name) => {
        const node = await ifThere(() => zk.getData(this.owner(name)));
        return node === undefined ? [] : [[name, ownerIn(node)] as const];
      }),
    );
    const owners = new Map(found.flat());
    return { plan: planPartitions(this.options.partitions, members, owners), owners };
  }

  /** False: somebody else was quicker. */
  private take(zk: ZooKeeper, partition: string): Promise<boolean> {
    const path = this.owner(partition);
    return throughLoss(async () => {
      if (await ensureNode(zk, path, this.options.id, { mode: "ephemeral" })) return true;
      const stat = await zk.exists(path);
      return stat?.ephemeralOwner === zk.sessionId;
    });
  }

  private begin(partition: string, broken: AbortController): void {
    const abort = new AbortController();
    const over = this.options.work(partition, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) broken.abort(error);
    });
    this.held.set(partition, { abort, over });
  }

  /** Ends the work on partitions and then gives them away. */
  private async leave(zk: ZooKeeper, partitions: readonly string[]): Promise<void> {
    for (const partition of partitions) this.held.get(partition)?.abort.abort(OVER);
    for (const partition of partitions) {
      await this.held.get(partition)?.over;
      this.held.delete(partition);
      try {
        await ensureOwnGone(
          zk,
          this.owner(partition),
          ({ stat }) => stat.ephemeralOwner === zk.sessionId,
        );
      } catch (error) {
        // With the session the partition is free by itself.
        if (!(error instanceof KeeperError) || !isEnd(zk)) throw error;
      }
    }
  }

  private owner(partition: string): string {
    return `${this.path}/owners/${partition}`;
  }
}

const OVER = new Error("the partition is somebody else's");

const isEnd = (zk: ZooKeeper): boolean => zk.state === "EXPIRED" || zk.state === "CLOSED";

const ownerIn = ({ data }: { readonly data: Uint8Array | null }): string =>
  new TextDecoder().decode(data ?? new Uint8Array());
