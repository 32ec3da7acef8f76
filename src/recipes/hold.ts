/**
 * What a recipe gives to whoever holds something, and how it is watched over: an own node that must
 * stay, in a session that must last.
 */
import type { Watcher } from "../client/driver.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { type LossCode, LostError, onSessionLoss } from "./loss.ts";
import type { OwnNode } from "./own-node.ts";
import { ifThere } from "./through-loss.ts";

/**
 * Something held, until it is released or lost. `await using` releases it.
 * @example
 * const held: Held = await new Lock(zk, "/locks/printer").acquire();
 * console.log(held.path, held.token, held.lost.aborted);
 * await held.release(); // `await using` does the same
 */
export interface Held extends AsyncDisposable {
  /** The node that stands for it. */
  readonly path: string;
  /**
   * The fencing token: the zxid that created the node. It grows from holder to holder, so that a
   * store which remembers the largest one can refuse a holder that is late.
   */
  readonly token: bigint;
  /**
   * Aborted, with a `LostError`, when it is no longer held: the session is over, or was out of
   * touch for as long as it lasts, or somebody deleted the node. Never aborted by `release`.
   */
  readonly lost: AbortSignal;
  /**
   * Gives it to the next. Resolves when the node is gone, also where it was lost; to be called
   * again does no harm. Rejects when the server refuses.
   */
  release(): Promise<void>;
}

/** Watches over `node`; undefined when it is gone. Rejects when the session is over. */
export async function hold(zk: ZooKeeper, node: OwnNode): Promise<Held | undefined> {
  const guard = new Guard(zk, node);
  // Ephemerals have no children: a watch for them fires at the deletion alone, not at new data.
  const read = () => zk.getChildrenWithStat(node.path, { watch: guard.watcher });
  const found = await ifThere(read);
  return found === undefined ? undefined : guard.begin(found.stat.czxid);
}

class Guard {
  private readonly loss = new AbortController();
  private readonly zk: ZooKeeper;
  private readonly node: OwnNode;
  private stopListening: (() => void) | undefined;
  private released: Promise<void> | undefined;

  constructor(zk: ZooKeeper, node: OwnNode) {
    this.zk = zk;
    this.node = node;
  }

  readonly watcher: Watcher = ({ type }) => {
    if (type === "NodeDeleted") this.lose("NODE_DELETED");
  };

  begin(token: bigint): Held {
    this.stopListening = onSessionLoss(this.zk, (code) => this.lose(code));
    const release = (): Promise<void> => {
      this.released ??= this.release();
      return this.released;
    };
    return {
      path: this.node.path,
      token,
      lost: this.loss.signal,
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  private lose(code: LossCode): void {
    if (this.released === undefined) this.loss.abort(new LostError(code, this.node.path));
  }

  private release(): Promise<void> {
    this.stopListening?.();
    return this.node.withdraw();
  }
}
