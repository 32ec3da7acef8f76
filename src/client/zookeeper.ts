/**
 * The public client: a session with an ensemble, its operations as promises.
 *
 *   await using zk = await ZooKeeper.connect("a:2181,b:2181/app", { timeoutMs: 10_000 });
 *   await zk.create("/task", "payload", { mode: "ephemeralSequential" });
 *
 * Promises: operations are sent and answered in the order of the calls; watch events come in their
 * place among the replies. A client reconnects by itself until its session has expired; what was
 * under way when a connection broke rejects with `ConnectionLossError`, whose `ambiguous` tells
 * whether it may have been done. Refusals and wrong arguments reject with a `KeeperError`.
 * Table: one method for each operation, with its contract and an example.
 */
import { randomUUID } from "node:crypto";
import { utf8 } from "../base/bytes.ts";
import { type SessionId, toZxid } from "../base/ids.ts";
import { parseConnectString } from "../client-core/connect-string.ts";
import { multi as multiOperation } from "../client-core/multi.ts";
import type { Operation } from "../client-core/operation.ts";
import * as operations from "../client-core/operations.ts";
import { type ClientState, isLive, isOver } from "../client-core/protocol.ts";
import type { WatchSelection } from "../client-core/watches.ts";
import type { CreateTTLRequest } from "../records/client.ts";
import { type AddWatchMode, ANY_VERSION } from "../records/constants.ts";
import type { Acl, ClientInfo, Stat } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { type CacheClient, TreeCache } from "./cache.ts";
import { type ValueCodec, Values } from "./codec.ts";
import { type Dial, dialTcp } from "./connection.ts";
import { Driver, type Watcher } from "./driver.ts";
import type { WriteOp, WriteResult } from "./multi.ts";
import { type ReadOp, type ReadResult, readOperation, Transaction } from "./multi.ts";
import {
  type CallOptions,
  clientOptions,
  type WaitOptions,
  type ZooKeeperOptions,
} from "./options.ts";
import { createSurely, findProtected, pastLosses, protectedPath } from "./protected-create.ts";
import {
  bytesOf,
  CREATE_FOR_PATH,
  CREATE_FOR_STAT,
  type CreateKind,
  type CreateOptions,
  checkPath,
  checkPrefix,
  checkVersion,
  creation,
  type Data,
} from "./requests.ts";
import { type RetryPolicy, retrying, retryPolicy } from "./retry.ts";
import { dialTls } from "./tls.ts";
import { type WatchClient, type WatchOptions, WatchStream } from "./watch-stream.ts";

/**
 * What a creation may be given.
 * @example
 * const options: NewNodeOptions = { mode: "ephemeralSequential", protected: true, signal };
 */
export type NewNodeOptions = CreateOptions &
  CallOptions & {
    /** True: a lost reply cannot make a second node. */
    readonly protected?: boolean | undefined;
  };
/**
 * What a reading may be given.
 * @example
 * const options: ReadOptions = { watch: ({ type, path }) => console.log(type, path), signal };
 */
export type ReadOptions = CallOptions & {
  /** Told once of the next change of what was read. */
  readonly watch?: Watcher | undefined;
};
/**
 * Which watches are removed.
 * @example const options: RemoveWatchesOptions = { selection: "data", local: true };
 */
export type RemoveWatchesOptions = CallOptions & {
  /** Which watches; `any` unless given. */
  readonly selection?: WatchSelection;
  /** Whose watches; everybody's unless given. */
  readonly watcher?: Watcher;
  /** True: they are removed also when there is no connection. */
  readonly local?: boolean;
};

/**
 * A session with an ensemble. Operations are sent in the order of the calls and answered in that
 * order. The client reconnects by itself until the session is over; what was under way when a
 * connection broke rejects with `ConnectionLossError` unless `retry` is given. Refusals and wrong
 * arguments reject with a `KeeperError`; an aborted `signal` rejects with its reason.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using zk = await ZooKeeper.connect(server.connectString, { timeoutMs: 10_000 });
 * const path = await zk.create("/task-", "payload", { mode: "ephemeralSequential" });
 * console.log(path); // /task-0000000000
 */
