/** Waiting until a node is gone. */
import type { ZooKeeper } from "../client/zookeeper.ts";
import { Bell } from "./observe.ts";
import { ifThere } from "./through-loss.ts";

/**
 * Resolves to false when there is no node at `path`, and to true when it was there and has changed:
 * it is gone, or it has other children. Rejects when `signal` is aborted.
 */
export async function changeAt(zk: ZooKeeper, path: string, signal: AbortSignal): Promise<boolean> {
  const bell = new Bell();
  // A watch for children fires at the deletion, not when somebody writes into the node; and where
  // there is no node it leaves no watch behind, as `exists` would.
  const names = await ifThere(() => zk.getChildren(path, { watch: bell.watcher }));
  if (names === undefined) return false;
  await bell.rung({ signal });
  return true;
}

/** Resolves when there is no node at `path`. Rejects when `signal` is aborted. */
export async function untilGone(zk: ZooKeeper, path: string, signal: AbortSignal): Promise<void> {
  for (let isThere = true; isThere; ) isThere = await changeAt(zk, path, signal);
}
