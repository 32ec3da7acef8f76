/**
 * A sequential ephemeral that its creator knows again. Its name begins with an id that nobody else
 * has: where the reply to the creation is lost, the node is looked for among its folder's children
 * instead of being made a second time and never found. (Curator calls this protection.)
 */
import { randomUUID } from "node:crypto";
import { KeeperError, NoNodeError, UnimplementedError } from "../client/keeper-error.ts";
import type { Data } from "../client/requests.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { isOver } from "../client-core/protocol.ts";
import type { Acl } from "../records/data.ts";
import { ensureGone, ensureNode, ifThere, isLoss } from "./through-loss.ts";

/** How a program's nodes are called: an id, then what stands before the server's number. */
export type Naming = { readonly newId: () => string; readonly infix: string };

/** `_c_6a8c…-lock-` for `lock-`. */
export const curatorNaming = (infix: string): Naming => ({
  newId: () => `_c_${randomUUID()}-`,
  infix,
});
/** `6a8c…__lock__` for `__lock__`. */
export const kazooNaming = (infix: string): Naming => ({
  newId: () => randomUUID().replaceAll("-", ""),
  infix,
});

export type NodePlan = {
  readonly folder: string;
  readonly naming: Naming;
  readonly data: Data;
  readonly acl: readonly Acl[] | undefined;
};

type Origin = {
  readonly folder: string;
  readonly id: string;
  /** A creation went unanswered: a request still on its way may make a twin. */
  readonly isDoubtful: boolean;
};

export class OwnNode {
  /** Without its folder. */
  readonly name: string;
  private readonly zk: ZooKeeper;
  private readonly origin: Origin;

  private constructor(zk: ZooKeeper, name: string, origin: Origin) {
    this.zk = zk;
    this.name = name;
    this.origin = origin;
  }

  get path(): string {
    return join(this.origin.folder, this.name);
  }

  /**
   * Makes the node, and its folder where that is missing. Goes on over lost connections; rejects
   * when the session is over and when the server refuses.
   */
  static async create(zk: ZooKeeper, plan: NodePlan): Promise<OwnNode> {
    const { folder, naming, data, acl } = plan;
    const id = naming.newId();
    for (let isDoubtful = false; ; ) {
      try {
        const found = isDoubtful ? await find(zk, folder, id) : undefined;
        if (found !== undefined) return new OwnNode(zk, found, { folder, id, isDoubtful });
        const mode = "ephemeralSequential";
        const path = await zk.create(join(folder, id + naming.infix), data, { mode, acl });
        return new OwnNode(zk, nameOf(path), { folder, id, isDoubtful });
      } catch (error) {
        if (error instanceof NoNodeError) await ensureFolder(zk, folder, error);
        else if (!isLoss(error)) throw error;
        else if (error instanceof KeeperError && error.ambiguous) isDoubtful = true;
      }
    }
  }

  /** Deletes those of `names`, the folder's children, that an unanswered creation made late. */
  async dropTwins(names: readonly string[]): Promise<void> {
    const { folder, id, isDoubtful } = this.origin;
    if (!isDoubtful) return;
    for (const name of names) {
      if (name !== this.name && name.startsWith(id)) await ensureGone(this.zk, join(folder, name));
    }
  }

  /** Deletes the node. Resolves also where it is gone already, by itself or with the session. */
  async withdraw(): Promise<void> {
    try {
      await ensureGone(this.zk, this.path);
      if (!this.origin.isDoubtful) return;
      await this.dropTwins((await childrenOf(this.zk, this.origin.folder)) ?? []);
    } catch (error) {
      if (!isOver(this.zk.state)) throw error;
    }
  }
}

/** The first of the children whose names begin with `id`, once all that was asked for is done. */
async function find(zk: ZooKeeper, folder: string, id: string): Promise<string | undefined> {
  // The server that was found after the loss may be behind the one that did the work.
  await zk.sync(folder);
  const mine = (await zk.getChildren(folder)).filter((name) => name.startsWith(id));
  return mine.sort()[0];
}

/**
 * Makes `folder` and what is missing above it: containers, which go when they are empty, or
 * persistent nodes where the server knows none. Throws `cause` where even the root is missing.
 */
async function ensureFolder(zk: ZooKeeper, folder: string, cause: Error): Promise<void> {
  if (folder === "/") throw cause;
  for (let mode: "container" | "persistent" = "container"; ; ) {
    try {
      await ensureNode(zk, folder, "", { mode });
      return;
    } catch (error) {
      if (error instanceof UnimplementedError) mode = "persistent";
      else if (error instanceof NoNodeError) await ensureFolder(zk, folderOf(folder), cause);
      else throw error;
    }
  }
}

/** Makes an empty node unless it is there already, and its folder where that is missing. */
export async function ensureBelow(
  zk: ZooKeeper,
  path: string,
  mode: "persistent" | "ephemeral",
): Promise<void> {
  for (;;) {
    try {
      await ensureNode(zk, path, "", { mode });
      return;
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      await ensureFolder(zk, folderOf(path), error);
    }
  }
}

/** The names in `folder`; undefined where there is none. */
export const childrenOf = (zk: ZooKeeper, folder: string): Promise<readonly string[] | undefined> =>
  ifThere(() => zk.getChildren(folder));

export const join = (folder: string, name: string): string =>
  folder === "/" ? `/${name}` : `${folder}/${name}`;
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