export class ZooKeeper implements AsyncDisposable {
  private readonly driver: Driver;
  private readonly policy: RetryPolicy | undefined;
  private readonly chroot: string;

  /**
   * Begins to connect at once. Throws `RangeError` for a connect string that is none. `dial` is how
   * tests reach servers that have no socket.
   */
  constructor(connectString: string, options: ZooKeeperOptions = {}, dial?: Dial) {
    this.policy = options.retry === undefined ? undefined : retryPolicy(options.retry);
    const machineOptions = clientOptions(connectString, options);
    this.chroot = machineOptions.chroot;
    const { tls } = options;
    const ownDial = dial ?? (tls === undefined ? dialTcp() : dialTls(tls));
    this.driver = new Driver(machineOptions, ownDial, options);
    for (const { scheme, auth } of options.auth ?? []) {
      // A refused identity ends the session: its state and everybody who waits tell it.
      this.addAuth(scheme, auth).catch(() => {});
    }
    this.driver.start();
  }

  /**
   * A client with a session. Rejects when `signal` is aborted or no server took the session within
   * `connectTimeoutMs` (the session timeout unless given; 0: waits for ever).
   * @example const zk = await ZooKeeper.connect("a:2181,b:2181/app", { connectTimeoutMs: 5000 });
   */
  static async connect(
    connectString: string,
    options: ZooKeeperOptions & WaitOptions & { readonly connectTimeoutMs?: number } = {},
  ): Promise<ZooKeeper> {
    const zk = new ZooKeeper(connectString, options);
    const limitMs = options.connectTimeoutMs ?? zk.timeoutMs;
    try {
      await zk.connected({ signal: options.signal, limitMs });
      return zk;
    } catch (error) {
      await zk.close();
      throw error;
    }
  }

  /** Where the session stands: see `isLive` and `isOver`. */
  get state(): ClientState {
    return this.driver.machine.state;
  }
  /** 0 before the first session. */
  get sessionId(): SessionId {
    return this.driver.machine.sessionId;
  }
  /** A copy of the session's password. */
  get sessionPassword(): Uint8Array {
    return new Uint8Array(this.driver.machine.password);
  }
  /** The session timeout in ms: as asked for, then as the server decided. */
  get timeoutMs(): number {
    return this.driver.machine.timeoutMs;
  }
  /** The server talked to or tried; undefined once the session is over. */
  get server(): { readonly name: string; readonly port: number } | undefined {
    return this.driver.machine.host;
  }
  /** Why the last connection ended or could not be made, in words. */
  get lastTrouble(): string | undefined {
    return this.driver.lastTrouble;
  }

  /**
   * Takes another list of servers. The client stays where it is, or moves at once to another
   * server, with a probability that keeps many such clients evenly spread; its session goes on.
   * Throws `RangeError` for a connect string that is none, or has another chroot than the client.
   * @example zk.updateServers("a:2181,b:2181,c:2181");
   */
  updateServers(connectString: string): void {
    const { hosts, chroot } = parseConnectString(connectString);
    if (chroot !== "" && chroot !== this.chroot) {
      throw new RangeError(`updateServers: the client's chroot "${this.chroot}" cannot change`);
    }
    this.driver.updateServers(hosts);
  }

  /**
   * Calls `listener` at each change of state; returns how to stop it.
   * @example const stop = zk.onState((state) => console.log(state)); // stop() ends it
   */
  onState(listener: (state: ClientState) => void): () => void {
    return this.driver.onState(listener);
  }

