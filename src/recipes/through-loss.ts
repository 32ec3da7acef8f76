/**
 * Work that is tried again when the connection was lost. The client comes back by itself: what is
 * asked meanwhile waits for the next connection, so that trying again at once is no busy loop.
 */
import {
  ConnectionLossError,
  NodeExistsError,
  NoNodeError,
  SessionMovedError,
} from "../client/keeper-error.ts";
import type { WaitOptions } from "../client/options.ts";
import type { CreateModeName, Data } from "../client/requests.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import type { NodeData } from "../client-core/operations.ts";

/**
 * Calls `attempt` until it ends otherwise than by a lost connection. Only for what may be done
 * twice: reads, and writes that look at what they find. Rejects when `signal` is aborted.
 */
export async function throughLoss<A>(
  attempt: () => Promise<A>,
  { signal }: WaitOptions = {},
): Promise<A> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!isLoss(error)) throw error;
    }
  }
}

/** True for an error after which the session goes on over another connection. */
export const isLoss = (error: unknown): boolean =>
  error instanceof ConnectionLossError || error instanceof SessionMovedError;

/** Makes `path` and what is missing above it, as empty persistent nodes. */
export async function ensurePath(
  zk: ZooKeeper,
  path: string,
  options: WaitOptions = {},
): Promise<void> {
  if (path === "/") return;
  try {
    await ensureNode(zk, path, "", options);
  } catch (error) {
    if (!(error instanceof NoNodeError)) throw error;
    await ensurePath(zk, path.slice(0, path.lastIndexOf("/")) || "/", options);
    await ensureNode(zk, path, "", options);
  }
}

/** Makes the node unless it is there already. False: it was, or an unanswered try has made it. */
export function ensureNode(
  zk: ZooKeeper,
  path: string,
  data: Data,
  options: WaitOptions & { readonly mode?: CreateModeName } = {},
): Promise<boolean> {
  return throughLoss(async () => {
    try {
      await zk.create(path, data, options);
      return true;
    } catch (error) {
      if (error instanceof NodeExistsError) return false;
      throw error;
    }
  }, options);
}

/** Deletes the node if it is there, whatever its version. */
export function ensureGone(zk: ZooKeeper, path: string, options: WaitOptions = {}): Promise<void> {
  return throughLoss(async () => {
    try {
      await zk.delete(path, -1, options);
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
    }
  }, options);
}

/**
 * Deletes the node if it is there and is the caller's by `isOwn`. After a lost reply somebody else
 * may have made a node of the same name, which stays.
 */
export function ensureOwnGone(
  zk: ZooKeeper,
  path: string,
  isOwn: (node: NodeData) => boolean,
  options: WaitOptions = {},
): Promise<void> {
  return throughLoss(async () => {
    try {
      // What a server has not applied yet it would tell wrongly.
      await zk.sync(path, options);
      const node = await zk.getData(path, options);
      if (isOwn(node)) await zk.delete(path, -1, options);
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
    }
  }, options);
}

/** What `read` finds; undefined where there is no node. Tried again through lost connections. */
export function ifThere<A>(
  read: () => Promise<A>,
  options: WaitOptions = {},
): Promise<A | undefined> {
  return throughLoss(async () => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof NoNodeError) return undefined;
      throw error;
    }
  }, options);
}
