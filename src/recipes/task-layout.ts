/**
 * Where a master-worker system keeps what it knows: the textbook's folders.
 *
 *   <path>/master              ephemeral: the master's id
 *   <path>/workers/<worker>    ephemeral, one for each living worker
 *   <path>/tasks/<task>        waits for a worker; holds what is to be done
 *   <path>/assign/<worker>/<task>   a worker has it; holds what is to be done
 *   <path>/status/<task>       it is over; holds the result as JSON
 *
 * A task stands in exactly one of the three folders: it moves from one to the next by a multi. So
 * everything that a new master must know is in the tree.
 */
import type { Watcher } from "../client/driver.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * What became of a task.
 * @example const isGood = ({ outcome }: TaskResult): boolean => outcome === "done";
 */
export type TaskResult = {
  /** `failed`: the worker's handler threw, and `text` is what the error says. */
  readonly outcome: "done" | "failed";
  /** The worker that has done it. */
  readonly worker: string;
  /** What the handler has returned. */
  readonly text: string;
};

/**
 * A picture of a whole system; its parts are read one after the other.
 * @example const backlog = ({ waiting }: TaskSystem): number => waiting.length;
 */
export type TaskSystem = {
  /** Undefined while there is no master. */
  readonly master: string | undefined;
  /** The living workers. */
  readonly workers: readonly string[];
  /** Tasks that wait for a worker, the oldest first. */
  readonly waiting: readonly string[];
  /** The tasks of each worker; of dead ones too, until a master has taken them back. */
  readonly assigned: ReadonlyMap<string, readonly string[]>;
  /** Tasks whose results nobody has removed. */
  readonly finished: readonly string[];
};

export class TaskLayout {
  readonly base: string;

  constructor(base: string) {
    this.base = base === "/" ? "" : base;
  }

  get master(): string {
    return `${this.base}/master`;
  }
  get folder(): string {
    return this.base === "" ? "/" : this.base;
  }
  worker(id: string): string {
    return `${this.base}/workers/${id}`;
  }
  waiting(task: string): string {
    return `${this.base}/tasks/${task}`;
  }
  assignments(worker: string): string {
    return `${this.base}/assign/${worker}`;
  }
  assigned(worker: string, task: string): string {
    return `${this.base}/assign/${worker}/${task}`;
  }
  status(task: string): string {
    return `${this.base}/status/${task}`;
  }

  /** Makes the folders that are missing. */
  async prepare(zk: ZooKeeper, options: WaitOptions = {}): Promise<void> {
    for (const folder of ["workers", "tasks", "assign", "status"]) {
      await ensurePath(zk, `${this.base}/${folder}`, options);
    }
  }

  /** Reads the system; `watch` is told of whatever a master must act on. */
  async read(zk: ZooKeeper, watch?: Watcher): Promise<TaskSystem> {
    // Assignments come first: a task that moves on meanwhile is seen twice rather than not at all.
    const owners = await this.children(zk, "assign", watch);
    const lists = owners.map((worker) => this.children(zk, `assign/${worker}`, watch));
    const [workers, waiting, finished, master, ...tasks] = await Promise.all([
      this.children(zk, "workers", watch),
      this.children(zk, "tasks", watch),
      this.children(zk, "status"),
      ifThere(() => zk.getData(this.master, { watch })),
      ...lists,
    ]);
    return {
      master: master && new TextDecoder().decode(master.data ?? new Uint8Array()),
      workers,
      waiting,
      finished,
      assigned: new Map(owners.map((worker, index) => [worker, tasks[index] ?? []])),
    };
  }

  private async children(
    zk: ZooKeeper,
    folder: string,
    watch?: Watcher,
  ): Promise<readonly string[]> {
    const names = await ifThere(() => zk.getChildren(`${this.base}/${folder}`, { watch }));
    return [...(names ?? [])].sort();
  }
}

/**
 * The state of the master-worker system at `path`, for status pages.
 * @example const { master, workers, waiting } = await readTaskSystem(zk, "/app");
 */
export const readTaskSystem = (zk: ZooKeeper, path: string): Promise<TaskSystem> =>
  throughLoss(() => new TaskLayout(path).read(zk));
