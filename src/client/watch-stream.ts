/**
 * A persistent watch as an async iterator, which is what `ZooKeeper.watch` returns.
 *
 *   for await (const event of zk.watch("/app", { recursive: true })) ...
 *
 * Promises: events come in the order of the server; the watch outlives reconnections; leaving the
 * loop takes the watch away. A slow reader costs bounded memory: of events that do not fit the
 * oldest go, and the next one tells how many.
 * From: specification 2.10. What happened between two connections is lost to persistent watches:
 * the reader sees the `SyncConnected` behind the gap and reads again.
 */
import { assert } from "../base/assert.ts";
import { Queue } from "../base/queue.ts";
import type { KeeperStateName, WatchedEvent } from "../client-core/events.ts";
import { ErrorCode } from "../records/error-codes.ts";
import type { Watcher } from "./driver.ts";
import { ClosedError, ConnectionLossError, KeeperError, NoWatcherError } from "./keeper-error.ts";

/**
 * What a watch that is read in a loop may be given.
 * @example const options: WatchOptions = { recursive: true, bufferMax: 10_000, signal };
 */
export type WatchOptions = {
  /** True: of the node and everything below it; else of the node and its children. */
  readonly recursive?: boolean | undefined;
  /** Most events that wait for the reader; 1024 unless given. */
  readonly bufferMax?: number | undefined;
  /** Aborting ends the iteration, as leaving the loop does. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * An event as a loop over a watch sees it.
 * @example
 * const isGap = (event: StreamedEvent): boolean => event.missed > 0 || event.type === "None";
 */
export type StreamedEvent = WatchedEvent & {
  /** How many events before this one were left out because the reader was slow: read again. */
  readonly missed: number;
};

/** What a stream asks of its client. */
export interface WatchClient {
  addWatch(path: string, mode: "persistent" | "persistentRecursive", to: Watcher): Promise<void>;
  removeWatches(
    path: string,
    options: { readonly watcher: Watcher; readonly local: true },
  ): Promise<void>;
  /** The error of what ended because the session did. */
  errorFor(err: number, about: { operation: string; path: string }): KeeperError;
}

const BUFFER_EVENTS_DEFAULT = 1024;

type Reader = {
  readonly resolve: (result: IteratorResult<StreamedEvent, undefined>) => void;
  readonly reject: (error: unknown) => void;
};

/** The states of a session event after which no event comes, and what they are to a reader. */
const ENDS: Readonly<Partial<Record<KeeperStateName, number | "quietly">>> = {
  Expired: ErrorCode.SessionExpired,
  AuthFailed: ErrorCode.AuthFailed,
  Closed: "quietly",
};

/**
 * Events in a loop, made by `ZooKeeper.watch`. One reader at a time sees each event once. At most
 * `bufferMax` events wait; of more, the oldest are left out, and the next event tells how many.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using zk = await ZooKeeper.connect(server.connectString);
 * const events = zk.watch("/app", { recursive: true });
 * await zk.create("/app");
 * for await (const { type, path } of events) {
 *   console.log(type, path); // NodeCreated /app
 *   break;
 * }
 */
export class WatchStream implements AsyncIterableIterator<StreamedEvent>, AsyncDisposable {
  /** Resolves when the server has the watch; rejects when it never will. */
  readonly ready: Promise<void>;
  private readonly client: WatchClient;
  private readonly path: string;
  private readonly mode: "persistent" | "persistentRecursive";
  private readonly bufferMax: number;
  private readonly signal: AbortSignal | undefined;
  private readonly events = new Queue<WatchedEvent>();
  private readonly readers = new Queue<Reader>();
  private missed = 0;
  private isSet = false;
  private ending: { readonly error: unknown } | "quietly" | undefined;

  /** Asks for the watch at once: what is read after this call misses nothing. */
  constructor(client: WatchClient, path: string, options: WatchOptions = {}) {
    const { recursive = false, bufferMax = BUFFER_EVENTS_DEFAULT, signal } = options;
    if (!Number.isInteger(bufferMax) || bufferMax < 1) {
      throw new RangeError(`bufferMax ${bufferMax} is not a whole number from 1 on`);
    }
    this.client = client;
    this.path = path;
    this.mode = recursive ? "persistentRecursive" : "persistent";
    this.bufferMax = bufferMax;
    this.signal = signal;
    this.ready = this.begin();
    // Who reads is told of the failure by `next`; `ready` need not be looked at.
    this.ready.catch((error: unknown) => this.fail(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * The next event; waits for it. Done when the stream has ended; rejects once when it failed.
   * @example
   * const events = zk.watch("/config");
   * const { value, done } = await events.next();
   * if (done !== true) console.log(value.type);
   */
  next(): Promise<IteratorResult<StreamedEvent, undefined>> {
    const event = this.events.shift();
    if (event !== undefined) {
      const missed = this.missed;
      this.missed = 0;
      return Promise.resolve({ done: false, value: { ...event, missed } });
    }
    return new Promise((resolve, reject) => {
      if (this.ending === undefined) this.readers.push({ resolve, reject });
      else this.tellEnd({ resolve, reject });
    });
  }

  /**
   * Ends the iteration. Resolves when the watch is gone, or will be without further doing.
   * @example
   * const events = zk.watch("/config");
   * await events.return(); // as leaving a loop does
   */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.events.clear();
    await this.end("quietly");
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private async begin(): Promise<void> {
    if (this.signal?.aborted === true) return this.end("quietly");
    this.signal?.addEventListener("abort", this.onAbort);
    await this.set();
    this.isSet = true;
    if (this.ending !== undefined) await this.unset();
  }

  private async set(): Promise<void> {
    for (;;) {
      try {
        return await this.client.addWatch(this.path, this.mode, this.onEvent);
      } catch (error) {
        // The connection that had it is gone: the next one needs it anew.
        if (!(error instanceof ConnectionLossError)) throw error;
      }
    }
  }

  private async unset(): Promise<void> {
    try {
      await this.client.removeWatches(this.path, { watcher: this.onEvent, local: true });
    } catch (error) {
      // It is gone already, with somebody's removal or with the session.
      if (error instanceof NoWatcherError) return;
      if (!(error instanceof KeeperError)) throw error;
    }
  }

  private readonly onAbort = (): void => {
    this.events.clear();
    void this.end("quietly");
  };

  private readonly onEvent = (event: WatchedEvent): void => {
    if (this.ending !== undefined) return;
    const ends = event.type === "None" ? ENDS[event.state] : undefined;
    if (typeof ends === "number") {
      return this.fail(this.client.errorFor(ends, { operation: "watch", path: this.path }));
    }
    if (ends === "quietly" || event.type === "PersistentWatchRemoved") {
      this.isSet = false;
      void this.end("quietly");
      return;
    }
    const reader = this.readers.shift();
    if (reader !== undefined) {
      assert(this.missed === 0, "who waits has missed nothing");
      return reader.resolve({ done: false, value: { ...event, missed: 0 } });
    }
    if (this.events.length === this.bufferMax) {
      this.events.shift();
      this.missed++;
    }
    this.events.push(event);
  };

  private fail(error: unknown): void {
    this.isSet = false;
    void this.end(error instanceof ClosedError ? "quietly" : { error });
  }

  private async end(ending: NonNullable<WatchStream["ending"]>): Promise<void> {
    if (this.ending !== undefined) return;
    this.ending = ending;
    this.signal?.removeEventListener("abort", this.onAbort);
    for (const reader of this.readers.takeAll()) this.tellEnd(reader);
    if (this.isSet) await this.unset();
  }

  /** An error is thrown once; who goes on reading finds the end. */
  private tellEnd(reader: Reader): void {
    if (this.ending === "quietly" || this.ending === undefined) {
      return reader.resolve({ done: true, value: undefined });
    }
    const { error } = this.ending;
    this.ending = "quietly";
    reader.reject(error);
  }
}
