/**
 * The client sockets: a listener whose connections become inputs, and their output.
 *
 * Back-pressure: a connection whose output is not drained is not read; one that leaves more than
 * OUTPUT_BYTES_MAX undrained (watch events arrive unasked) is ended.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { ConnectionId, PeerInput } from "../peer/io.ts";
import type { Word } from "../peer/words.ts";

/** Output that a client may leave unread, in bytes, before its connection is ended. */
const OUTPUT_BYTES_MAX = 64 << 20;
/** A connection that is being closed has this long to take the rest of its output. */
const CLOSING_MS_MAX = 5000;

export type ListenOptions = {
  readonly port: number;
  /** Undefined: every address. */
  readonly address: string | undefined;
  /** Undefined: the system's default. */
  readonly backlog: number | undefined;
  readonly keepAlive: boolean;
};

/** What the sockets ask their owner. */
export interface SocketEvents {
  /** The text that answers a four-letter word. */
  answer(word: Word, argument: bigint): string;
  /** A connection was ended because its client does not read. */
  overrun(from: string, bytes: number): void;
  /** A connection could not be accepted; the door stays open. */
  notAccepted(error: Error): void;
}

type Client = {
  readonly socket: Socket;
  heldByMachine: boolean;
  heldByOutput: boolean;
  tellsDrain: boolean;
};

export class Sockets {
  private readonly events: SocketEvents;
  private readonly clients = new Map<ConnectionId, Client>();
  /** All that are not closed yet, those included that only send the rest of their output. */
  private readonly sockets = new Set<Socket>();
  private feed: (input: PeerInput) => void = () => {};
  private server: Server | undefined;
  private lastId = 0;

  constructor(events: SocketEvents) {
    this.events = events;
  }

  /** Inputs go to `feed` from now on. */
  serve(feed: (input: PeerInput) => void): void {
    this.feed = feed;
  }

  /** Opens the door; answers where it is. Rejects when the port is taken or may not be used. */
  listen(options: ListenOptions): Promise<AddressInfo> {
    const { port, address: host, backlog, keepAlive } = options;
    const server = createServer({ noDelay: true, keepAlive }, (socket) => this.accept(socket));
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, ...(host && { host }), ...(backlog && { backlog }) }, () => {
        server.off("error", reject);
        // Out of file descriptors, most likely: no reason to stop serving those who are in.
        server.on("error", (error) => this.events.notAccepted(error));
        resolve(server.address() as AddressInfo);
      });
    });
  }

  send(id: ConnectionId, bytes: Uint8Array): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    const { socket } = client;
    if (socket.write(Buffer.from(bytes))) return;
    if (socket.writableLength > OUTPUT_BYTES_MAX) {
      this.events.overrun(addressOf(socket), socket.writableLength);
      socket.destroy();
    } else if (!client.heldByOutput) {
      client.heldByOutput = true;
      socket.pause();
    }
  }

  /** Ends a connection after its output has left. */
  close(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    this.clients.delete(id);
    end(client.socket);
  }

  /** Feeds "drained" when the connection's output has left, or in the next turn if it has. */
  awaitDrain(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    if (client.socket.writableNeedDrain) client.tellsDrain = true;
    else setImmediate(() => this.tellDrained(id));
  }

  pause(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    client.heldByMachine = true;
    client.socket.pause();
  }

  resume(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    client.heldByMachine = false;
    if (!client.heldByOutput) client.socket.resume();
  }

  answerWord(id: ConnectionId, word: Word, argument: bigint): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    this.clients.delete(id);
    client.socket.write(this.events.answer(word, argument));
    end(client.socket);
  }

  /** Closes the door and every connection. */
  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    this.clients.clear();
    await closed;
  }

  private accept(socket: Socket): void {
    const conn = ++this.lastId;
    const client: Client = { socket, heldByMachine: false, heldByOutput: false, tellsDrain: false };
    this.clients.set(conn, client);
    this.sockets.add(socket);
    socket.on("data", (bytes) => {
      this.feed({ kind: "received", now: performance.now(), conn, bytes: bytes as Buffer });
    });
    socket.on("drain", () => this.drained(conn, client));
    // What went wrong with a socket is the client's affair; "close" follows and says all we need.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.clients.delete(conn);
      this.sockets.delete(socket);
      this.feed({ kind: "closed", now: performance.now(), conn });
    });
    const [address, port] = [plainAddress(socket.remoteAddress), socket.remotePort ?? 0];
    this.feed({ kind: "opened", now: performance.now(), conn, address, port });
  }

  private drained(id: ConnectionId, client: Client): void {
    client.heldByOutput = false;
    if (!client.heldByMachine) client.socket.resume();
    if (!client.tellsDrain) return;
    // First: what is told may ask to be told again.
    client.tellsDrain = false;
    this.tellDrained(id);
  }

  private tellDrained(conn: ConnectionId): void {
    this.feed({ kind: "drained", now: performance.now(), conn });
  }
}

/** Ends a socket after its output has left, or when its time is over, whatever its client still sends. */
function end(socket: Socket): void {
  if (socket.writableLength === 0) {
    socket.destroy();
    return;
  }
  socket.removeAllListeners("data");
  socket.resume();
  // A timeout of the socket's own begins anew with every byte that comes.
  const timer = setTimeout(() => socket.destroy(), CLOSING_MS_MAX);
  socket.once("close", () => clearTimeout(timer));
  socket.destroySoon();
}

const addressOf = (socket: Socket): string =>
  `${plainAddress(socket.remoteAddress)}:${socket.remotePort ?? 0}`;

/** IPv4 clients of a dual-stack listener are shown as IPv4. */
const plainAddress = (address: string | undefined): string =>
  (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
