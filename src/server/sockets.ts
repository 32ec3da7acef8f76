/**
 * The client sockets: listeners whose connections become inputs, and their output. A connection
 * that shakes hands for TLS becomes one when it has done so (tls/entrance.ts).
 *
 * Back-pressure: a connection whose output is not drained is not read; one that leaves more than
 * OUTPUT_BYTES_MAX undrained (watch events arrive unasked) is ended.
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { utf8 } from "../base/bytes.ts";
import type { Metrics } from "../base/metrics.ts";
import type { ConnectionId, PeerInput, Reads } from "../peer/io.ts";
import type { Word } from "../peer/words.ts";
import type { Id } from "../records/data.ts";
import { bunTcp, listenOnBun } from "./bun-wire.ts";
import { Crowd, type CrowdLimits } from "./crowd.ts";
import type { Entrance } from "./tls/entrance.ts";
import { NodeWire, plainAddress, type Wire } from "./wire.ts";

/** Output that a client may leave unread, in bytes, before its connection is ended. */
const OUTPUT_BYTES_MAX = 64 << 20;

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
  readonly wire: Wire;
  /** It counts no longer as a connection. */
  readonly leave: () => void;
  heldByMachine: boolean;
  heldByOutput: boolean;
  tellsDrain: boolean;
};

/** What a door is closed with. */
type Door = { close(done: () => void): void };

export class Sockets {
  private readonly events: SocketEvents;
  private readonly clients = new Map<ConnectionId, Client>();
  /** All that are not closed yet, those included that only send the rest of their output. */
  private readonly sockets = new Set<Pick<Wire, "destroy">>();
  private readonly doors: Door[] = [];
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
  async listen(options: ListenOptions): Promise<AddressInfo> {
    const { backlog, speaks } = options;
    if (bunTcp === undefined || backlog !== undefined || speaks !== undefined) {
      return this.listenOnNode(options);
    }
    const door = listenOnBun(bunTcp, options, (wire) => this.acceptPlain(wire));
    this.doors.push({
      close: (done) => {
        door.close();
        done();
      },
    });
    return door.address;
  }

  private listenOnNode(options: ListenOptions): Promise<AddressInfo> {
    const { port, address: host, backlog, keepAlive, speaks } = options;
    const server = createServer({ noDelay: true, keepAlive }, (socket) => {
      this.accept(socket, speaks);
    });
    this.doors.push(server);
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
    const { wire } = client;
    if (wire.write(bytes)) return;
    if (wire.waiting > OUTPUT_BYTES_MAX) {
      this.events.overrun(addressOf(wire), wire.waiting);
      wire.destroy();
    } else if (!client.heldByOutput) {
      client.heldByOutput = true;
      wire.pause();
    }
  }

  /** Ends a connection after its output has left. */
  close(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    this.forget(id, client);
    client.wire.finish();
  }

  /** Feeds "drained" when the connection's output has left, or in the next turn if it has. */
  awaitDrain(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    if (client.wire.isFull) client.tellsDrain = true;
    else setImmediate(() => this.tellDrained(id));
  }

  pause(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    client.heldByMachine = true;
    client.wire.pause();
  }

  resume(id: ConnectionId): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    client.heldByMachine = false;
    if (!client.heldByOutput) client.wire.resume();
  }

  answerWord(id: ConnectionId, word: Word, argument: bigint): void {
    const client = this.clients.get(id);
    if (client === undefined) return;
    this.forget(id, client);
    client.wire.write(utf8(this.events.answer(word, argument)));
    client.wire.finish();
  }

  notAccepted(error: Error): void {
    this.events.notAccepted(error);
  }

  /** Closes the doors and every connection. */
  async stop(): Promise<void> {
    const closed = this.doors.map(
      (door) => new Promise<void>((resolve) => door.close(() => resolve())),
    );
    for (const socket of this.sockets) socket.destroy();
    this.clients.clear();
    await Promise.all(closed);
  }

  private accept(raw: Socket, speaks: ListenOptions["speaks"]): void {
    const { entrance } = this;
    const wireOf = (socket: Socket): Wire =>
      new NodeWire(socket, plainAddress(raw.remoteAddress), raw.remotePort ?? 0);
    // What went wrong with a socket is the client's affair; "close" follows and says all we need.
    raw.on("error", () => raw.destroy());
    if (entrance === undefined || speaks === undefined) {
      this.acceptPlain(wireOf(raw));
      return;
    }
    const { address } = wireOf(raw);
    this.sockets.add(raw);
    const why = this.crowd.refusal(address);
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
    const enter = (socket: Socket, ids: readonly Id[]): void => {
      if (socket === raw) this.countPlain(address);
      this.open(wireOf(socket), ids, leave);
    };
    if (speaks === "tls") entrance.shakeHands(raw, enter);
    else entrance.detect(raw, enter);
  }

  /** Takes in a plain connection; answers its number. */
  acceptPlain(wire: Wire): ConnectionId {
    this.sockets.add(wire);
    this.countPlain(wire.address);
    return this.open(wire, [], this.crowd.enter(wire.address));
  }

  /** Reads were answered where the connection is. */
  served(conn: ConnectionId, reads: Reads): void {
    this.feed({ kind: "served", now: performance.now(), conn, reads });
  }

  private countPlain(address: string): void {
    this.plain[isLocal(address) ? "local" : "remote"]++;
  }

  private open(wire: Wire, ids: readonly Id[], leave: () => void): ConnectionId {
    const conn = ++this.lastId;
    const client: Client = {
      ...{ wire, leave },
      ...{ heldByMachine: false, heldByOutput: false, tellsDrain: false },
    };
    this.clients.set(conn, client);
    wire.serve({
      data: (bytes) => this.feed({ kind: "received", now: performance.now(), conn, bytes }),
      drain: () => this.drained(conn, client),
      close: () => {
        this.sockets.delete(wire);
        this.forget(conn, client);
        this.feed({ kind: "closed", now: performance.now(), conn });
      },
    });
    const { address, port } = wire;
    this.feed({ kind: "opened", now: performance.now(), conn, address, port, ids });
    // Bytes that were looked at, or that came behind the handshake, wait until now.
    if (!client.heldByMachine) wire.resume();
    return conn;
  }

  private forget(id: ConnectionId, client: Client): void {
    client.leave();
    this.clients.delete(id);
  }

  private drained(id: ConnectionId, client: Client): void {
    client.heldByOutput = false;
    if (!client.heldByMachine) client.wire.resume();
    if (!client.tellsDrain) return;
    // First: what is told may ask to be told again.
    client.tellsDrain = false;
    this.tellDrained(id);
  }

  private tellDrained(conn: ConnectionId): void {
    this.feed({ kind: "drained", now: performance.now(), conn });
  }
}

const addressOf = ({ address, port }: Wire): string => `${address}:${port}`;

const isLocal = (address: string): boolean => address === "::1" || address.startsWith("127.");