  /**
   * Resolves when there is a connection. Rejects when the session is over, `signal` is aborted, or
   * `limitMs` (in ms; 0 or not given: no limit) have passed, the last with `ConnectionLossError`.
   * @example await zk.connected({ limitMs: 5000 });
   */
  connected(options: WaitOptions & { readonly limitMs?: number } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal, limitMs } = options;
      if (signal?.aborted === true) return reject(signal.reason);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        stop();
        signal?.removeEventListener("abort", onAbort);
        settle();
      };
      const fail = (err: number, detail?: string): void => {
        const about = { operation: "connect", ...(detail === undefined ? {} : { detail }) };
        end(() => reject(this.driver.errorFor(err, about)));
      };
      const look = (state: ClientState): void => {
        if (isLive(state)) end(resolve);
        else if (state === "EXPIRED") fail(ErrorCode.SessionExpired);
        else if (state === "AUTH_FAILED") fail(ErrorCode.AuthFailed);
        else if (isOver(state)) fail(ErrorCode.ConnectionLoss);
      };
      const onAbort = (): void => end(() => reject(signal?.reason));
      const late = (): void =>
        fail(ErrorCode.ConnectionLoss, `no session in ${limitMs} ms: ${this.lastTrouble}`);
      const timer = limitMs === undefined || limitMs === 0 ? undefined : setTimeout(late, limitMs);
      const stop = this.onState(look);
      signal?.addEventListener("abort", onAbort);
      look(this.state);
    });
  }

  /**
   * Creates a node; resolves to its path, with the number that a sequential mode gave it. With
   * `protected` its name begins with `_c_<uuid>-`, and when the reply is lost the client looks for
   * that name before it creates again: the node is made once, as long as the session lives.
   * Rejects with `NodeExistsError`, and with `NoNodeError` where the parent is missing.
   * @example const path = await zk.create("/jobs/job-", "work", { mode: "persistentSequential" });
   */
  create(path: string, data: Data = null, options: NewNodeOptions = {}): Promise<string> {
    return this.createBy(CREATE_FOR_PATH, { path, data, options }, async (own) => own);
  }

  /**
   * As `create`, and tells the new node's Stat.
   * @example const { path, stat } = await zk.createWithStat("/config", "1");
   */
  createWithStat(
    path: string,
    data: Data = null,
    options: NewNodeOptions = {},
  ): Promise<operations.Created> {
    return this.createBy(CREATE_FOR_STAT, { path, data, options }, async (own) => {
      const { signal, retry } = options;
      const stat = await pastLosses(() => this.exists(own, { signal, retry }));
      return stat === undefined ? undefined : { path: own, stat };
    });
  }

  /**
   * Deletes a node. Version -1 matches every version, here and below. Rejects with `NoNodeError`,
   * with `BadVersionError`, and with `NotEmptyError` where the node has children.
   * @example await zk.delete("/jobs/job-0000000001");
   */
  delete(path: string, version: number = ANY_VERSION, options: CallOptions = {}): Promise<void> {
    return this.versioned(operations.deleteNode, { path, version }, options);
  }

  /**
   * The node's Stat; undefined when there is none, whose creation is then watched.
   * @example const stat = await zk.exists("/config", { watch: ({ type }) => console.log(type) });
   */
  exists(path: string, options: ReadOptions = {}): Promise<Stat | undefined> {
    return this.read(operations.exists, path, options);
  }

  /**
   * The node's data and its Stat; `data` is null where the node was created without any. Rejects
   * with `NoNodeError`, which sets no watch.
   * @example const { data, stat } = await zk.getData("/config");
   */
  getData(path: string, options: ReadOptions = {}): Promise<operations.NodeData> {
    return this.read(operations.getData, path, options);
  }

  /**
   * The ensemble's configuration, which keeps its place under every chroot.
   * @example const { data } = await zk.getConfig();
   */
  getConfig(options: ReadOptions = {}): Promise<operations.NodeData> {
    return this.read(operations.getConfig, operations.CONFIG_PATH, options);
  }

  /**
   * Changes who belongs to the ensemble, and resolves to its new configuration. `fromConfig`: only
   * if the configuration has this version (the zxid in its Stat); -1 matches every one. It is never
   * made again by itself. A standalone server refuses it.
   * @example await zk.reconfig({ joining: "server.4=d:2888:3888;2181", leaving: "1" });
   */
  reconfig(
    change: operations.Reconfiguration,
    fromConfig: bigint = BigInt(ANY_VERSION),
    options: WaitOptions = {},
  ): Promise<operations.NodeData> {
    const request = { change, fromConfig: toZxid(fromConfig) };
    return this.driver.call(operations.reconfig, request, options);
  }

  /**
   * Sets the node's data; resolves to its new Stat. Rejects with `NoNodeError`, and with
   * `BadVersionError` where the node has another version.
   * @example
   * const { data, stat } = await zk.getData("/config");
   * await zk.setData("/config", "2", stat.version); // only if nobody else was quicker
   */
  setData(
    path: string,
    data: Data,
    version: number = ANY_VERSION,
    options: CallOptions = {},
  ): Promise<Stat> {
    return this.versioned(operations.setData, { path, data: bytesOf(data), version }, options);
  }

  /**
   * The node's ACL and its Stat. Who may not administer the node sees `x` for hashes of digests.
   * @example const { acl, stat } = await zk.getACL("/config");
   */
  getACL(path: string, options: CallOptions = {}): Promise<operations.NodeAcl> {
    return this.asked(operations.getACL, { path }, options);
  }

  /**
   * Replaces the node's ACL. `version` is compared with the Stat's `aversion`. Rejects with
   * `InvalidACLError` for one that the server does not take.
   * @example await zk.setACL("/config", READ_ACL);
   */
  setACL(
    path: string,
    acl: readonly Acl[],
    version: number = ANY_VERSION,
    options: CallOptions = {},
  ): Promise<Stat> {
    return this.versioned(operations.setACL, { path, acl, version }, options);
  }

  /**
   * The names of the children, in no particular order.
   * @example for (const name of await zk.getChildren("/jobs")) console.log(`/jobs/${name}`);
   */
  getChildren(path: string, options: ReadOptions = {}): Promise<readonly string[]> {
    return this.read(operations.getChildren, path, options);
  }

  /**
   * As `getChildren`, and tells the node's Stat.
   * @example const { children, stat } = await zk.getChildrenWithStat("/jobs");
   */
  getChildrenWithStat(path: string, options: ReadOptions = {}): Promise<operations.NodeChildren> {
    return this.read(operations.getChildren2, path, options);
  }

  /**
   * Resolves to `path` when the server has caught up with all that was done before this call.
   * @example
   * await zk.sync("/config");
   * const { data } = await zk.getData("/config"); // what any client has written before
   */
  sync(path: string, options: CallOptions = {}): Promise<string> {
    return this.asked(operations.sync, { path }, options);
  }

  /**
   * Does all operations or none. Rejects with the error of the one that failed (`element`).
   * @example await zk.multi([op.check("/config", 3), op.create("/jobs/a"), op.delete("/jobs/b")]);
   */
  multi(ops: readonly WriteOp[], options: CallOptions = {}): Promise<readonly WriteResult[]> {
    const operation = multiOperation as Operation<readonly WriteOp[], readonly WriteResult[]>;
    return this.call(operation, ops, options);
  }

  /**
   * Collects operations one by one; `commit` does what `multi` does.
   * @example await zk.transaction().create("/a").setData("/b", "1").commit();
   */
  transaction(): Transaction {
    return new Transaction((ops, options) => this.multi(ops, options));
  }

  /**
   * Several reads in one request; each succeeds or fails by itself. Servers know it from 3.6 on.
   * @example
   * const [config, jobs] = await zk.multiRead([op.getData("/config"), op.getChildren("/jobs")]);
   * if (jobs?.kind === "getChildren") console.log(jobs.children);
   */
  multiRead(ops: readonly ReadOp[], options: CallOptions = {}): Promise<readonly ReadResult[]> {
    return this.call(readOperation(ops), ops, options);
  }

  /**
   * Proves an identity on this and every later connection. A refusal ends the session.
   * @example await zk.addAuth("digest", "alice:secret");
   */
  addAuth(scheme: string, auth: Uint8Array | string, { signal }: WaitOptions = {}): Promise<void> {
    return this.driver.addAuth({ scheme, auth: bytesOf(auth) ?? utf8("") }, signal);
  }

  /**
   * A watch that stays: of the node and its children (`persistent`), or of the node and everything
   * below it (`persistentRecursive`).
   * @example
   * await zk.addWatch("/app", "persistentRecursive", ({ type, path }) => console.log(type, path));
   */
  addWatch(
    path: string,
    mode: keyof typeof AddWatchMode,
    watcher: Watcher,
    options: CallOptions = {},
  ): Promise<void> {
    return this.asked(operations.addWatch, { path, mode }, { ...options, watcher });
  }

  /**
   * A watch that stays, to be read in a loop: it outlives reconnections, and leaving the loop takes
   * it away. Asked for at once: what is read after this call misses nothing. Ends with `close` and
   * the signal; throws when the session expires. The server keeps one watch that stays for each
   * path of a client: of several kinds at one path, the last counts.
   *
   * Session events come too. After `None` with `SyncConnected`, and with `missed` above 0, there
   * were changes that are not told one by one: read again.
   * @example
   * for await (const { type, path, missed } of zk.watch("/app", { recursive: true })) {
   *   console.log(type, path, missed);
   * }
   */
  watch(path: string, options: WatchOptions = {}): WatchStream {
    return new WatchStream(this.streamClient, path, options);
  }

  /**
   * A copy of the subtree at `path` in memory, which follows every change until it is closed. The
   * node need not exist. Throws `BadArgumentsError` for a path that is none.
   * @example
   * await using cache = zk.cache("/services");
   * await cache.ready;
   * for (const name of cache.children("/services") ?? []) console.log(name);
   */
  cache(path: string): TreeCache {
    checkPath("cache", path);
    return new TreeCache(this.cacheClient, path);
  }

  /**
   * Rejects with `NoWatcherError` when there is no such watch. Those who had it are told.
   * @example await zk.removeWatches("/app", { selection: "persistentRecursive" });
   */
  removeWatches(path: string, options: RemoveWatchesOptions = {}): Promise<void> {
    const { selection = "any", local = false } = options;
    return this.asked(operations.removeWatches, { path, selection, local }, options);
  }

  /**
   * This client's nodes as values.
   * @example
   * const configs = zk.withCodec(json<{ limit: number }>());
   * const { value } = await configs.get("/config");
   */
  withCodec<T>(codec: ValueCodec<T>): Values<T> {
    return new Values(this, codec);
  }

  /**
   * The paths of this session's ephemerals that begin with `prefix`.
   * @example const mine = await zk.getEphemerals("/locks");
   */
  getEphemerals(prefix = "/", options: CallOptions = {}): Promise<readonly string[]> {
    return attempt(() => {
      checkPrefix("getEphemerals", prefix);
      return this.call(operations.getEphemerals, { prefix }, options);
    });
  }

  /**
   * How many nodes there are below `path`.
   * @example const count = await zk.getAllChildrenNumber("/jobs");
   */
  getAllChildrenNumber(path: string, options: CallOptions = {}): Promise<number> {
    return this.asked(operations.getAllChildrenNumber, { path }, options);
  }

  /**
   * The identities that the server knows of this connection.
   * @example for (const { authScheme, user } of await zk.whoAmI()) console.log(authScheme, user);
   */
  whoAmI(options: CallOptions = {}): Promise<readonly ClientInfo[]> {
    return this.call(operations.whoAmI, undefined, options);
  }

  /**
   * Ends the session, and its ephemerals with it. Never rejects.
   * @example await zk.close(); // `await using` does the same
   */
  close(): Promise<void> {
    return this.driver.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private readonly streamClient: WatchClient = {
    // The stream asks again at once: before whatever is read again after a loss.
    addWatch: (path, mode, watcher) => this.addWatch(path, mode, watcher, { retry: "never" }),
    removeWatches: (path, options) => this.removeWatches(path, options),
    errorFor: (err, about) => this.driver.errorFor(err, about),
  };

  private readonly cacheClient: CacheClient = this.asCacheClient();
  private asCacheClient(): CacheClient {
    const zk = this;
    return {
      get state() {
        return zk.state;
      },
      onState: (listener) => zk.onState(listener),
      getData: (path, options) => zk.getData(path, options),
      getChildren: (path, options) => zk.getChildren(path, options),
      sync: (path) => zk.sync(path),
      // The cache asks again by itself, before the readings that must come after it.
      addWatch: (path, mode, watcher) => zk.addWatch(path, mode, watcher, { retry: "never" }),
      removeWatches: (path, options) => zk.removeWatches(path, options),
      overError: (about) => zk.driver.overError(about),
    };
  }

  private read<A>(
    operation: Operation<{ readonly path: string; readonly watch: boolean }, A>,
    path: string,
    { watch, signal, retry }: ReadOptions,
  ): Promise<A> {
    const request = { path, watch: watch !== undefined };
    return this.asked(operation, request, { signal, retry, watcher: watch });
  }

  private versioned<Q extends { readonly path: string; readonly version: number }, A>(
    operation: Operation<Q, A>,
    request: Q,
    options: CallOptions,
  ): Promise<A> {
    return attempt(() => {
      checkVersion(operation.name, request.path, request.version);
      checkPath(operation.name, request.path);
      return this.call(operation, request, options, request.version !== ANY_VERSION);
    });
  }

  private createBy<A>(
    cards: Readonly<Record<CreateKind, Operation<CreateTTLRequest, A>>>,
    { path, data, options }: { path: string; data: Data; options: NewNodeOptions },
    found: (path: string) => Promise<A | undefined>,
  ): Promise<A> {
    return attempt(() => {
      const { kind, request } = creation(path, data, options);
      if (options.protected !== true) return this.call(cards[kind], request, options);
      const own = protectedPath(path, randomUUID());
      const waiting = { signal: options.signal, retry: options.retry };
      return createSurely(
        () => this.call(cards[kind], { ...request, path: own }, options),
        async () => {
          const there = await findProtected(this, own, waiting);
          return there === undefined ? undefined : found(there);
        },
      );
    });
  }

  private asked<Q extends { readonly path: string }, A>(
    operation: Operation<Q, A>,
    request: Q,
    options: CallOptions & { readonly watcher?: Watcher | undefined },
  ): Promise<A> {
    return attempt(() => {
      checkPath(operation.name, request.path);
      return this.call(operation, request, options);
    });
  }

  /** Sends a request, again and again where a policy wants it. */
  private call<Q, A>(
    operation: Operation<Q, A>,
    request: Q,
    options: CallOptions & { readonly watcher?: Watcher | undefined },
    isRepeatable = !operation.writes,
  ): Promise<A> {
    const once = (): Promise<A> => this.driver.call(operation, request, options);
    const { retry, signal } = options;
    return attempt(() => {
      const policy =
        retry === undefined ? this.policy : retry === "never" ? undefined : retryPolicy(retry);
      return policy === undefined ? once() : retrying(once, { policy, isRepeatable, signal });
    });
  }
}

/** Turns a throw into a rejection. Adds no turn of its own: replies and events keep their order. */
function attempt<A>(begin: () => Promise<A>): Promise<A> {
  try {
    return begin();
  } catch (error) {
    return Promise.reject(error);
  }
}
