/**
 * Standing in line: own nodes in a folder, of which the first holds. What locks, read/write locks,
 * and elections have in common.
 *
 *   create own node -> list the folder -> nobody before us? ------------> held
 *        ^                   ^               | somebody
 *        | our node is gone  |               v
 *        +-------------------+---- wait until the one before is gone
 *
 * Promises: fair, in the order of creation; each waits for one node only, so that a release wakes
 * one. Wherever the connection is lost, nobody comes to hold who is not first: a list that shows
 * our node shows all who were before it.
 */
import type { ZooKeeper } from "../client/zookeeper.ts";
import { changeAt } from "./gone.ts";
import { type Held, hold } from "./hold.ts";
import { childrenOf, join, type NodePlan, OwnNode } from "./own-node.ts";
import { type Candidate, candidates, sequenceAfter } from "./sequence.ts";
import { ifThere } from "./through-loss.ts";

export type LinePlan = NodePlan & {
  /** Ends of the names of all who stand in this line. */
  readonly infixes: readonly string[];
  /** Of those, whom we wait for when they are before us. */
  readonly blockers: readonly string[];
};

/**
 * Comes to the head of the line. Undefined where `waits` is false and somebody is before us; our
 * node is gone then. Rejects when the session is over, the server refuses or `signal` is aborted,
 * which is looked at between the steps.
 */
export function headOfLine(
  zk: ZooKeeper,
  plan: LinePlan,
  signal: AbortSignal,
  waits: boolean,
): Promise<Held | undefined> {
  return withOwnNode(zk, plan, (node) => stand(zk, plan, node, signal, waits));
}

/** Held; or our node is gone, without our doing; or others are before us and we do not wait. */
export type Standing = Held | "gone" | "behind";

/**
 * Makes a node and stands with it, again where it is gone. Undefined for `behind`. The node is gone
 * when this ends without a hold.
 */
export async function withOwnNode(
  zk: ZooKeeper,
  plan: NodePlan,
  stands: (node: OwnNode) => Promise<Standing>,
): Promise<Held | undefined> {
  for (;;) {
    const node = await OwnNode.create(zk, plan);
    try {
      const came = await stands(node);
      if (came === "gone") continue;
      if (came !== "behind") return came;
    } catch (error) {
      await node.withdraw();
      throw error;
    }
    await node.withdraw();
    return undefined;
  }
}

async function stand(
  zk: ZooKeeper,
  plan: LinePlan,
  node: OwnNode,
  signal: AbortSignal,
  waits: boolean,
): Promise<Standing> {
  for (;;) {
    signal.throwIfAborted();
    const names = (await childrenOf(zk, plan.folder)) ?? [];
    await node.dropTwins(names);
    const line = candidates(names, plan.infixes);
    const place = line.findIndex(({ name }) => name === node.name);
    if (place < 0) return "gone";
    const before = lastBlocker(line.slice(0, place), plan.blockers);
    if (before === undefined) return (await hold(zk, node)) ?? "gone";
    if (!waits) return "behind";
    await changeAt(zk, join(plan.folder, before.name), signal);
  }
}

const lastBlocker = (line: readonly Candidate[], blockers: readonly string[]) =>
  line.filter(({ name }) => sequenceAfter(name, blockers) !== undefined).at(-1);

/**
 * One who stands in line, as others see it.
 * @example
 * const list = (line: readonly Contender[]): string => line.map(({ id }) => id).join(", ");
 */
export type Contender = {
  /** Its node. */
  readonly path: string;
  /** What it wrote into its node: who it is. */
  readonly id: string;
};

/** Who stands in the line, the first first. */
export async function contenders(
  zk: ZooKeeper,
  folder: string,
  infixes: readonly string[],
): Promise<readonly Contender[]> {
  const line = candidates((await childrenOf(zk, folder)) ?? [], infixes);
  const found = await Promise.all(
    line.map(async ({ name }) => {
      const path = join(folder, name);
      const node = await ifThere(() => zk.getData(path));
      return node === undefined ? [] : [{ path, id: text.decode(node.data ?? undefined) }];
    }),
  );
  return found.flat();
}

const text = new TextDecoder();
