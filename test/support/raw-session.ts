/**
 * A session over a bare socket: says exactly what a test tells it to say, and hides nothing that
 * comes back. It has no reconnect, no ping of its own and no watch bookkeeping.
 *
 * Promises: replies are matched by order, as the protocol has it; events and replies keep the
 * order in which they arrived. Whoever opens a session ends it with `close` or `cut`.
 */
import { connect, type Socket } from "node:net";
import { joinBytes } from "../../src/base/bytes.ts";
import { SESSION_NONE, type SessionId, ZXID_ZERO, type Zxid } from "../../src/base/ids.ts";
import type { Codec } from "../../src/jute/codec.ts";
import { FrameCutter } from "../../src/jute/frames.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import {
  AuthPacket,
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
} from "../../src/records/client.ts";
import { Xid } from "../../src/records/constants.ts";
import { OpCode } from "../../src/records/op-codes.ts";

const REPLY_BYTES_MAX = 256 * 1024 * 1024;
const PASSWORD_BYTES = 16;

export type Reply = ReplyHeader & { readonly body: Uint8Array };
export type Arrival =
  | { readonly kind: "event"; readonly zxid: Zxid; readonly event: WatcherEvent }
  | { readonly kind: "reply"; readonly reply: Reply };

export type OpenOptions = {
  readonly timeoutMs?: number;
  readonly sessionId?: SessionId;
  readonly password?: Uint8Array;
  readonly lastZxidSeen?: Zxid;
  /** Content with a server that has no quorum. */
  readonly readOnly?: boolean;
};

/** The connection ended before the reply came. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
}

/** A record as bytes. */
export function encoded<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new JuteWriter();
  codec.write(writer, value);
  return writer.taken();
}

export const decoded = <T>(codec: Codec<T>, bytes: Uint8Array): T =>
  codec.read(new JuteReader(bytes));

/** `body` behind its length. */
export function frame(...parts: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(parts);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setInt32(0, body.length);
  return joinBytes([length, body]);
}

type Waiter = { resolve(reply: Reply): void; reject(error: Error): void };

export class RawSession {
  readonly socket: Socket;
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  /** What the server granted; 0 when it refused the session. */
  readonly timeoutMs: number;
  /** Everything that came, in order; a caller may empty it. */
  readonly arrivals: Arrival[] = [];
  /** Called for each event, if set. */
  onEvent: ((event: WatcherEvent) => void) | null = null;
  lastZxid: Zxid = ZXID_ZERO;
  closed = false;
  private readonly waiting: Waiter[] = [];
  private readonly cutter: FrameCutter;
  private xid = 0;

  private constructor(socket: Socket, cutter: FrameCutter, answer: ConnectResponse) {
    this.socket = socket;
    this.cutter = cutter;
    this.sessionId = answer.sessionId;
    this.password = new Uint8Array(answer.password ?? []);
    this.timeoutMs = answer.timeoutMs;
  }

  /**
   * Opens or re-opens a session. Rejects with `ClosedError` when the server closes without an
   * answer.
   */
  static open(port: number, options: OpenOptions = {}): Promise<RawSession> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      const cutter = new FrameCutter(REPLY_BYTES_MAX);
      let session: RawSession | null = null;
      socket.on("connect", () => socket.write(handshake(options)));
      socket.on("data", (chunk: Buffer) => {
        cutter.push(chunk, (bytes, start, end) => {
          const body = bytes.slice(start, end);
          if (session !== null) session.receive(body);
          else {
            session = new RawSession(socket, cutter, decoded(ConnectResponse, body));
            resolve(session);
          }
          return true;
        });
      });
      socket.on("error", () => {}); // "close" follows and tells the waiters
      socket.on("close", () => {
        if (session === null) reject(new ClosedError("closed during the handshake"));
        else session.end();
      });
    });
  }

  /** Bytes of a frame that has not come in whole. */
  get unfinished(): number {
    return this.cutter.held;
  }

  /** Replies still to come. */
  get outstanding(): number {
    return this.waiting.length;
  }

  /** Sends a request and waits for its reply, whatever error it carries. */
  request(type: number, body: Uint8Array, xid = ++this.xid): Promise<Reply> {
    const header = encoded(RequestHeader, { xid, type });
    return this.exchange(frame(header, body));
  }

  /** Sends bytes as they are and waits for the next reply. */
  exchange(bytes: Uint8Array): Promise<Reply> {
    if (this.closed) return Promise.reject(new ClosedError("closed"));
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.socket.write(bytes);
    });
  }

  ping(): Promise<Reply> {
    return this.request(OpCode.ping, new Uint8Array(0), Xid.ping);
  }

  auth(scheme: string, text: string): Promise<Reply> {
    const packet = { type: 0, scheme, auth: new TextEncoder().encode(text) };
    return this.request(OpCode.auth, encoded(AuthPacket, packet), Xid.auth);
  }

  /** Ends the session properly. */
  async close(): Promise<void> {
    await this.request(OpCode.closeSession, new Uint8Array(0));
    this.socket.destroy();
    await this.whenClosed();
  }

  /** Ends the connection alone; the session lives on until it expires. */
  async cut(): Promise<void> {
    this.socket.destroy();
    await this.whenClosed();
  }

  whenClosed(): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  private receive(body: Uint8Array): void {
    const reader = new JuteReader(body);
    const header = ReplyHeader.read(reader);
    if (header.zxid > this.lastZxid) this.lastZxid = header.zxid;
    if (header.xid === Xid.event) {
      const event = WatcherEvent.read(reader);
      this.arrivals.push({ kind: "event", zxid: header.zxid, event });
      this.onEvent?.(event);
      return;
    }
    const reply: Reply = { ...header, body: body.subarray(reader.at) };
    this.arrivals.push({ kind: "reply", reply });
    this.waiting.shift()?.resolve(reply);
  }

  private end(): void {
    this.closed = true;
    for (const waiter of this.waiting.splice(0)) waiter.reject(new ClosedError("closed"));
  }
}

/** The frame that asks for a session, new or again. */
export function handshake(options: OpenOptions = {}): Uint8Array {
  const request = {
    protocolVersion: 0,
    lastZxidSeen: options.lastZxidSeen ?? ZXID_ZERO,
    timeoutMs: options.timeoutMs ?? 30_000,
    sessionId: options.sessionId ?? SESSION_NONE,
    password: options.password ?? new Uint8Array(PASSWORD_BYTES),
    readOnly: options.readOnly ?? false,
  };
  return frame(encoded(ConnectRequest, request));
}
