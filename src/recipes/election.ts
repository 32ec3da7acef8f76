/**
 * Leader election: who is first in a line leads. Laid out as Curator's `LeaderSelector` (its
 * lock), Curator's `LeaderLatch`, or kazoo's `Election` (its lock):
 *
 *   /path/_c_6a8c…-lock-0000000003       the leader, for `selector`
 *   /path/_c_6a8c…-latch-0000000003      the leader, for `latch`
 *   /path/77b2…__lock__0000000003        the leader, for `kazoo`
 *
 * Each node's data is the id of who stands there, as text.
 */
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import type { Acl } from "../records/data.ts";
import { Latch } from "./latch.ts";
import type { Contender } from "./line.ts";
import { LineLock } from "./line-lock.ts";
import { curatorNaming, kazooNaming, type Naming } from "./own-node.ts";

/**
 * Whose layout. `selector` and `kazoo` stand in one line and know each other; `latch` does not.
 * @example const names: ElectionNames = "latch";
 */
export type ElectionNames = "selector" | "latch" | "kazoo";

/**
 * How a candidate stands for election.
 * @example const options: ElectionOptions = { id: "host-1", names: "selector" };
 */
export type ElectionOptions = {
  /** Who we are, for `contenders`; written into our node. Empty unless given. */
  readonly id?: string | undefined;
  /** `selector` unless given. */
  readonly names?: ElectionNames | undefined;
  /** Of our nodes; everybody everything unless given. */
  readonly acl?: readonly Acl[] | undefined;
};

/**
 * A time of leading.
 * @example
 * const lead = async ({ token, signal }: Term): Promise<void> => {
 *   while (!signal.aborted) await fetch(`http://store/?token=${token}`, { signal });
 * };
 */
export type Term = {
  /** The fencing token: larger than those of all terms before it. */
  readonly token: bigint;
  /** The node that stands for it. */
  readonly path: string;
  /**
   * Aborted when the term is over: lost (with a `LostError`), or ended by the signal that `terms`
   * was given, or left.
   */
  readonly signal: AbortSignal;
};

const NAMES: Readonly<Record<ElectionNames, { naming: Naming; infixes: readonly string[] }>> = {
  selector: { naming: curatorNaming("lock-"), infixes: ["lock-", "__lock__"] },
  kazoo: { naming: kazooNaming("__lock__"), infixes: ["lock-", "__lock__"] },
  latch: { naming: curatorNaming("latch-"), infixes: ["latch-"] },
};

/**
 * One leads at a time.
 * @example
 * const election = new Election(zk, "/elections/cron", { id: "host-1" });
 * for await (const term of election.terms()) {
 *   console.log("leading, with token", term.token);
 * }
 */
export class Election {
  private readonly line: LineLock;

  /** `path` is the folder of the candidates; it is made where it is missing. */
  constructor(zk: ZooKeeper, path: string, options: ElectionOptions = {}) {
    const { naming, infixes } = NAMES[options.names ?? "selector"];
    const own = { folder: path, naming, data: options.id ?? "", acl: options.acl };
    this.line = new LineLock(zk, { ...own, infixes, blockers: infixes });
  }

  /**
   * Stands for election, and yields each term that is won. A term lasts until the loop's body is
   * done; the body ends when `term.signal` is aborted. Then the next candidate leads, and we stand
   * again behind the others; `break` leaves the election. Ends when `signal` is aborted; throws
   * when the session is over.
   * @example
   * for await (const term of new Election(zk, "/elections/cron").terms({ signal })) {
   *   await new Promise((over) => term.signal.addEventListener("abort", over, { once: true }));
   * }
   */
  async *terms({ signal }: WaitOptions = {}): AsyncGenerator<Term, void, void> {
    while (signal?.aborted !== true) {
      const term = new AbortController();
      const onAbort = (): void => term.abort(signal?.reason);
      const held = await this.line.acquire({ signal }).catch((error: unknown) => {
        if (signal?.aborted === true) return undefined;
        throw error;
      });
      if (held === undefined) return;
      const onLost = (): void => term.abort(held.lost.reason);
      signal?.addEventListener("abort", onAbort);
      held.lost.addEventListener("abort", onLost);
      if (held.lost.aborted) onLost();
      try {
        yield { token: held.token, path: held.path, signal: term.signal };
      } finally {
        signal?.removeEventListener("abort", onAbort);
        term.abort(new DOMException("the term was left", "AbortError"));
        await held.release();
      }
    }
  }

  /**
   * Stands for election until it is closed, and tells whether we lead.
   * @example await using latch = new Election(zk, "/elections/cron", { names: "latch" }).latch();
   */
  latch(): Latch {
    return new Latch((signal) => this.terms({ signal }));
  }

  /**
   * Who leads and who would follow, in order.
   * @example
   * const [leader] = await new Election(zk, "/elections/cron").contenders();
   * console.log(leader?.id);
   */
  contenders(): Promise<readonly Contender[]> {
    return this.line.contenders();
  }
}
