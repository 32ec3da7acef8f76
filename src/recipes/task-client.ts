/**
 * Who gives tasks to a master-worker system and waits for the results.
 */
import { randomUUID } from "node:crypto";
import type { Watcher } from "../client/driver.ts";
import { op } from "../client/multi.ts";
import type { WaitOptions } from "../client/options.ts";
import type { Data } from "../client/requests.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { Receipts } from "./receipts.ts";
import { follow, type Sessions } from "./sessions.ts";
import { TaskLayout, type TaskResult } from "./task-layout.ts";
import { ensureGone, ifThere } from "./through-loss.ts";

/**
 * Submits tasks to the master-worker system at a path, and fetches their results.
 * @example
 * const tasks = new TaskClient(sessions, "/app");
 * const task = await tasks.submit("render page 7");
 * const { outcome, text } = await tasks.result(task, { signal });
 */
export class TaskClient {
  private readonly sessions: Sessions;
  private readonly layout: TaskLayout;
  /** Of the session that it was made in. */
  private receipts: { readonly zk: ZooKeeper; readonly of: Receipts } | undefined;

  /** `path` is the system's folder, the same for masters, workers and clients. */
  constructor(sessions: Sessions, path: string) {
    this.sessions = sessions;
    this.layout = new TaskLayout(path);
  }

  /**
   * Submits a task, once; resolves to its id. Where the session expires before the answer, rejects
   * with an error that says `ambiguous`.
   * @example const task = await new TaskClient(sessions, "/app").submit("render page 7");
   */
  async submit(data: Data, options: WaitOptions = {}): Promise<string> {
    const zk = this.sessions.current;
    if (this.receipts?.zk !== zk) {
      await this.layout.prepare(zk, options);
      this.receipts = { zk, of: new Receipts(zk, this.layout.folder) };
    }
    const prefix = `task-${Date.now().toString().padStart(14, "0")}-`;
    const task = `${prefix}${randomUUID().slice(0, 8)}`;
    await this.receipts.of.multi([op.create(this.layout.waiting(task), data)], options);
    return task;
  }

  /**
   * The result of a task, also of one that another program submitted; waits until there is one.
   * @example
   * const tasks = new TaskClient(sessions, "/app");
   * const { worker, text } = await tasks.result(await tasks.submit("render page 7"));
   */
  async result(task: string, options: WaitOptions = {}): Promise<TaskResult> {
    const path = this.layout.status(task);
    const read = async (zk: ZooKeeper, watch: Watcher): Promise<Uint8Array | undefined> => {
      if ((await zk.exists(path, { watch })) === undefined) return undefined;
      return (await ifThere(() => zk.getData(path)))?.data ?? undefined;
    };
    for await (const data of follow(this.sessions, read, options)) {
      if (data !== undefined) return JSON.parse(new TextDecoder().decode(data)) as TaskResult;
    }
    throw new Error(`the sessions were closed before ${task} had a result`);
  }

  /**
   * Removes a result that nobody needs any longer.
   * @example
   * const tasks = new TaskClient(sessions, "/app");
   * const task = await tasks.submit("render page 7");
   * await tasks.result(task);
   * await tasks.forget(task);
   */
  forget(task: string, options: WaitOptions = {}): Promise<void> {
    return this.sessions.run((zk) => ensureGone(zk, this.layout.status(task), options), options);
  }
}
