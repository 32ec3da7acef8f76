/**
 * One connection of the load: sends frames made beforehand, counts the frames that come back, and
 * looks at nothing in them but the length and the error code. All that the measured server costs
 * less than this would measure the load instead.
 */
import { connect, type Socket } from "node:net";
import { handshake } from "../test/support/raw-session.ts";

/** All connections of a process read into one buffer: what is in it is looked at before the next. */
const RECEIVED = Buffer.allocUnsafeSlow(256 * 1024);
const LENGTH_BYTES = 4;
/**
 * Where the last byte of the error code is in a reply: xid, zxid, err. Errors fit one byte there.
 */
const ERROR_LAST_BYTE = 15;
const SESSION_TIMEOUT_MS = 30_000;

export type Listener = {
  /** `count` more replies have come. */
  replies(count: number): void;
};

export class LoadConnection {
  errors = 0;
  readonly socket: Socket;
  private listener: Listener | null = null;
  private ready: (() => void) | null = null;
  /** Of the length that is being read: bytes there, and their value so far. */
  private lengthAt = 0;
  private length = 0;
  /** Bytes of the current frame's body that have passed. */
  private bodyAt = 0;

  private constructor(port: number, timeoutMs: number, failed: (error: Error) => void) {
    this.socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: RECEIVED, callback: (size, bytes) => this.receive(bytes as Buffer, size) },
    });
    this.socket.on("connect", () => this.socket.write(handshake({ timeoutMs })));
    this.socket.on("error", failed);
    this.socket.on("close", () => failed(new Error("the server closed a connection")));
  }

  /** A connection with a session. `failed` is called when it ends before `end`. */
  static open(
    port: number,
    failed: (error: Error) => void,
    timeoutMs = SESSION_TIMEOUT_MS,
  ): Promise<LoadConnection> {
    return new Promise((resolve) => {
      const connection = new LoadConnection(port, timeoutMs, failed);
      connection.ready = () => resolve(connection);
    });
  }

  start(listener: Listener): void {
    this.listener = listener;
  }

  end(): void {
    this.socket.removeAllListeners("close");
    this.socket.destroy();
  }

  private receive(bytes: Buffer, size: number): boolean {
    let at = 0;
    let count = 0;
    while (at < size) {
      if (this.lengthAt < LENGTH_BYTES) {
        this.length = (this.length << 8) | bytes[at++]!;
        this.lengthAt++;
        continue;
      }
      const step = Math.min(size - at, this.length - this.bodyAt);
      const errorAt = at + ERROR_LAST_BYTE - this.bodyAt;
      if (errorAt >= at && errorAt < at + step && bytes[errorAt] !== 0) this.errors++;
      at += step;
      this.bodyAt += step;
      if (this.bodyAt < this.length) break;
      count++;
      this.lengthAt = 0;
      this.length = 0;
      this.bodyAt = 0;
    }
    if (this.ready !== null && count > 0) this.begin();
    else if (count > 0) this.listener?.replies(count);
    return true;
  }

  /** The first frame is the answer to the handshake, in which nothing is an error code. */
  private begin(): void {
    this.errors = 0;
    this.ready?.();
    this.ready = null;
  }
}
