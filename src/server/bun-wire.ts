/**
 * Connections on Bun's own sockets, which cost less than those of its `node:net`: one system call a
 * read or write, and no stream around them.
 */
import type { AddressInfo } from "node:net";
import { plainBytes } from "../base/bytes.ts";
import { finishSoon, plainAddress, type Wire, type WireEvents } from "./wire.ts";

/** What is used of Bun; its documentation: https://bun.sh/docs/api/tcp. */
type BunSocket = {
  data: BunWire;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Bytes that the system took; -1 where the socket is closed. */
  write(bytes: Uint8Array): number;
  /** Sends the end; what still comes is read. */
  shutdown(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  setKeepAlive(on: boolean): void;
};
type BunListener = {
  readonly port: number;
  readonly hostname: string;
  stop(closes: boolean): void;
};
type BunListenOptions = {
  readonly hostname: string;
  readonly port: number;
  readonly exclusive: boolean;
  readonly reusePort?: boolean;
  readonly socket: {
    open(socket: BunSocket): void;
    data(socket: BunSocket, bytes: Uint8Array): void;
    drain(socket: BunSocket): void;
    close(socket: BunSocket): void;
    error(socket: BunSocket, error: Error): void;
  };
};
type BunTcp = { readonly listen: (options: BunListenOptions) => BunListener };

/** Undefined where another runtime runs this. */
export const bunTcp = (globalThis as { readonly Bun?: BunTcp }).Bun;

export class BunWire implements Wire {
  readonly address: string;
  readonly port: number;
  private readonly socket: BunSocket;
  private events: WireEvents | undefined;
  /** What the system did not take yet, oldest first. */
  private rest: Uint8Array[] = [];
  waiting = 0;
  isFull = false;
  private isFinishing = false;
  private isOver = false;
  private readonly whenClosed: (() => void)[] = [];

  constructor(socket: BunSocket) {
    this.socket = socket;
    this.address = plainAddress(socket.remoteAddress);
    this.port = socket.remotePort;
  }

  serve(events: WireEvents): void {
    this.events = events;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isOver) return true;
    const taken = this.waiting > 0 ? 0 : Math.max(0, this.socket.write(bytes));
    if (taken === bytes.length) return true;
    this.rest.push(bytes.slice(taken));
    this.waiting += bytes.length - taken;
    this.isFull = true;
    return false;
  }

  pause(): void {
    if (!this.isOver) this.socket.pause();
  }

  resume(): void {
    if (!this.isOver) this.socket.resume();
  }

  destroy(): void {
    if (!this.isOver) this.socket.terminate();
  }

  finish(): void {
    if (this.isOver) return;
    this.isFinishing = true;
    // Closed with input unread, the system would throw away output that the client has not read.
    this.resume();
    finishSoon(this, (done) => this.whenClosed.push(done));
    if (this.waiting === 0) this.socket.shutdown();
  }

  received(bytes: Uint8Array): void {
    if (!this.isFinishing) this.events?.data(plainBytes(bytes));
  }

  drained(): void {
    for (let first = this.rest[0]; first !== undefined; first = this.rest[0]) {
      const taken = Math.max(0, this.socket.write(first));
      this.waiting -= taken;
      if (taken < first.length) {
        this.rest[0] = first.subarray(taken);
        return;
      }
      this.rest.shift();
    }
    if (this.isFinishing) return this.socket.shutdown();
    if (!this.isFull) return;
    this.isFull = false;
    this.events?.drain();
  }

  closed(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.rest = [];
    this.waiting = 0;
    this.events?.close();
    for (const done of this.whenClosed) done();
  }
}

export type BunDoor = {
  readonly address: AddressInfo;
  /** Takes no more connections. */
  close(): void;
};

/** Opens a door on Bun's sockets. Throws when the port is taken or may not be used. */
export function listenOnBun(
  tcp: BunTcp,
  options: {
    readonly port: number;
    readonly address: string | undefined;
    readonly keepAlive: boolean;
    /** Others may listen there too, who ask for the same. */
    readonly shares?: boolean;
  },
  accept: (wire: BunWire) => void,
): BunDoor {
  const listener = tcp.listen({
    hostname: options.address ?? "::",
    port: options.port,
    ...(options.shares ? { reusePort: true, exclusive: false } : { exclusive: true }),
    socket: {
      open: (socket) => {
        socket.data = new BunWire(socket);
        socket.pause();
        if (options.keepAlive) socket.setKeepAlive(true);
        accept(socket.data);
      },
      data: (socket, bytes) => socket.data.received(bytes),
      drain: (socket) => socket.data.drained(),
      close: (socket) => socket.data.closed(),
      // What went wrong with a socket is the client's affair; "close" follows.
      error: (socket) => socket.data.destroy(),
    },
  });
  const { port, hostname } = listener;
  const family = hostname.includes(":") ? "IPv6" : "IPv4";
  return { address: { address: hostname, family, port }, close: () => listener.stop(false) };
}
