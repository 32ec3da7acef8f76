/** Writes a subtree: for `cp` and `import`. Not one transaction: it can end halfway. */
import {
  type Acl,
  type CreateOptions,
  NodeExistsError,
  OPEN_ACL,
  type ZooKeeper,
} from "../client/index.ts";
import { CliError } from "./command.ts";
import { ifThere, mapAtOnce } from "./nodes.ts";
import type { TellProgress } from "./progress.ts";
import { childPath } from "./subtree.ts";

export type Seed = {
  /** Below the top: empty for the top itself, else `a/b`. */
  readonly relative: string;
  readonly data: Uint8Array | null;
  /** Everybody everything where there is none. */
  readonly acl?: readonly Acl[] | undefined;
  /** A plain node where there is none. Of a node that is there it changes nothing. */
  readonly kind?: Kind | undefined;
};
export type Kind = { readonly mode: "container" } | { readonly ttlMs: number };
export type Done = "create" | "set" | "same";

export type PlantOptions = {
  /** True: data and ACLs of nodes that are there are replaced; else that is an error. */
  readonly overwrites: boolean;
  /** True: nothing is written; the answer is what would be. */
  readonly isDry: boolean;
  readonly signal: AbortSignal;
  readonly progress: TellProgress;
};

export const pathOf = (top: string, relative: string): string =>
  relative === "" ? top : childPath(top, relative);

const depthOf = ({ relative }: Seed): number => (relative === "" ? 0 : relative.split("/").length);

/** Parents are written before children. Resolves to what was done, in the order of `seeds`. */
export async function plant(
  zk: ZooKeeper,
  top: string,
  seeds: readonly Seed[],
  options: PlantOptions,
): Promise<readonly Done[]> {
  const done = new Map<Seed, Done>();
  const deepest = Math.max(0, ...seeds.map(depthOf));
  for (let depth = 0; depth <= deepest; depth++) {
    const level = seeds.filter((seed) => depthOf(seed) === depth);
    await mapAtOnce(
      level,
      async (seed) => {
        done.set(seed, await plantOne(zk, pathOf(top, seed.relative), seed, options));
        options.progress("nodes written", done.size, seeds.length);
      },
      options.signal,
    );
  }
  return seeds.map((seed) => done.get(seed)!);
}

async function plantOne(
  zk: ZooKeeper,
  path: string,
  { data, acl, kind }: Seed,
  { overwrites, isDry }: PlantOptions,
): Promise<Done> {
  const before = await ifThere(zk.getData(path));
  if (before === undefined) {
    if (!isDry) await zk.create(path, data, { acl: acl ?? OPEN_ACL, ...creationOf(kind) });
    return "create";
  }
  if (!overwrites) {
    throw new NodeExistsError({ operation: "create", path, ambiguous: false });
  }
  const isSame = sameBytes(before.data, data);
  if (isDry) return isSame ? "same" : "set";
  if (!isSame) await zk.setData(path, data, before.stat.version);
  if (acl !== undefined) await zk.setACL(path, acl);
  return isSame ? "same" : "set";
}

function creationOf(kind: Kind | undefined): CreateOptions {
  if (kind === undefined) return {};
  return "mode" in kind ? kind : { mode: "persistentWithTtl", ttlMs: kind.ttlMs };
}

export const sameBytes = (left: Uint8Array | null, right: Uint8Array | null): boolean =>
  left === null || right === null ? left === right : Buffer.compare(left, right) === 0;

/** Throws `CliError` when `to` is `from` or below it. */
export function checkApart(from: string, to: string): void {
  const isBelow = from === "/" || to === from || to.startsWith(`${from}/`);
  if (isBelow) throw new CliError(`${to} is ${to === from ? "the same node" : `below ${from}`}`);
}

/** `path` below `top`, as in a seed. */
export const relativeTo = (top: string, path: string): string =>
  path === top ? "" : path.slice(top === "/" ? 1 : top.length + 1);

/** The servers' own nodes, which no subtree takes along. */
export const isReserved = (path: string): boolean =>
  path === "/zookeeper" || path.startsWith("/zookeeper/");
