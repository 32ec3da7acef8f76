/** Walks the nodes below a path, parents first, siblings by name. */
import { NoNodeError, type ZooKeeper } from "../client/index.ts";

/** How many siblings are listed ahead of the one that is walked. */
const AHEAD_MAX = 64;

export const childPath = (path: string, name: string): string =>
  path === "/" ? `/${name}` : `${path}/${name}`;

/**
 * Yields `path` and everything below. Nodes that vanish meanwhile are left out, unless it is
 * `path`.
 */
export async function* subtree(zk: ZooKeeper, path: string): AsyncGenerator<string> {
  yield* walk(zk, path, await zk.getChildren(path));
}

async function* walk(
  zk: ZooKeeper,
  path: string,
  children: readonly string[],
): AsyncGenerator<string> {
  yield path;
  const paths = [...children].sort().map((name) => childPath(path, name));
  const ahead: Promise<readonly string[] | undefined | Error>[] = [];
  for (const [index, child] of paths.entries()) {
    while (ahead.length < Math.min(index + AHEAD_MAX, paths.length)) {
      ahead.push(listed(zk, paths[ahead.length]!));
    }
    const found = await ahead[index];
    if (found instanceof Error) throw found;
    if (found !== undefined) yield* walk(zk, child, found);
  }
}

/** A failure is a value: nobody may be waiting for a listing that was asked for ahead. */
function listed(zk: ZooKeeper, path: string): Promise<readonly string[] | undefined | Error> {
  return zk.getChildren(path).catch((error: unknown) => {
    if (error instanceof NoNodeError) return undefined;
    return error instanceof Error ? error : new Error(String(error));
  });
}
