/**
 * A reader: a thread that holds connections of clients, answers their reads from the server's tree,
 * and sends everything else on to the server (readers/). readers.ts starts it.
 *
 * Messages lie in a port without a listener, for they have to be taken in order and at two
 * occasions: when the bell rings, and in the middle of a read.
 */
import { type AddressInfo, createServer } from "node:net";
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from "node:worker_threads";
import { unreachable } from "../base/assert.ts";
import { JuteWriter } from "../jute/writer.ts";
import { bunTcp, listenOnBun } from "./bun-wire.ts";
import { lendNatives } from "./lend-natives.ts";
import { Pacing } from "./pacing.ts";
import { LocalReads } from "./readers/local-reads.ts";
import {
  Events,
  type FromReader,
  type ReaderData,
  type ReaderDoor,
  readOrders,
  type ToReader,
} from "./readers/messages.ts";
import { ReaderConnection, type ReaderParts } from "./readers/reader-connection.ts";
import { NodeWire, plainAddress, type Wire } from "./wire.ts";

class Reader {
  private readonly port: MessagePort;
  private readonly reads: LocalReads;
  private readonly events = new Events();
  private readonly connections = new Map<number, ReaderConnection>();
  private readonly served = new Set<ReaderConnection>();
  private readonly parts: ReaderParts;
  private readonly pacing: Pacing;
  private lastNumber = 0;
  private isPosting = false;

  constructor(data: ReaderData & { readonly port: MessagePort }) {
    this.port = data.port;
    this.reads = new LocalReads(data);
    this.parts = {
      events: this.events,
      to: new JuteWriter(),
      reads: this.reads,
      frameBytesMax: data.frameBytesMax,
      takeMessages: () => this.takeMessages(),
      told: () => this.told(),
      hasServed: (connection) => this.served.add(connection),
    };
    this.pacing = new Pacing({ goOn: () => {}, mayPoll: () => true }, data.pollMs);
    setInterval(() => this.report(), data.reportMs);
  }

  /** The bell rang. */
  heard(): void {
    this.reads.heard();
    this.takeMessages();
  }

  private takeMessages(): void {
    for (let next = this.next(); next !== undefined; next = this.next()) {
      this.reads.tookMessage();
      this.take(next);
    }
  }

  private next(): ToReader | undefined {
    return receiveMessageOnPort(this.port)?.message as ToReader | undefined;
  }

  private take(message: ToReader): void {
    switch (message.kind) {
      case "listen":
        return this.listen(message.door);
      case "memory":
        return this.reads.show(message.pages, message.tables, message.fresh);
      case "orders":
        return readOrders(message.bytes, {
          write: (conn, bytes) => this.connections.get(conn)?.write(bytes),
          order: (conn, order) => this.connections.get(conn)?.order(order),
        });
      default:
        return unreachable(message);
    }
  }

  private listen(door: ReaderDoor): void {
    if (bunTcp !== undefined && door.backlog === undefined) {
      const { address } = listenOnBun(bunTcp, door, (wire) => this.open(wire));
      return this.post({ kind: "listening", address });
    }
    const { port, address: host, backlog, keepAlive, shares: reusePort } = door;
    const server = createServer({ noDelay: true, keepAlive }, (socket) => {
      socket.on("error", () => socket.destroy());
      const { remoteAddress, remotePort = 0 } = socket;
      this.open(new NodeWire(socket, plainAddress(remoteAddress), remotePort));
    });
    server.once("error", (error) => this.post({ kind: "notListening", error }));
    const options = { port, ...(host && { host }), ...(backlog && { backlog }) };
    server.listen({ ...options, reusePort } as typeof options, () => {
      server.removeAllListeners("error");
      server.on("error", (error) => this.post({ kind: "notAccepted", error }));
      this.post({ kind: "listening", address: server.address() as AddressInfo });
    });
  }

  private open(wire: Wire): void {
    const number = ++this.lastNumber;
    const connection = new ReaderConnection(number, wire, this.parts);
    this.connections.set(number, connection);
    wire.serve({
      data: (bytes) => {
        this.pacing.input(performance.now());
        connection.received(bytes);
        this.pacing.rests(performance.now());
      },
      drain: () => connection.drained(),
      close: () => {
        this.connections.delete(number);
        this.served.delete(connection);
        connection.closed();
      },
    });
    this.events.opened(number, wire.address, wire.port);
    this.told();
  }

  private report(): void {
    for (const connection of this.served) connection.tellServed();
    this.served.clear();
  }

  /** What happens in one round of the event loop is one message. */
  private told(): void {
    if (this.isPosting) return;
    this.isPosting = true;
    setImmediate(() => {
      this.isPosting = false;
      const bytes = this.events.take();
      if (bytes !== undefined) this.post({ kind: "events", bytes });
    });
  }

  private post(message: FromReader): void {
    if (message.kind === "events") this.port.postMessage(message, [message.bytes.buffer]);
    else this.port.postMessage(message);
  }
}

lendNatives();
const reader = new Reader(workerData);
parentPort?.on("message", () => reader.heard());
