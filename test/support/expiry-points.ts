/** Sessions that end behind their client's back, at a chosen request. */

import type { ZooKeeper } from "../../src/client/zookeeper.ts";
import { Cuts, CutWorld } from "./cut-world.ts";

/** Ends the session instead of the request number `at`, counted from the handshake's 0. */
class Expiry extends Cuts {
  ends: Promise<void> | undefined;
  /** The scenario is done: what is asked now is the world's end. */
  isDone = false;
  private readonly point: number;
  private readonly end: () => Promise<void>;

  constructor(point: number, end: () => Promise<void>) {
    super();
    this.point = point;
    this.end = end;
  }

  override next(): boolean {
    const isDue = !this.isDone && this.passed++ === 2 * this.point;
    if (isDue) this.ends = this.end();
    return isDue;
  }
}

/**
 * Runs `scenario` in a fresh world as it goes by itself, then once for every request of its first
 * client, whose session ends just before it. Resolves to the number of requests.
 */
export async function atEveryExpiry(
  scenario: (world: CutWorld, zk: ZooKeeper) => Promise<void>,
): Promise<number> {
  const run = async (point: number): Promise<number> => {
    const world = new CutWorld();
    const expiry: Expiry = new Expiry(point, () => world.expire(zk));
    const zk = world.client(expiry);
    try {
      await scenario(world, zk);
      await expiry.ends;
      return Math.ceil(expiry.passed / 2);
    } catch (cause) {
      throw new Error(`session ended before request ${point}`, { cause });
    } finally {
      expiry.isDone = true;
      await world.close();
    }
  };
  const requests = await run(-1);
  for (let point = 1; point < requests; point++) await run(point);
  return requests;
}
