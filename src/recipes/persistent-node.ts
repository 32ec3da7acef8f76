/**
 * An ephemeral node that is kept alive: made again when its session expires or somebody deletes it,
 * and gone when its owner closes it or dies. (Curator calls it PersistentNode.)
 *
 *   await using here = await PersistentNode.create(sessions, "/app/hosts/a", "10.0.0.1");
 *   await here.setData("10.0.0.2");
 *
 * A node of the same name that belongs to another session is left alone until it goes: after a
 * quick restart this waits for the end of the old session.
 */

import { NoNodeError } from "../client/keeper-error.ts";
import type { WaitOptions } from "../client/options.ts";
import { bytesOf, type Data } from "../client/requests.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { isOver } from "../client-core/protocol.ts";
import { Bell } from "./observe.ts";
import type { Sessions } from "./sessions.ts";
import { ensureNode, ensureOwnGone, ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * What is done where a node cannot be kept.
 * @example const options: PersistentNodeOptions = { onFailure: (error) => console.error(error) };
 */
export type PersistentNodeOptions = {
  /**
   * Told when the node cannot be kept any more, such as where the permission is gone. An uncaught
   * exception unless given.
   */
  readonly onFailure?: (error: unknown) => void;
};

/**
 * An ephemeral node that is kept alive: made again when its session expires or somebody deletes it,
 * and gone when its owner closes it or dies. A node of the same name that belongs to another
 * session is left alone until it goes.
 * @example
 * await using here = await PersistentNode.create(sessions, "/app/hosts/a", "10.0.0.1");
 * await here.setData("10.0.0.2");
 */
export class PersistentNode implements AsyncDisposable {
  /** Where the node stands. */
  readonly path: string;
  private readonly sessions: Sessions;
  private readonly stop = new AbortController();
  /** One for each session: what is told of an old one's end must not end the next. */
  private bell = new Bell();
  private data: Uint8Array | null;
  /** The client whose session owns the node, while it is known to stand. */
  private owner: ZooKeeper | undefined;
  /** The client that was used last, whether the node stood or not. */
  private last: ZooKeeper | undefined;
  private readonly waiters = new Set<() => void>();
  private running: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | undefined;

  private constructor(sessions: Sessions, path: string, data: Data) {
    this.sessions = sessions;
    this.path = path;
    this.data = bytesOf(data);
  }

  /**
   * Resolves when the node stands for the first time; from then on it is kept until `close`.
   * Makes missing parents. When `signal` is aborted before, nothing stays.
   * @example await using here = await PersistentNode.create(sessions, "/app/hosts/a", "10.0.0.1");
   */
  static async create(
    sessions: Sessions,
    path: string,
    data: Data = null,
    options: PersistentNodeOptions & WaitOptions = {},
  ): Promise<PersistentNode> {
    const node = new PersistentNode(sessions, path, data);
    node.running = node.keep(options.onFailure);
    try {
      await node.stands(options);
      return node;
    } catch (error) {
      await node.close();
      throw error;
    }
  }

  /** False while the node is being made again. */
  get isStanding(): boolean {
    return this.owner?.state === "CONNECTED";
  }

  /**
   * Changes what the node holds, now and whenever it is made again.
   * @example
   * await using here = await PersistentNode.create(sessions, "/app/hosts/a");
   * await here.setData("10.0.0.2");
   */
  async setData(data: Data, options: WaitOptions = {}): Promise<void> {
    this.data = bytesOf(data);
    this.owner = undefined;
    this.bell.ring();
    await this.stands(options);
  }

  /**
   * Resolves when the node stands with its data; rejects when it cannot be kept.
   * @example
   * await using here = await PersistentNode.create(sessions, "/app/hosts/a");
   * if (!here.isStanding) await here.stands({ signal });
   */
  async stands({ signal }: WaitOptions = {}): Promise<void> {
    while (this.owner === undefined) {
      signal?.throwIfAborted();
      if (this.failure !== undefined) throw this.failure.error;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal?.removeEventListener("abort", done);
          this.waiters.delete(done);
          resolve();
        };
        this.waiters.add(done);
        signal?.addEventListener("abort", done);
      });
    }
  }

  /**
   * Takes the node away and keeps it no longer. Waits at most for the end of the session.
   * @example
   * const here = await PersistentNode.create(sessions, "/app/hosts/a");
   * await here.close(); // `await using` does the same
   */
  async close(): Promise<void> {
    this.stop.abort(new Error(`${this.path} is not kept any longer`));
    await this.running;
    this.failure ??= { error: this.stop.signal.reason };
    this.owner = undefined;
    this.tell();
    const zk = this.last;
    if (zk === undefined || isOver(zk.state)) return;
    try {
      await ensureOwnGone(zk, this.path, ({ stat }) => stat.ephemeralOwner === zk.sessionId);
    } catch (error) {
      // With its session the node is gone.
      if (!isOver(zk.state)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async keep(onFailure: ((error: unknown) => void) | undefined): Promise<void> {
    const { signal } = this.stop;
    try {
      for await (const zk of this.sessions.each({ signal })) await this.keepWith(zk);
      this.failure = { error: new Error("the sessions are closed") };
    } catch (error) {
      if (signal.aborted) return;
      const wasStanding = this.owner !== undefined;
      this.failure = { error };
      this.owner = undefined;
      if (onFailure !== undefined) onFailure(error);
      else if (wasStanding) queueMicrotask(() => throwIt(error));
    } finally {
      this.tell();
    }
  }

  /** Until the session is over. */
  private async keepWith(zk: ZooKeeper): Promise<void> {
    this.bell = new Bell();
    this.last = zk;
    try {
      for (;;) {
        if (await throughLoss(() => this.make(zk), { signal: this.stop.signal })) {
          this.owner = zk;
          this.tell();
        } else this.owner = undefined;
        await this.bell.rung({ signal: this.stop.signal });
      }
    } catch (error) {
      if (zk.state !== "EXPIRED" && zk.state !== "CLOSED") throw error;
      this.owner = undefined;
    }
  }

  /** Makes the node with its data, and watches it. False: another session's stands in the way. */
  private async make(zk: ZooKeeper): Promise<boolean> {
    for (;;) {
      const data = this.data;
      await ensureNode(zk, this.path, data, { mode: "ephemeral" }).catch(async (error) => {
        if (!(error instanceof NoNodeError)) throw error;
        await ensurePath(zk, this.path.slice(0, this.path.lastIndexOf("/")) || "/");
      });
      const stat = await zk.exists(this.path, { watch: this.bell.watcher });
      if (stat === undefined) continue;
      if (stat.ephemeralOwner !== zk.sessionId) return false;
      const holds = await ifThere(() => zk.getData(this.path));
      if (holds === undefined) continue;
      if (isSame(holds.data, data) && data === this.data) return true;
      await ifThere(() => zk.setData(this.path, data));
    }
  }

  private tell(): void {
    for (const done of [...this.waiters]) done();
  }
}

function throwIt(error: unknown): never {
  throw error;
}

/** True for equal bytes, or nulls. */
export function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
