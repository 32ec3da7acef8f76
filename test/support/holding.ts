/** Who holds what: a resource that notes its holders, and finds two at once or one that is late. */
import assert from "node:assert/strict";
import type { ZooKeeper } from "../../src/client/zookeeper.ts";
import { type CutWorld, turn, until } from "./cut-world.ts";

/** What the resource looks at of a hold. */
export type Holding = {
  readonly path: string;
  readonly token: bigint;
  readonly lost: AbortSignal;
  release(): Promise<void>;
};

export class Resource {
  readonly tokens: bigint[] = [];
  private readonly limit: number;
  private readonly inside = new Set<Holding>();

  /** At most `limit` holders at once. */
  constructor(limit = 1) {
    this.limit = limit;
  }

  /** Uses the resource for a while, then gives it back. */
  async use(held: Holding): Promise<void> {
    assert(!held.lost.aborted, "what was got is held");
    this.inside.add(held);
    // One who has lost it without knowing may still be inside: its lost signal is on its way.
    await until(`there are ${this.limit} holders at most`, () => this.count <= this.limit);
    if (this.limit === 1) assert(held.token > (this.tokens.at(-1) ?? 0n), "tokens grow");
    this.tokens.push(held.token);
    for (let turns = 0; turns < 3; turns++) {
      await turn();
      if (!held.lost.aborted) assert(this.count <= this.limit, "nobody else comes in");
    }
    this.inside.delete(held);
    await held.release();
  }

  private get count(): number {
    return [...this.inside].filter(({ lost }) => !lost.aborted).length;
  }
}

/** Checks that nobody has left a node in `folder`. */
export async function isEmpty(world: CutWorld, folder: string): Promise<void> {
  const names = (zk: ZooKeeper) => zk.getChildren(folder);
  assert.deepEqual(await names(world.client()), []);
}
