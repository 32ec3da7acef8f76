/**
 * A queue with priorities whose items are claimed, worked on, and acknowledged.
 *
 *   <path>/entries/entry-100-0000000007    an item: its priority, its number, its data
 *   <path>/taken/entry-100-0000000007      ephemeral: somebody works on it
 *
 * Promises: an item is put once and stays until it is acknowledged (at-least-once): where the
 * session of its claimer ends, it is free again. Layout: kazoo's LockingQueue, whose programs can
 * put and take beside ours; `receipt-<uuid>` beside the two folders is ours alone.
 */
import { randomUUID } from "node:crypto";
import { KeeperError, NodeExistsError, NoNodeError } from "../client/keeper-error.ts";
import { op } from "../client/multi.ts";
import type { WaitOptions } from "../client/options.ts";
import type { Data } from "../client/requests.ts";
import type { ReadOptions, ZooKeeper } from "../client/zookeeper.ts";
import { isOver } from "../client-core/protocol.ts";
import { LostError, onSessionLoss } from "./loss.ts";
import { Bell } from "./observe.ts";
import { Receipts } from "./receipts.ts";
import { ensureGone, ensureOwnGone, ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * How an item is put into a queue.
 * @example const options: PutOptions = { priority: 10 };
 */
export type PutOptions = WaitOptions & {
  /** 0 to 999, the lower the sooner; 100 unless given. */
  readonly priority?: number;
};

const PRIORITY_DEFAULT = 100;
const PRIORITY_MAX = 999;
/** A priority of three digits and the server's number. */
const ENTRY = /^entry-(\d{3})--?\d{10}$/;

/**
 * Items that programs put and others take, by priority and then in order. Who takes one claims it
 * first: an item whose claimer dies is free again.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { Queue } from "quoll/recipes";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using zk = await ZooKeeper.connect(server.connectString);
 * await using queue = new Queue(zk, "/app/mails");
 * await queue.put("later");
 * await queue.put("soon", { priority: 10 });
 * for await (const claim of queue.claims()) {
 *   console.log(claim.text, claim.priority); // soon 10
 *   await claim.acknowledge();
 *   break;
 * }
 */
export class Queue implements AsyncDisposable {
  private readonly zk: ZooKeeper;
  private readonly path: string;
  private readonly receipts: Receipts;
  private isMade = false;

  /** `path` is the queue's folder; it is made where it is missing. */
  constructor(zk: ZooKeeper, path: string) {
    this.zk = zk;
    this.path = path;
    this.receipts = new Receipts(zk, path);
  }

  /**
   * Puts one item behind those of its priority, exactly once.
   * @example await new Queue(zk, "/app/mails").put("hello", { priority: 10 });
   */
  put(data: Data, options: PutOptions = {}): Promise<void> {
    return this.putAll([data], options);
  }

  /**
   * Puts all items or none, in their order, exactly once. They must fit into one request.
   * @example await new Queue(zk, "/app/mails").putAll(["first", "second"]);
   */
  async putAll(items: readonly Data[], options: PutOptions = {}): Promise<void> {
    const priority = options.priority ?? PRIORITY_DEFAULT;
    if (!Number.isInteger(priority) || priority < 0 || priority > PRIORITY_MAX) {
      throw new RangeError(`priority ${priority} is not 0 to ${PRIORITY_MAX}`);
    }
    await this.make(options);
    const path = `${this.path}/entries/entry-${`${priority}`.padStart(3, "0")}-`;
    const mode = "persistentSequential";
    await this.receipts.multi(
      items.map((data) => op.create(path, data, { mode })),
      options,
    );
  }

  /**
   * Claims the first free item; undefined where there is none.
   * @example
   * const claim = await new Queue(zk, "/app/mails").tryClaim();
   * if (claim === undefined) console.log("nothing to do");
   */
  async tryClaim(options: WaitOptions = {}): Promise<Claim | undefined> {
    await this.make(options);
    return await this.claimFirst(options);
  }

  /**
   * Claims the first free item, and waits for one where there is none.
   * @example const claim = await new Queue(zk, "/app/mails").claim({ signal });
   */
  async claim(options: WaitOptions = {}): Promise<Claim> {
    await this.make(options);
    const bell = new Bell();
    for (;;) {
      const claim = await this.claimFirst({ ...options, watch: bell.watcher });
      if (claim !== undefined) return claim;
      await bell.rung(options);
    }
  }

  /**
   * One claim after the other, until `signal` is aborted or the session is over.
   * @example
   * for await (const claim of new Queue(zk, "/app/mails").claims({ signal })) {
   *   console.log(claim.text);
   *   await claim.acknowledge();
   * }
   */
  async *claims(options: WaitOptions = {}): AsyncGenerator<Claim, never, void> {
    for (;;) yield await this.claim(options);
  }

  /**
   * How many items there are, claimed ones among them.
   * @example const length = await new Queue(zk, "/app/mails").size();
   */
  async size(options: WaitOptions = {}): Promise<number> {
    const entries = `${this.path}/entries`;
    const names = await ifThere(() => this.zk.getChildren(entries, options), options);
    return (names ?? []).filter((name) => ENTRY.test(name)).length;
  }

  /** Takes this program's receipt away. Items and claims stay. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.receipts.close();
  }

  private async make(options: WaitOptions): Promise<void> {
    if (this.isMade) return;
    await ensurePath(this.zk, `${this.path}/entries`, options);
    await ensurePath(this.zk, `${this.path}/taken`, options);
    this.isMade = true;
  }

  private async claimFirst(options: ReadOptions): Promise<Claim | undefined> {
    const [entries, taken] = await throughLoss(
      () =>
        Promise.all([
          this.zk.getChildren(`${this.path}/entries`, options),
          this.zk.getChildren(`${this.path}/taken`, options),
        ]),
      options,
    );
    const isTaken = new Set(taken);
    for (const name of entries.filter((one) => ENTRY.test(one) && !isTaken.has(one)).sort()) {
      options.signal?.throwIfAborted();
      const claim = await this.take(name);
      if (claim !== undefined) return claim;
    }
    return undefined;
  }

  /** Undefined: somebody else was quicker. Waits to the end, so that no claim is left behind. */
  private async take(name: string): Promise<Claim | undefined> {
    const entry = `${this.path}/entries/${name}`;
    const marker = `${this.path}/taken/${name}`;
    const id = randomUUID().replaceAll("-", "");
    const isOurs = await throughLoss(async () => {
      try {
        await this.zk.multi([op.check(entry), op.create(marker, id, { mode: "ephemeral" })]);
        return true;
      } catch (error) {
        if (error instanceof NoNodeError) return false;
        if (!(error instanceof NodeExistsError)) throw error;
      }
      // It may be ours, by a try whose reply was lost.
      const there = await ifThere(() => this.zk.getData(marker));
      return there !== undefined && textOf(there) === id;
    });
    if (!isOurs) return undefined;
    const item = await ifThere(() => this.zk.getData(entry));
    if (item !== undefined) return new Claim(this.zk, { name, id, entry, marker, data: item.data });
    // Deleted by a program that does not look at claims.
    await ensureGone(this.zk, marker);
    return undefined;
  }
}

type Claimed = {
  readonly name: string;
  /** Tells our marker from another claimer's. */
  readonly id: string;
  readonly entry: string;
  readonly marker: string;
  readonly data: Uint8Array | null;
};

/**
 * An item that nobody else gets while this session lives, or until it is released. Made by a
 * `Queue`.
 * @example
 * const claim = await new Queue(zk, "/app/mails").claim();
 * console.log(claim.name, claim.text, claim.lost.aborted);
 * await claim.acknowledge();
 */
export class Claim {
  /** The item's node, without its folder: ordered as the queue is. */
  readonly name: string;
  /** What was put; null where that was null. */
  readonly data: Uint8Array | null;
  /** The item's priority, 0 to 999. */
  readonly priority: number;
  /**
   * Aborted with a `LostError` when the session is over, or when there was no connection for so
   * long that it may be: the item may be somebody else's by now.
   */
  readonly lost: AbortSignal;
  private readonly zk: ZooKeeper;
  private readonly claimed: Claimed;
  private readonly forget: () => void;

  /** Made by a `Queue`. */
  constructor(zk: ZooKeeper, claimed: Claimed) {
    this.zk = zk;
    this.claimed = claimed;
    this.name = claimed.name;
    this.data = claimed.data;
    this.priority = Number(ENTRY.exec(claimed.name)?.[1] ?? PRIORITY_DEFAULT);
    const lost = new AbortController();
    this.lost = lost.signal;
    this.forget = onSessionLoss(zk, (code) => lost.abort(new LostError(code, claimed.entry)));
  }

  /** The data as text. */
  get text(): string {
    return textOf(this);
  }

  /**
   * The work is done: takes the item out of the queue. Rejects when the claim is lost.
   * @example
   * const claim = await new Queue(zk, "/app/mails").claim();
   * await claim.acknowledge();
   */
  async acknowledge(): Promise<void> {
    const { entry, marker } = this.claimed;
    await throughLoss(async () => {
      try {
        await this.zk.multi([op.delete(entry), op.delete(marker)]);
      } catch (error) {
        // Done by a try whose reply was lost: nobody but the claimer deletes an item.
        const isGone = error instanceof NoNodeError && error.element?.index === 0;
        if (!isGone) throw error;
        await ensureGone(this.zk, marker);
      }
    });
    this.forget();
  }

  /**
   * Gives the item back, for the next to claim.
   * @example
   * const claim = await new Queue(zk, "/app/mails").claim();
   * await claim.release(); // somebody else may do it
   */
  async release(): Promise<void> {
    const { marker, id } = this.claimed;
    try {
      await ensureOwnGone(this.zk, marker, (node) => textOf(node) === id);
    } catch (error) {
      // With the session the claim has ended by itself.
      if (!(error instanceof KeeperError) || !isOver(this.zk.state)) throw error;
    }
    this.forget();
  }
}

const textOf = ({ data }: { readonly data: Uint8Array | null }): string =>
  new TextDecoder().decode(data ?? new Uint8Array());
