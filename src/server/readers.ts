/**
 * The readers of a server: threads that hold the connections of its plain clients and answer their
 * reads (readers/). The server sees those connections as its own, only without the reads that it
 * did not have to answer.
 *
 * They all listen on one port, among whom the system shares out the connections (SO_REUSEPORT).
 */
import { type AddressInfo, createServer } from "node:net";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { unreachable } from "../base/assert.ts";
import type { Reads } from "../peer/io.ts";
import type { TreeOptions } from "../tree/data-tree.ts";
import {
  type EventSink,
  type FromReader,
  Orders,
  type ReaderData,
  type ReaderDoor,
  readEvents,
  type ToReader,
} from "./readers/messages.ts";
import { RemoteWire } from "./readers/remote-wire.ts";
import { TreeSharing } from "./readers/shared-tree.ts";
import { SharedWords } from "./readers/shared-words.ts";
import type { ListenOptions } from "./sockets.ts";
import type { Wire } from "./wire.ts";

// Beside the folder of this file there is also the bundle's: from there it is the same.
const THREAD = new URL("../server/reader-thread.js", import.meta.url);

export type ReaderOptions = Omit<ReaderData, "reader" | "words">;

/** What the readers ask their owner. */
export interface ReaderEvents {
  /** A connection has come; answers what is told of the reads on it. */
  opened(wire: Wire): (reads: Reads) => void;
  notAccepted(error: Error): void;
  /** A thread has ended that should not. */
  failed(error: unknown): void;
}

export class Readers {
  private readonly options: ReaderOptions;
  private readonly words: SharedWords;
  private readonly sharing: TreeSharing;
  private readonly threads: ReaderThread[] = [];
  /** Events of a reader are being fed: what they cause leaves at their end. */
  private isFeeding = false;
  private isStopped = false;

  constructor(options: ReaderOptions) {
    this.options = options;
    this.words = new SharedWords(options.readers);
    this.sharing = new TreeSharing(this.words, (message) => {
      for (const thread of this.threads) thread.post(message);
    });
  }

  /** What the server's trees have to be made with. */
  get treeOptions(): Pick<TreeOptions, "hashSeed" | "newMemory"> {
    return { hashSeed: this.options.hashSeed, newMemory: this.sharing.newMemory };
  }

  /** Starts the threads, which wait for `listen`. Before the first step of the server. */
  start(events: ReaderEvents): void {
    const { words, options } = this;
    for (let reader = 0; reader < options.readers; reader++) {
      const data: ReaderData = { ...options, reader, words: words.memory };
      this.threads.push(new ReaderThread(data, words, this.hooks(events)));
    }
  }

  private hooks(events: ReaderEvents): ThreadEvents {
    return {
      opened: (wire) => events.opened(wire),
      notAccepted: (error) => events.notAccepted(error),
      fed: (feed) => {
        this.isFeeding = true;
        feed();
        this.isFeeding = false;
        this.flush();
      },
      failed: (error) => {
        if (!this.isStopped) events.failed(error);
      },
    };
  }

  /** Opens the door in every thread; rejects when the port is taken or may not be used. */
  async listen(options: ListenOptions): Promise<AddressInfo> {
    const shares = this.threads.length > 1;
    // Those who share a port would not notice a stranger there.
    const { port } = shares ? await tryDoor(options) : options;
    const { address, backlog, keepAlive } = options;
    const door = { port, address, backlog, keepAlive, shares };
    const doors = await Promise.all(this.threads.map((thread) => thread.listen(door)));
    return doors[0]!;
  }

  /** The server's step has been performed. */
  stepEnded(): void {
    if (!this.sharing.isChanging && this.isFeeding) return;
    this.flush();
    this.sharing.end();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.threads.map((thread) => thread.stop()));
  }

  private flush(): void {
    for (const thread of this.threads) thread.flush();
  }
}

type ThreadEvents = Omit<ReaderEvents, "failed"> & {
  /** Feeds what has happened. */
  fed(feed: () => void): void;
  failed(error: unknown): void;
};

/** One thread, as the server sees it. */
class ReaderThread implements EventSink {
  private readonly number: number;
  private readonly words: SharedWords;
  private readonly events: ThreadEvents;
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly orders = new Orders();
  private readonly wires = new Map<number, Remote>();
  private listening: ((told: FromReader) => void) | undefined;

  constructor(data: ReaderData, words: SharedWords, events: ThreadEvents) {
    this.number = data.reader;
    this.words = words;
    this.events = events;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const workerData = { ...data, port: port2 };
    this.worker = new Worker(THREAD, { workerData, transferList: [port2], execArgv: [] });
    this.worker.on("error", (error) => events.failed(error));
    this.worker.on("exit", (code) => events.failed(new Error(`a reader ended, code ${code}`)));
    port1.on("message", (told: FromReader) => this.take(told));
  }

  listen(door: ReaderDoor): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.listening = (told) => {
        if (told.kind === "listening") resolve(told.address);
        else if (told.kind === "notListening") reject(told.error);
      };
      this.post({ kind: "listen", door });
    });
  }

  post(message: ToReader): void {
    const moved = message.kind === "orders" ? [message.bytes.buffer] : [];
    this.port.postMessage(message, moved);
    if (this.words.posted(this.number)) this.worker.postMessage(0);
  }

  /** What the server has asked for leaves. */
  flush(): void {
    const bytes = this.orders.take();
    if (bytes !== undefined) this.post({ kind: "orders", bytes });
  }

  async stop(): Promise<void> {
    this.port.close();
    await this.worker.terminate();
  }

  opened(conn: number, address: string, port: number): void {
    const wire = new RemoteWire({ conn, address, port }, this.orders);
    // First: what is told of it at once has to find it.
    const remote: Remote = { wire, served: () => {} };
    this.wires.set(conn, remote);
    remote.served = this.events.opened(wire);
  }

  received(conn: number, bytes: Uint8Array): void {
    this.wires.get(conn)?.wire.received(bytes);
  }

  drained(conn: number): void {
    this.wires.get(conn)?.wire.drained();
  }

  served(conn: number, reads: Reads): void {
    this.wires.get(conn)?.served(reads);
  }

  closed(conn: number): void {
    const remote = this.wires.get(conn);
    this.wires.delete(conn);
    remote?.wire.closed();
  }

  private take(told: FromReader): void {
    switch (told.kind) {
      case "events":
        return this.events.fed(() => readEvents(told.bytes, this));
      case "listening":
      case "notListening":
        return this.listening?.(told);
      case "notAccepted":
        return this.events.notAccepted(told.error);
      default:
        return unreachable(told);
    }
  }
}

type Remote = { readonly wire: RemoteWire; served: (reads: Reads) => void };

/** Whether a port is free, and which one was given. */
function tryDoor({ port, address: host }: ListenOptions): Promise<AddressInfo> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host && { host }) }, () => {
      const address = server.address() as AddressInfo;
      server.close(() => resolve(address));
    });
  });
}
