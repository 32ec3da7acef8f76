/**
 * Writes whose fate is known although the reply was lost.
 *
 * Each multi also counts up an ephemeral node of this session. After a lost reply that node's
 * version tells whether the multi was done, so that an increment is not made twice and an item is
 * not put twice. When the session is over before that could be read, the error says `ambiguous`.
 */
import { randomUUID } from "node:crypto";
import { KeeperError, SessionExpiredError } from "../client/keeper-error.ts";
import { op, type WriteOp, type WriteResult } from "../client/multi.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { isOver } from "../client-core/protocol.ts";
import { ensureGone, ensureNode, isLoss, throughLoss } from "./through-loss.ts";

export class Receipts implements AsyncDisposable {
  private readonly zk: ZooKeeper;
  private readonly folder: string;
  /** The node and the version that it has; undefined before it was made. */
  private node: { readonly path: string; readonly version: number } | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /** The node will be `folder`/receipt-<uuid>; the folder must exist before the first multi. */
  constructor(zk: ZooKeeper, folder: string) {
    this.zk = zk;
    this.folder = folder;
  }

  /**
   * Does all of `ops` or none, once. Rejects with the error of the operation that failed. Resolves
   * to undefined where they were done and the results were lost.
   */
  multi(
    ops: readonly WriteOp[],
    options: WaitOptions = {},
  ): Promise<readonly WriteResult[] | undefined> {
    // One after the other: a version tells about one multi at a time.
    const done = this.last.then(() => this.once(ops, options));
    this.last = done.catch(() => undefined);
    return done;
  }

  /** Deletes the node. A session that ends does so by itself. */
  async close(): Promise<void> {
    await this.last;
    const node = this.node;
    this.node = undefined;
    if (node === undefined) return;
    try {
      await ensureGone(this.zk, node.path);
    } catch (error) {
      if (!isOver(this.zk.state)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async once(
    ops: readonly WriteOp[],
    options: WaitOptions,
  ): Promise<readonly WriteResult[] | undefined> {
    for (;;) {
      options.signal?.throwIfAborted();
      const node = this.node ?? (await this.make(options));
      this.node = node;
      try {
        // No signal: whoever stopped waiting in the middle would not know what is done.
        const results = await this.zk.multi([...ops, op.setData(node.path, "", node.version)]);
        this.node = { path: node.path, version: node.version + 1 };
        return results.slice(0, -1);
      } catch (error) {
        const isTouched = error instanceof KeeperError && error.element?.index === ops.length;
        // Somebody else has changed or deleted our node: nothing was done. Begin with a new one.
        if (isTouched) this.node = undefined;
        else if (!isLoss(error)) throw error;
        else if (await this.wasDone(node, error as KeeperError)) return undefined;
      }
    }
  }

  private async make(options: WaitOptions): Promise<Receipt> {
    const path = `${this.folder === "/" ? "" : this.folder}/receipt-${randomUUID()}`;
    await ensureNode(this.zk, path, "", { ...options, mode: "ephemeral" });
    return { path, version: 0 };
  }

  private async wasDone({ path, version }: Receipt, lost: KeeperError): Promise<boolean> {
    try {
      const { stat } = await throughLoss(async () => {
        // Another server may not have applied yet what the last one committed.
        await this.zk.sync(path);
        return await this.zk.getData(path);
      });
      this.node = { path, version: stat.version };
      return stat.version > version;
    } catch (error) {
      if (!lost.ambiguous) throw error;
      if (!(error instanceof SessionExpiredError)) throw lost;
      throw new SessionExpiredError({ operation: "multi", path: lost.path, ambiguous: true });
    }
  }
}

type Receipt = { readonly path: string; readonly version: number };
