/**
 * A subtree kept in memory: loaded once, then followed by a recursive watch that stays.
 *
 *   const cache = zk.cache("/services");
 *   cache.onChange(({ kind, path }) => console.log(kind, path));
 *   await cache.ready;
 *   cache.children("/services");
 *
 * How: an event says no more than that a path is to be read again. Each path has at most one
 * reading under way, and one that is doubted meanwhile is read once more, so the last reading of a
 * path always begins after its last event. After a reconnection, of which a watch that stays tells
 * nothing, the whole subtree is read again. A reading older than what is held is left out.
 *
 * Promises: what is held was true at the server at some time, each path for itself, and goes
 * forward in zxids; when nothing changes any more, the cache becomes equal to the server's subtree.
 * Nodes that the client may not read are left out. Of a Stat, `numChildren`, `cversion` and `pzxid`
 * may be old: no event tells them; `children` is up to date.
 * Size: one machine, whose parts are read together.
 */
import { assert } from "../base/assert.ts";
import { Queue } from "../base/queue.ts";
import type { WatchedEvent } from "../client-core/events.ts";
import type { NodeData } from "../client-core/operations.ts";
import { type ClientState, isLive, isOver } from "../client-core/protocol.ts";
import type { Watcher } from "./driver.ts";
import {
  ConnectionLossError,
  KeeperError,
  NoAuthError,
  NoNodeError,
  NoWatcherError,
} from "./keeper-error.ts";
import { childPath, NodeTable } from "./node-table.ts";
import type { CallOptions } from "./options.ts";
import { pastLosses } from "./protected-create.ts";
import type { RetryPolicy } from "./retry.ts";

/**
 * What became of a node. Bytes and Stats are the cache's own: not to be changed.
 * @example
 * zk.cache("/app").onChange((change: CacheChange) => console.log(change.kind, change.path));
 */
export type CacheChange =
  | {
      readonly kind: "added";
      readonly path: string;
      readonly before?: never;
      readonly now: NodeData;
    }
  | {
      readonly kind: "changed";
      readonly path: string;
      readonly before: NodeData;
      readonly now: NodeData;
    }
  | {
      readonly kind: "removed";
      readonly path: string;
      readonly before: NodeData;
      readonly now?: never;
    };

/** What a cache asks of its client. */
export interface CacheClient {
  readonly state: ClientState;
  onState(listener: (state: ClientState) => void): () => void;
  getData(path: string, options: CallOptions): Promise<NodeData>;
  getChildren(path: string, options: CallOptions): Promise<readonly string[]>;
  sync(path: string): Promise<string>;
  addWatch(path: string, mode: "persistentRecursive", watcher: Watcher): Promise<void>;
  removeWatches(
    path: string,
    options: { readonly watcher: Watcher; readonly local: true },
  ): Promise<void>;
  /** The error of what ended because the session did. */
  overError(about: { operation: string; path: string }): KeeperError;
}

/** A path to read: with its children, or alone. */
type Reading = {
  withChildren: boolean;
  hasBegun: boolean;
  /** It was doubted after it had begun. */
  again: { readonly withChildren: boolean } | undefined;
};

/** Most readings under way at a time. */
const READINGS_MAX = 256;
/** The wait before a server that refused for being busy is asked again, in ms. */
const BUSY_MS = 100;

/** The one policy of readings: a busy server is asked again; after a loss all is read anyway. */
const WHEN_BUSY: RetryPolicy = ({ error }) =>
  error.code === "ConnectionLoss" ? undefined : BUSY_MS;

type Waiter = { readonly resolve: () => void; readonly reject: (error: KeeperError) => void };

/**
 * A copy of a subtree in memory, made by `ZooKeeper.cache`. Each node goes forward in zxids, and
 * when nothing changes any more the cache equals the server's subtree; in between, different nodes
 * may be of different moments. Nodes that the client may not read are left out.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using zk = await ZooKeeper.connect(server.connectString);
 * await using cache = zk.cache("/services");
 * await cache.ready;
 * await zk.create("/services");
 * await zk.create("/services/a", "10.0.0.1:80");
 * await cache.sync();
 * console.log(cache.children("/services")); // [ 'a' ]
 */
