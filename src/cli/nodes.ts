/**
 * Reads many nodes at once: several requests are on their way, never more than a bound, and results
 * come in the order that was asked for.
 */
import { type Acl, NoNodeError, type Stat, type ZooKeeper } from "../client/index.ts";
import type { TellProgress } from "./progress.ts";
import { childPath } from "./subtree.ts";

/** Requests on their way at once. */
const AT_ONCE_MAX = 64;

export type Node = { readonly path: string; readonly data: Uint8Array | null; readonly stat: Stat };
export type NodeWithAcl = Node & { readonly acl: readonly Acl[] };
/** A path below another one, and how many steps. */
export type Place = { readonly path: string; readonly depth: number };

/**
 * As `Promise.all` over `items`, `atOnce` at a time. A failure, or the reason of `signal`, is told
 * when nothing is under way any more; what had not begun by then never begins.
 */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  signal: AbortSignal,
  atOnce = AT_ONCE_MAX,
): Promise<readonly R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    try {
      while (next < items.length) {
        signal.throwIfAborted();
        const at = next++;
        results[at] = await work(items[at]!);
      }
    } finally {
      next = items.length;
    }
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, worker);
  const ended = await Promise.allSettled(workers);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return results;
}

/** What `work` resolves to; undefined where there is no such node. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NoNodeError) return undefined;
    throw error;
  }
}

export type WalkOptions = {
  readonly signal: AbortSignal;
  readonly depthMax?: number;
  /** Told how many nodes were found so far. */
  readonly progress?: TellProgress;
};

/**
 * `path` and everything below, parents before children and siblings by name, as a tree is drawn.
 * What vanishes meanwhile is passed over, unless it is `path`.
 */
export async function walk(
  zk: ZooKeeper,
  path: string,
  { signal, depthMax = Number.POSITIVE_INFINITY, progress = () => {} }: WalkOptions,
): Promise<readonly Place[]> {
  const children = new Map<string, readonly string[]>();
  let found = 1;
  let level: readonly string[] = [path];
  for (let depth = 0; depth < depthMax && level.length > 0; depth++) {
    const listed = await mapAtOnce(
      level,
      (one) => (depth === 0 ? zk.getChildren(one) : ifThere(zk.getChildren(one))),
      signal,
    );
    const below = level.map((one, at) =>
      [...(listed[at] ?? [])].sort().map((name) => childPath(one, name)),
    );
    for (const [at, one] of level.entries()) children.set(one, below[at]!);
    level = below.flat();
    found += level.length;
    progress("nodes found", found);
  }
  const places: Place[] = [];
  const waiting: Place[] = [{ path, depth: 0 }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    places.push(place);
    const { depth } = place;
    for (const one of (children.get(place.path) ?? []).toReversed()) {
      waiting.push({ path: one, depth: depth + 1 });
    }
  }
  if (depthMax === 0 && (await zk.exists(path)) === undefined) {
    throw new NoNodeError({ operation: "exists", path, ambiguous: false });
  }
  return places;
}

/** The nodes at `path` and below with their data, in the order of `walk`. */
export async function readNodes(
  zk: ZooKeeper,
  path: string,
  options: WalkOptions,
): Promise<readonly Node[]> {
  const places = await walk(zk, path, options);
  let read = 0;
  const nodes = await mapAtOnce(
    places,
    async (place) => {
      const found = await ifThere(zk.getData(place.path));
      options.progress?.("nodes read", ++read, places.length);
      return found === undefined ? undefined : { path: place.path, ...found };
    },
    options.signal,
  );
  return nodes.filter((node) => node !== undefined);
}

/** As `readNodes`, with the ACLs. */
export async function readNodesWithAcl(
  zk: ZooKeeper,
  path: string,
  options: WalkOptions,
): Promise<readonly NodeWithAcl[]> {
  const nodes = await readNodes(zk, path, options);
  let read = 0;
  const lists = await mapAtOnce(
    nodes,
    (node) => {
      options.progress?.("ACLs read", ++read, nodes.length);
      return ifThere(zk.getACL(node.path));
    },
    options.signal,
  );
  return nodes.flatMap((node, at) => {
    const list = lists[at];
    return list === undefined ? [] : [{ ...node, acl: list.acl }];
  });
}

/** The Stats of what `walk` finds. */
export async function statNodes(
  zk: ZooKeeper,
  path: string,
  options: WalkOptions,
): Promise<readonly (Place & { readonly stat: Stat })[]> {
  const places = await walk(zk, path, options);
  let read = 0;
  const stats = await mapAtOnce(
    places,
    (place) => {
      options.progress?.("nodes read", ++read, places.length);
      return zk.exists(place.path);
    },
    options.signal,
  );
  return places.flatMap((place, at) => {
    const stat = stats[at];
    return stat === undefined ? [] : [{ ...place, stat }];
  });
}
