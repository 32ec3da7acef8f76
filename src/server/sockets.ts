/**
 * The client sockets: listeners whose connections become inputs, and their output. A connection
 * that shakes hands for TLS becomes one when it has done so (tls/entrance.ts).
 *
 * Back-pressure: a connection whose output is not drained is not read; one that leaves more than
 * OUTPUT_BYTES_MAX undrained (watch events arrive unasked) is ended.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Metrics } from "../base/metrics.ts";
import type { ConnectionId, PeerInput } from "../peer/io.ts";
import type { Word } from "../peer/words.ts";
import type { Id } from "../records/data.ts";
import { Crowd, type CrowdLimits } from "./crowd.ts";
import type { Entrance } from "./tls/entrance.ts";

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
  /** Where there is an entrance for TLS; the others are plain. */
  readonly speaks?: "tls" | "either";
};

export type SocketOptions = {
  readonly limits: CrowdLimits;
  readonly metrics: Metrics;
  /** Where clients with TLS come in; undefined where none do. */
  readonly entrance?: Entrance | undefined;
};

/** What the sockets ask their owner. */
export interface SocketEvents {
  /** The text that answers a four-letter word. */
  answer(word: Word, argument: bigint): string;
  /** A connection was ended because its client does not read. */
  overrun(from: string, bytes: number): void;
  /** A connection could not be accepted; the door stays open. */
  notAccepted(error: Error): void;
  /** There is no room for a connection; it was closed before its handshake. */
  turnedAway(from: string, why: string): void;
}

type Client = {
  readonly socket: Socket;
  /** It counts no longer as a connection. */
  readonly leave: () => void;
  heldByMachine: boolean;
  heldByOutput: boolean;
  tellsDrain: boolean;
};

/** A connection that may come in. */
type Who = {
  readonly address: string;
  readonly port: number;
  readonly ids: readonly Id[];
  readonly leave: () => void;
};

export class Sockets {
  private readonly events: SocketEvents;
  private readonly clients = new Map<ConnectionId, Client>();
  /** All that are not closed yet, those included that only send the rest of their output. */
  private readonly sockets = new Set<Socket>();
  private readonly servers: Server[] = [];
  private readonly entrance: Entrance | undefined;
  private readonly crowd: Crowd;
  private readonly plain = { local: 0, remote: 0 };
  private feed: (input: PeerInput) => void = () => {};
  private lastId = 0;

  constructor(events: SocketEvents, { limits, metrics, entrance }: SocketOptions) {
    this.events = events;
    this.entrance = entrance;
    this.crowd = new Crowd(limits);
    metrics.gauge("non_mtls_local_conn_count", () => this.plain.local);
    metrics.gauge("non_mtls_remote_conn_count", () => this.plain.remote);
  }

  /** Inputs go to `feed` from now on. */
  serve(feed: (input: PeerInput) => void): void {
    this.feed = feed;
  }

  /** Opens a door; answers where it is. Rejects when the port is taken or may not be used. */
  listen(options: ListenOptions): Promise<AddressInfo> {
    const { port, address: host, backlog, keepAlive, speaks } = options;
    const server = createServer({ noDelay: true, keepAlive }, (socket) => {
      this.accept(socket, speaks);
    });
    this.servers.push(server);
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
    this.forget(id, client);
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
    this.forget(id, client);
    client.socket.write(this.events.answer(word, argument));
    end(client.socket);
  }

  /** Closes the doors and every connection. */
  async stop(): Promise<void> {
    const closed = this.servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const socket of this.sockets) socket.destroy();
    this.clients.clear();
    await Promise.all(closed);
  }

  private accept(raw: Socket, speaks: ListenOptions["speaks"]): void {
    const address = plainAddress(raw.remoteAddress);
    this.sockets.add(raw);
    // What went wrong with a socket is the client's affair; "close" follows and says all we need.
    raw.on("error", () => raw.destroy());
    const { entrance } = this;
    const why = entrance && speaks && this.crowd.refusal(address);
    const leave = this.crowd.enter(address);
    raw.once("close", () => {
      this.sockets.delete(raw);
      leave();
    });
    if (why !== undefined) {
      this.events.turnedAway(address, why);
      raw.destroy();
      return;
    }
    const who = { address, port: raw.remotePort ?? 0, leave };
    const enter = (socket: Socket, ids: readonly Id[]): void => {
      if (socket === raw) this.plain[isLocal(address) ? "local" : "remote"]++;
      this.open(socket, { ...who, ids });
    };
    if (speaks === "tls") entrance?.shakeHands(raw, enter);
    else if (speaks === "either") entrance?.detect(raw, enter);
    else enter(raw, []);
  }

  private open(socket: Socket, who: Who): void {
    const conn = ++this.lastId;
    const { leave, ...rest } = who;
    const client: Client = {
      ...{ socket, leave },
      ...{ heldByMachine: false, heldByOutput: false, tellsDrain: false },
    };
    this.clients.set(conn, client);
    socket.on("data", (bytes) => {
      this.feed({ kind: "received", now: performance.now(), conn, bytes: bytes as Buffer });
    });
    socket.on("drain", () => this.drained(conn, client));
    socket.on("close", () => {
      this.forget(conn, client);
      this.feed({ kind: "closed", now: performance.now(), conn });
    });
    this.feed({ kind: "opened", now: performance.now(), conn, ...rest });
    // Bytes that were looked at, or that came behind the handshake, wait until now.
    if (!client.heldByMachine) socket.resume();
  }

  private forget(id: ConnectionId, client: Client): void {
    client.leave();
    this.clients.delete(id);
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
  // TLS says goodbye with bytes of its own.
  if (socket.writableLength === 0 && !("encrypted" in socket)) {
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

const isLocal = (address: string): boolean => address === "::1" || address.startsWith("127.");

/** IPv4 clients of a dual-stack listener are shown as IPv4. */
const plainAddress = (address: string | undefined): string =>
  (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
