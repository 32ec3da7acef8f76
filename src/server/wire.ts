/**
 * A connection as bytes, whatever carries them: a socket of Node, secured or not, or one of Bun
 * (bun-wire.ts).
 */
import type { Socket } from "node:net";
import { plainBytes } from "../base/bytes.ts";

/** A connection that is being closed has this long to take the rest of its output. */
const FINISHING_MS_MAX = 5000;

export interface WireEvents {
  /** `bytes` are the receiver's for good. */
  data(bytes: Uint8Array): void;
  /** All output has left, after a `write` that said no. */
  drain(): void;
  /** The connection is over; nothing comes after this. */
  close(): void;
}

export interface Wire {
  /** Of the other side; IPv4 even where the listener has both. */
  readonly address: string;
  readonly port: number;
  /** Output that has not left, in bytes. */
  readonly waiting: number;
  /** A `write` said no, and "drain" has not come yet. */
  readonly isFull: boolean;
  /** Tells from now on. Nothing is read before `resume`. */
  serve(events: WireEvents): void;
  /** `bytes` are the caller's again. False: more should wait for "drain". */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Ends at once. */
  destroy(): void;
  /** Ends when all output has left or its time is over, whatever still comes. */
  finish(): void;
}

export class NodeWire implements Wire {
  readonly address: string;
  readonly port: number;
  private readonly socket: Socket;

  constructor(socket: Socket, address: string, port: number) {
    this.socket = socket;
    this.address = address;
    this.port = port;
  }

  get waiting(): number {
    return this.socket.writableLength;
  }

  get isFull(): boolean {
    return this.socket.writableNeedDrain;
  }

  serve(events: WireEvents): void {
    this.socket.on("data", (bytes) => events.data(plainBytes(bytes as Buffer)));
    this.socket.on("drain", () => events.drain());
    this.socket.on("close", () => events.close());
  }

  write(bytes: Uint8Array): boolean {
    return this.socket.write(Buffer.from(bytes));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  finish(): void {
    const { socket } = this;
    // TLS says goodbye with bytes of its own.
    if (socket.writableLength === 0 && !("encrypted" in socket)) {
      socket.destroy();
      return;
    }
    socket.removeAllListeners("data");
    socket.resume();
    finishSoon(this, (done) => socket.once("close", done));
    socket.destroySoon();
  }
}

/** A timeout of the socket's own would begin anew with every byte that comes. */
export function finishSoon(wire: Wire, onceClosed: (done: () => void) => void): void {
  const timer = setTimeout(() => wire.destroy(), FINISHING_MS_MAX);
  onceClosed(() => clearTimeout(timer));
}

/** IPv4 clients of a dual-stack listener are shown as IPv4. */
export const plainAddress = (address: string | undefined): string =>
  (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
