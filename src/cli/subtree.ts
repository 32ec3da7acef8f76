/**
 * Walks the nodes below a path: all children of a node by name, then what is below the first of
 * them, below the second, and so on. The order is the reference shell's; a node comes always after
 * its parent.
 */
import { NoNodeError, type ZooKeeper } from "../client/index.ts";

/** How many siblings are listed ahead of the one that is walked. */
const AHEAD_MAX = 64;

export const childPath = (path: string, name: string): string =>
  path === "/" ? `/${name}` : `${path}/${name}`;

/**
 * Yields `path` and everything below. What vanishes meanwhile is passed over, unless it is `path`.
 * Throws the reason of `signal` once it is aborted.
 */
export async function* subtree(
  zk: ZooKeeper,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const children = await zk.getChildren(path, { signal });
  yield path;
  for await (const found of below(zk, path, children)) {
    signal?.throwIfAborted();
    yield found;
  }
}

async function* below(
  zk: ZooKeeper,
  path: string,
  children: readonly string[],
): AsyncGenerator<string> {
  const paths = [...children].sort().map((name) => childPath(path, name));
  yield* paths;
  const ahead: Promise<readonly string[] | undefined | Error>[] = [];
  for (const [index, child] of paths.entries()) {
    while (ahead.length < Math.min(index + AHEAD_MAX, paths.length)) {
      ahead.push(listed(zk, paths[ahead.length]!));
    }
    const found = await ahead[index];
    if (found instanceof Error) throw found;
    if (found !== undefined) yield* below(zk, child, found);
  }
}

/** A failure is a value: nobody may be waiting for a listing that was asked for ahead. */
function listed(zk: ZooKeeper, path: string): Promise<readonly string[] | undefined | Error> {
  return zk.getChildren(path).catch((error: unknown) => {
    if (error instanceof NoNodeError) return undefined;
    return error instanceof Error ? error : new Error(String(error));
  });
}
