/**
 * Fair locks, laid out as Curator's or kazoo's:
 *
 *   /path/_c_6a8c…-lock-0000000003         the holder
 *   /path/_c_11f0…-lock-0000000004         the next
 *   /path/77b2…__lock__0000000005          one who uses kazoo's names
 *
 *   /path/_c_6a8c…-__READ__0000000003      holds for reading
 *   /path/_c_11f0…-__READ__0000000004      too
 *   /path/_c_0e32…-__WRIT__0000000005      waits for both
 *   /path/_c_95aa…-__READ__0000000006      waits for the writer
 *
 * The order is that of the numbers. Ours know both kinds of names. Plain kazoo knows only its own,
 * and Curator does not order kazoo's, so that those two need names in common to contend.
 * From: Curator 5.4 `LockInternals`, `InterProcessReadWriteLock`; kazoo 2.8 `recipe/lock.py`.
 */
import type { ZooKeeper } from "../client/zookeeper.ts";
import type { Acl } from "../records/data.ts";
import type { Held } from "./hold.ts";
import type { LimitOptions } from "./limit.ts";
import type { Contender } from "./line.ts";
import { LineLock } from "./line-lock.ts";
import { curatorNaming, kazooNaming, type Naming } from "./own-node.ts";

/**
 * Whose names our nodes take.
 * @example const names: LockNames = "kazoo";
 */
export type LockNames = "curator" | "kazoo";

/**
 * How a lock is laid out, and who we are.
 * @example const options: LockOptions = { id: "host-1", reentrant: true };
 */
export type LockOptions = {
  /** Who we are, for `contenders`; written into our nodes. Empty unless given. */
  readonly id?: string | undefined;
  /** `curator` unless given. */
  readonly names?: LockNames | undefined;
  /**
   * True: the same object may be acquired again while it is held, at once; the last release gives
   * it away. The object is the owner, so give each part of a program one of its own.
   */
  readonly reentrant?: boolean | undefined;
  /** Of our nodes; everybody everything unless given. */
  readonly acl?: readonly Acl[] | undefined;
};

type Kind = { readonly infixes: readonly string[] } & Readonly<Record<LockNames, Naming>>;

const kind = (curator: string, kazoo: string): Kind => ({
  infixes: [curator, kazoo],
  curator: curatorNaming(curator),
  kazoo: kazooNaming(kazoo),
});

const LOCK = kind("lock-", "__lock__");
const WRITE = kind("__WRIT__", "__lock__");
const READ = kind("__READ__", "__rlock__");

/**
 * One at a time, in the order in which they came.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { Lock } from "quoll/recipes";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using zk = await ZooKeeper.connect(server.connectString);
 * const lock = new Lock(zk, "/locks/printer", { id: "me" });
 * {
 *   await using held = await lock.acquire({ timeoutMs: 5000 });
 *   console.log(held.lost.aborted, (await lock.contenders())[0]?.id); // false me
 * }
 * console.log((await lock.contenders()).length); // 0
 */
export class Lock {
  private readonly line: LineLock;

  /** `path` is the folder of the contenders; it is made where it is missing. */
  constructor(zk: ZooKeeper, path: string, options: LockOptions = {}) {
    this.line = lineLock(zk, path, options, { own: LOCK, others: [] });
  }

  /**
   * Waits for the lock. Goes on over lost connections; rejects when the session is over, when
   * `signal` is aborted, and with a `TimeoutError` after `timeoutMs`. A lock that was not got
   * leaves no node behind, once the client has a connection.
   * @example
   * await using held = await new Lock(zk, "/locks/printer").acquire({ timeoutMs: 5000 });
   * await fetch("http://printer/", { signal: held.lost, headers: { token: `${held.token}` } });
   */
  acquire(options: LimitOptions = {}): Promise<Held> {
    return this.line.acquire(options);
  }

  /**
   * The lock if it is free, or becomes so within `timeoutMs`; undefined otherwise.
   * @example
   * await using held = await new Lock(zk, "/locks/printer").tryAcquire();
   * if (held === undefined) console.log("somebody else prints");
   */
  tryAcquire(options: LimitOptions = {}): Promise<Held | undefined> {
    return this.line.tryAcquire(options);
  }

  /**
   * Who holds the lock and who waits for it, in order.
   * @example const [holder, ...waiting] = await new Lock(zk, "/locks/printer").contenders();
   */
  contenders(): Promise<readonly Contender[]> {
    return this.line.contenders();
  }
}

/**
 * Many readers or one writer. Whoever comes after a waiting writer waits for it, so that writers
 * are not starved. Each side is a lock of its own: who holds one side and waits for the other waits
 * for itself.
 * @example
 * const table = new ReadWriteLock(zk, "/locks/table");
 * await using reading = await table.read.acquire();
 */
export class ReadWriteLock {
  /** The readers' side: held by any number of them. */
  readonly read: LineLock;
  /** The writers' side: held by one, and by no reader at that time. */
  readonly write: LineLock;

  /** `path` is the folder of the contenders; it is made where it is missing. */
  constructor(zk: ZooKeeper, path: string, options: LockOptions = {}) {
    this.read = lineLock(zk, path, options, { own: READ, others: [WRITE], shares: true });
    this.write = lineLock(zk, path, options, { own: WRITE, others: [READ] });
  }
}

type Kinds = { readonly own: Kind; readonly others: readonly Kind[]; readonly shares?: boolean };

function lineLock(zk: ZooKeeper, path: string, options: LockOptions, kinds: Kinds): LineLock {
  const { own, others, shares = false } = kinds;
  const foreign = others.flatMap(({ infixes }) => infixes);
  const infixes = [...own.infixes, ...foreign];
  const plan = {
    folder: path,
    naming: own[options.names ?? "curator"],
    data: options.id ?? "",
    acl: options.acl,
    infixes,
    blockers: shares ? foreign : infixes,
  };
  return new LineLock(zk, plan, options.reentrant === true);
}