export class TreeCache implements AsyncDisposable {
  /** Resolves when the subtree is loaded; rejects when the session is over before. */
  readonly ready: Promise<void>;
  private readonly client: CacheClient;
  private readonly root: string;
  private readonly nodes = new NodeTable();
  private readonly readings = new Map<string, Reading>();
  private readonly queue = new Queue<string>();
  private readonly listeners = new Set<(change: CacheChange) => void>();
  private readonly stopListening: () => void;
  private underWay = 0;
  private waiters: Waiter[] = [];
  private watch: "none" | "asked" | "set" = "none";
  /** Whether there is a connection on which everything has been asked for. */
  private isFollowing = false;
  private failure: KeeperError | undefined;

  /** Made by `ZooKeeper.cache`. */
  constructor(client: CacheClient, root: string) {
    this.client = client;
    this.root = root;
    this.stopListening = client.onState((state) => this.onState(state));
    this.ready = this.untilCurrent();
    // Who does not look at `ready` is told by `isCurrent`, and by `sync`.
    this.ready.catch(() => {});
    this.onState(client.state);
  }

  /** True while the cache follows the server, and knows of nothing that it has not read. */
  get isCurrent(): boolean {
    return this.isFollowing && this.watch === "set" && this.readings.size === 0;
  }

  /** How many nodes are held. */
  get size(): number {
    return this.nodes.size;
  }

  /**
   * The node as last read; undefined where there is none. Not to be changed.
   * @example
   * const node = zk.cache("/config").get("/config/limit");
   * if (node !== undefined) console.log(node.stat.version);
   */
  get(path: string): NodeData | undefined {
    return this.nodes.get(path);
  }

  /**
   * The names of the children, in no particular order; undefined where there is no such node.
   * @example const names = zk.cache("/services").children("/services") ?? [];
   */
  children(path: string): readonly string[] | undefined {
    return this.nodes.get(path) === undefined ? undefined : [...this.nodes.below(path)];
  }

  /**
   * All nodes with their paths, in no particular order.
   * @example
   * for (const [path, { stat }] of zk.cache("/services").entries()) console.log(path, stat.mzxid);
   */
  entries(): IterableIterator<readonly [path: string, node: NodeData]> {
    return this.nodes.entries();
  }

