/**
 * The master of a master-worker system: competes for the place, gives tasks to workers, takes back
 * the tasks of those that died. Any number may run; one at a time is the master.
 *
 * Promises: what a master knows stands in the tree alone, so that the next one goes on where the
 * last one died. A move that was lost or made by an earlier master shows at the next reading. A
 * master whose session is over can change nothing: the servers refuse it.
 */
import { KeeperError } from "../client/keeper-error.ts";
import { op } from "../client/multi.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { type Move, planMoves } from "./assignment-plan.ts";
import { Bell } from "./observe.ts";
import type { Sessions } from "./sessions.ts";
import { TaskLayout } from "./task-layout.ts";
import { ensureNode, ensureOwnGone, ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * How a master is called, and how it shares out the work.
 * @example const options: TaskMasterOptions = { id: "master-1", tasksPerWorkerMax: 5 };
 */
export type TaskMasterOptions = {
  /** How others call this one. */
  readonly id: string;
  /** How many tasks a worker is given at a time; 10 unless given. */
  readonly tasksPerWorkerMax?: number;
  /** Told when this one becomes the master, and when it is not any longer. */
  readonly onMaster?: (isMaster: boolean) => void;
};

const TASKS_PER_WORKER_MAX = 10;

/**
 * A candidate for master of a master-worker system: while it rules, it gives tasks to workers and
 * takes back those of dead ones. Another candidate goes on where it left.
 * @example
 * const master = new TaskMaster(sessions, "/app", { id: "master-1" });
 * await master.run({ signal });
 */
export class TaskMaster {
  private readonly sessions: Sessions;
  private readonly layout: TaskLayout;
  private readonly options: TaskMasterOptions;
  private isMaster = false;

  /** `path` is the system's folder, the same for masters, workers and clients. */
  constructor(sessions: Sessions, path: string, options: TaskMasterOptions) {
    this.sessions = sessions;
    this.layout = new TaskLayout(path);
    this.options = options;
  }

  /**
   * Competes and rules until `signal` is aborted, which rejects, or `sessions` are closed.
   * @example await new TaskMaster(sessions, "/app", { id: "master-1" }).run({ signal });
   */
  async run(options: WaitOptions = {}): Promise<void> {
    for await (const zk of this.sessions.each(options)) {
      try {
        await this.layout.prepare(zk, options);
        await this.serve(zk, options);
      } catch (error) {
        if (options.signal?.aborted === true) await this.retire(zk);
        options.signal?.throwIfAborted();
        if (zk.state !== "EXPIRED" && zk.state !== "CLOSED") throw error;
      } finally {
        this.tell(false);
      }
    }
  }

  private async serve(zk: ZooKeeper, options: WaitOptions): Promise<void> {
    const bell = new Bell();
    for (;;) {
      this.tell(await throughLoss(() => this.stands(zk, bell), options));
      if (this.isMaster) await throughLoss(() => this.rule(zk, bell), options);
      await bell.rung(options);
    }
  }

  /** Takes the place where it is free. True: it is ours. */
  private async stands(zk: ZooKeeper, bell: Bell): Promise<boolean> {
    for (;;) {
      const stat = await zk.exists(this.layout.master, { watch: bell.watcher });
      if (stat !== undefined) return stat.ephemeralOwner === zk.sessionId;
      await ensureNode(zk, this.layout.master, this.options.id, { mode: "ephemeral" });
    }
  }

  private async rule(zk: ZooKeeper, bell: Bell): Promise<void> {
    const system = await this.layout.read(zk, bell.watcher);
    const most = this.options.tasksPerWorkerMax ?? TASKS_PER_WORKER_MAX;
    for (const move of planMoves(system, most)) {
      try {
        await this.perform(zk, move);
      } catch (error) {
        const isOutdated = error instanceof KeeperError && OUTDATED.has(error.code);
        if (!isOutdated) throw error;
        // The tree was quicker: look again.
        bell.ring();
      }
    }
  }

  private async perform(zk: ZooKeeper, move: Move): Promise<void> {
    const { layout } = this;
    if (move.kind === "forget") return await zk.delete(layout.assignments(move.worker));
    const { worker, task } = move;
    const waiting = layout.waiting(task);
    const assigned = layout.assigned(worker, task);
    const from = move.kind === "assign" ? waiting : assigned;
    const node = await ifThere(() => zk.getData(from));
    // Done meanwhile, or moved by a master before us.
    if (node === undefined) return;
    if (move.kind === "takeBack") {
      await zk.multi([op.delete(assigned), op.create(waiting, node.data)]);
      return;
    }
    await ensurePath(zk, layout.assignments(worker));
    const alive = op.check(layout.worker(worker));
    await zk.multi([alive, op.delete(waiting), op.create(assigned, node.data)]);
  }

  /** Leaves the place to the next at once. */
  private async retire(zk: ZooKeeper): Promise<void> {
    if (zk.state !== "CONNECTED") return;
    await ensureOwnGone(zk, this.layout.master, ({ stat }) => stat.ephemeralOwner === zk.sessionId);
  }

  private tell(isMaster: boolean): void {
    if (isMaster === this.isMaster) return;
    this.isMaster = isMaster;
    this.options.onMaster?.(isMaster);
  }
}

/** Refusals of a move that somebody else has made, or made needless. */
const OUTDATED: ReadonlySet<string> = new Set(["NoNode", "NodeExists", "NotEmpty"]);
