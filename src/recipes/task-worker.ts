/**
 * A worker of a master-worker system: registers, does what it is assigned, tells the results.
 *
 * Promises: a task that was reassigned meanwhile gets its result from the other worker and not from
 * this one. A handler may run more than once for a task, also in two workers at the same time when
 * a worker is taken for dead; it has one result.
 */

import type { Watcher } from "../client/driver.ts";
import { NodeExistsError, NoNodeError } from "../client/keeper-error.ts";
import { op } from "../client/multi.ts";
import type { WaitOptions } from "../client/options.ts";
import type { Data } from "../client/requests.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { PersistentNode } from "./persistent-node.ts";
import { follow, type Sessions } from "./sessions.ts";
import { TaskLayout, type TaskResult } from "./task-layout.ts";
import { ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * A task that a worker is to do.
 * @example
 * const handle = async ({ text, signal: over }: AssignedTask): Promise<string> => {
 *   const page = await fetch(`http://renderer/${text}`, { signal: over });
 *   return page.text();
 * };
 */
export type AssignedTask = {
  /** What `TaskClient.submit` resolved to. */
  readonly id: string;
  /** What was submitted; null where that was null. */
  readonly data: Uint8Array | null;
  /** `data` as text. */
  readonly text: string;
  /** Aborted when the task is somebody else's, or the worker stops. */
  readonly signal: AbortSignal;
};

/**
 * How a worker is called, and what it does.
 * @example
 * const options: TaskWorkerOptions = { id: "worker-1", handle: ({ text }) => text.toUpperCase() };
 */
export type TaskWorkerOptions = {
  /** How the master calls this one: a name for a node, which no other living worker has. */
  readonly id: string;
  /** What others may know of this worker, such as its address. */
  readonly data?: Data;
  /** Does a task. What it returns is the result; what it throws is the failure. */
  readonly handle: (task: AssignedTask) => Promise<string> | string;
};

type Run = { readonly abort: AbortController; readonly over: Promise<void> };

/**
 * A worker of a master-worker system: registers, does what it is assigned, tells the results. A
 * handler may run more than once for a task, and in two workers at a time where one is taken for
 * dead; the task has one result.
 * @example
 * const worker = new TaskWorker(sessions, "/app", {
 *   id: "worker-1",
 *   handle: ({ text }) => text.toUpperCase(),
 * });
 * await worker.run({ signal });
 */
export class TaskWorker {
  private readonly sessions: Sessions;
  private readonly layout: TaskLayout;
  private readonly options: TaskWorkerOptions;
  private readonly runs = new Map<string, Run>();
  /** The tasks that are ours, as far as is known. */
  private listed: ReadonlySet<string> = new Set();

  /** `path` is the system's folder, the same for masters, workers and clients. */
  constructor(sessions: Sessions, path: string, options: TaskWorkerOptions) {
    this.sessions = sessions;
    this.layout = new TaskLayout(path);
    this.options = options;
  }

  /**
   * Works until `signal` is aborted, which rejects, or `sessions` are closed. Resolves and rejects
   * when the handlers have ended; what was not finished goes to others.
   * @example
   * const options = { id: "worker-1", handle: () => "done" };
   * await new TaskWorker(sessions, "/app", options).run({ signal });
   */
  async run(options: WaitOptions = {}): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([broken.signal, ...(options.signal ? [options.signal] : [])]);
    const { id, data = null } = this.options;
    await using _ = await PersistentNode.create(this.sessions, this.layout.worker(id), data, {
      ...options,
      onFailure: (error) => broken.abort(error),
    });
    try {
      const read = (zk: ZooKeeper, watch: Watcher) => this.assigned(zk, watch);
      for await (const tasks of follow(this.sessions, read, { signal })) {
        this.turnTo(tasks, broken);
      }
    } finally {
      this.turnTo([], broken);
      await Promise.all([...this.runs.values()].map(({ over }) => over));
    }
  }

  private async assigned(zk: ZooKeeper, watch: Watcher): Promise<readonly string[]> {
    const folder = this.layout.assignments(this.options.id);
    for (;;) {
      const names = await ifThere(() => zk.getChildren(folder, { watch }));
      if (names !== undefined) return names;
      await ensurePath(zk, folder);
    }
  }

  /** Begins what is new and leaves what is not ours any more. `broken` is told of failures. */
  private turnTo(tasks: readonly string[], broken: AbortController): void {
    this.listed = new Set(tasks);
    for (const [task, { abort }] of this.runs) {
      if (!this.listed.has(task)) abort.abort(new Error(`task ${task} is somebody else's`));
    }
    for (const task of tasks) {
      if (!this.runs.has(task)) this.begin(task, broken);
    }
  }

  private begin(task: string, broken: AbortController): void {
    const abort = new AbortController();
    const over = this.perform(task, abort.signal)
      .catch((error: unknown) => {
        if (!abort.signal.aborted) broken.abort(error);
        return false;
      })
      .then((isFinished) => {
        this.runs.delete(task);
        // It may have been taken away and given back while the run came to its end.
        if (!isFinished && this.listed.has(task) && !broken.signal.aborted) {
          this.begin(task, broken);
        }
      });
    this.runs.set(task, { abort, over });
  }

  /** False: the task was not ours when it began. Rejects when `signal` is aborted. */
  private async perform(task: string, signal: AbortSignal): Promise<boolean> {
    const path = this.layout.assigned(this.options.id, task);
    const node = await this.sessions.run((zk) => ifThere(() => zk.getData(path)), { signal });
    if (node === undefined) return false;
    const { data } = node;
    const text = new TextDecoder().decode(data ?? new Uint8Array());
    const result = await this.resultOf({ id: task, data, text, signal });
    signal.throwIfAborted();
    await this.sessions.run((zk) => this.report(zk, task, result));
    return true;
  }

  private async resultOf(task: AssignedTask): Promise<TaskResult> {
    const worker = this.options.id;
    try {
      return { outcome: "done", worker, text: await this.options.handle(task) };
    } catch (error) {
      return { outcome: "failed", worker, text: String(error) };
    }
  }

  /** Moves the task from assigned to finished, if it is still ours. */
  private report(zk: ZooKeeper, task: string, result: TaskResult): Promise<void> {
    const { layout } = this;
    return throughLoss(async () => {
      try {
        await zk.multi([
          op.delete(layout.assigned(this.options.id, task)),
          op.create(layout.status(task), JSON.stringify(result)),
        ]);
      } catch (error) {
        // Reported by a try whose reply was lost, or by another worker.
        if (!(error instanceof NoNodeError || error instanceof NodeExistsError)) throw error;
      }
    });
  }
}