  /**
   * Calls `listener` of each node that was added, changed or removed, the first loading included;
   * returns how to stop it.
   * @example
   * const cache = zk.cache("/services");
   * const stop = cache.onChange(({ kind, path }) => console.log(kind, path));
   */
  onChange(listener: (change: CacheChange) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /**
   * Resolves when the cache holds all that was done before this call. Rejects when the session is
   * over or the cache is closed.
   * @example
   * const cache = zk.cache("/services");
   * await zk.create("/services/b");
   * await cache.sync();
   * console.log(cache.children("/services")?.includes("b")); // true
   */
  async sync(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await pastLosses(() => this.client.sync(this.root));
    await this.untilCurrent();
  }

  /**
   * Stops following, and takes the watch away. What is held stays as it is.
   * @example
   * const cache = zk.cache("/services");
   * await cache.close(); // `await using` does the same
   */
  async close(): Promise<void> {
    const hadWatch = this.watch === "set";
    this.end(this.client.overError({ operation: "cache", path: this.root }));
    if (!hadWatch) return;
    try {
      await this.client.removeWatches(this.root, { watcher: this.onEvent, local: true });
    } catch (error) {
      // It went with the session or the connection, or somebody else has removed it.
      if (!(error instanceof KeeperError)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private untilCurrent(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) return reject(this.failure);
      if (this.isCurrent) return resolve();
      this.waiters.push({ resolve, reject });
    });
  }

  private onState(state: ClientState): void {
    if (isOver(state)) {
      return this.end(this.client.overError({ operation: "cache", path: this.root }));
    }
    this.isFollowing = isLive(state);
    if (!this.isFollowing) return;
    // Before the readings, so that none of them can be older than the watch.
    if (this.watch === "none") void this.setWatch();
    this.doubt(this.root, true);
    // The walk from the root finds all others.
    for (const path of this.nodes.orphans()) if (path !== this.root) this.doubt(path, true);
  }

  private async setWatch(): Promise<void> {
    this.watch = "asked";
    try {
      await this.client.addWatch(this.root, "persistentRecursive", this.onEvent);
    } catch (error) {
      this.watch = "none";
      if (!(error instanceof KeeperError)) throw error;
      // With the next connection it is asked for again.
      if (!(error instanceof ConnectionLossError)) this.end(error);
      return;
    }
    this.watch = "set";
    if (this.failure !== undefined) await this.close();
    else this.lookAround();
  }

  private readonly onEvent = ({ type, path }: WatchedEvent): void => {
    if (type === "PersistentWatchRemoved") {
      return this.end(
        new NoWatcherError({ operation: "cache", path: this.root, ambiguous: false }),
      );
    }
    if (path !== null) this.doubt(path, false);
  };

  /** What is held of `path` may be old. */
  private doubt(path: string, withChildren: boolean): void {
    if (this.failure !== undefined) return;
    const there = this.readings.get(path);
    if (there === undefined) {
      this.readings.set(path, { withChildren, hasBegun: false, again: undefined });
      this.queue.push(path);
    } else if (there.hasBegun)
      there.again = { withChildren: withChildren || there.again?.withChildren === true };
    else there.withChildren ||= withChildren;
    this.pump();
  }

  private pump(): void {
    while (this.underWay < READINGS_MAX) {
      const path = this.queue.shift();
      if (path === undefined) return;
      const reading = this.readings.get(path);
      assert(reading !== undefined, "what is queued is to be read");
      reading.hasBegun = true;
      this.underWay++;
      void this.read(path, reading);
    }
  }

  private async read(path: string, reading: Reading): Promise<void> {
    try {
      const options = { retry: WHEN_BUSY };
      const children = reading.withChildren ? this.client.getChildren(path, options) : undefined;
      const [node, names] = await Promise.all([this.client.getData(path, options), children]);
      if (this.failure === undefined) this.found(path, node, names);
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      if (error instanceof NoNodeError || error instanceof NoAuthError) this.missed(path);
      // After a loss everything is read again; the end of the session is told by its state.
      else if (!error.retryable && !isOver(this.client.state)) this.end(error);
    }
    this.underWay--;
    this.readings.delete(path);
    if (reading.again !== undefined) this.doubt(path, reading.again.withChildren);
    this.pump();
    this.lookAround();
  }

  private found(path: string, node: NodeData, names: readonly string[] | undefined): void {
    const before = this.nodes.get(path);
    if (before === undefined || before.stat.mzxid <= node.stat.mzxid) {
      this.nodes.set(path, node);
      this.tellFound(path, before, node);
    }
    // Made anew, it has none of the children that were held, but for new ones of the same names.
    if (before?.stat.czxid !== node.stat.czxid) this.doubtBelow(path);
    if (names === undefined) return;
    for (const name of names) this.doubt(childPath(path, name), true);
    const there = new Set(names);
    for (const name of this.nodes.below(path)) {
      if (!there.has(name)) this.doubt(childPath(path, name), false);
    }
  }

  private tellFound(path: string, before: NodeData | undefined, now: NodeData): void {
    if (before === undefined) return this.tell({ kind: "added", path, now });
    if (before.stat.czxid !== now.stat.czxid) {
      this.tell({ kind: "removed", path, before });
      return this.tell({ kind: "added", path, now });
    }
    if (before.stat.mzxid !== now.stat.mzxid) this.tell({ kind: "changed", path, before, now });
  }

  /** There is no such node, or none that may be read. */
  private missed(path: string): void {
    if (this.failure !== undefined) return;
    const before = this.nodes.get(path);
    this.nodes.delete(path);
    if (before !== undefined) this.tell({ kind: "removed", path, before });
    this.doubtBelow(path);
  }

  private doubtBelow(path: string): void {
    for (const name of this.nodes.below(path)) this.doubt(childPath(path, name), false);
  }

  private tell(change: CacheChange): void {
    for (const listener of this.listeners) {
      queueMicrotask(() => {
        if (this.listeners.has(listener)) listener(change);
      });
    }
  }

  private lookAround(): void {
    if (!this.isCurrent) return;
    const waiters = this.waiters;
    this.waiters = [];
    for (const { resolve } of waiters) resolve();
  }

  private end(failure: KeeperError): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    this.isFollowing = false;
    this.stopListening();
    this.queue.clear();
    this.readings.clear();
    for (const { reject } of this.waiters) reject(failure);
    this.waiters = [];
  }
}
