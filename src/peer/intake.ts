/**
 * The intake: bytes of a connection become frames, frames become requests, and each request is
 * answered now, queued, or proposed.
 *
 * Whatever a client sends wrongly ends at most its own connection. Small requests can have large
 * answers, so a connection's frames are taken only while its output of this turn, and the reads
 * that it has waiting, are few; the rest is held until they have left. From: specification 2.1,
 * 2.4, 2.5.
 */
import { ProtocolError } from "../base/errors.ts";
import { type Millis, toZxid, ZXID_ZERO } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import {
  AuthPacket,
  ConnectRequest,
  REQUEST_HEADER_BYTES,
  SetSASLResponse,
} from "../records/client.ts";
import { Xid } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import {
  type Operation,
  type ReadOperation,
  read,
  type WriteOperation,
} from "../requests/operation.ts";
import { operationOf } from "../requests/table.ts";
import type { Connection } from "./connection.ts";
import type { Door } from "./door.ts";
import { beginReply, endReply } from "./output.ts";
import type { ServerParts } from "./parts.ts";
import type { Reception } from "./reception.ts";

const { MarshallingError, SessionExpired } = ErrorCode;
/** The zxid in the reply to an operation that nobody knows. */
const UNKNOWN_ZXID = toZxid(-1n);
/**
 * Output of one turn after which a connection's further frames wait until it has left, in bytes.
 */
const OUTPUT_PER_TURN_BYTES = 1 << 20;
/** Reads of one connection that may wait behind its writes. */
const WAITING_READS_MAX = 256;

/** The answer to a read whose session is over. */
const refusedRead = ({ code }: ReadOperation): ReadOperation =>
  read({ code, answer: () => SessionExpired });

export class Intake {
  private readonly parts: ServerParts;
  private readonly door: Door;
  private readonly reception: Reception;
  /** Connections with frames that are not taken yet. */
  private readonly holding = new Set<Connection>();
  private now: Millis = 0;
  private reader = new JuteReader(new Uint8Array(0));

  constructor(parts: ServerParts, door: Door, reception: Reception) {
    this.parts = parts;
    this.door = door;
    this.reception = reception;
  }

  beginTurn(now: Millis): void {
    this.now = now;
  }

  received(conn: Connection, bytes: Uint8Array): void {
    this.parts.instruments.bytesReceived.add(bytes.length);
    const chunk = conn.phase === "new" ? this.reception.firstBytes(conn, bytes) : bytes;
    if (chunk === undefined) return;
    this.reader = new JuteReader(chunk);
    this.guarded(conn, () => {
      conn.cutter.push(chunk, (from, start, end) => this.frame(conn, from, start, end));
    });
    if (conn.session !== undefined) {
      this.parts.sessions.touch(conn.session, this.parts.sessionTime());
    }
    if (conn.phase === "open") this.door.pauseAboveLimit(conn);
  }

  /** Takes frames that were held, as far as there is room for their answers now. */
  takeHeld(): void {
    for (const conn of this.holding) {
      this.takeHeldOf(conn);
      if (conn.held.length === 0) this.holding.delete(conn);
    }
  }

  private takeHeldOf(conn: Connection): void {
    this.guarded(conn, () => {
      while (this.mayTake(conn)) {
        const body = conn.held.shift();
        if (body === undefined) return;
        this.request(conn, new JuteReader(body));
      }
    });
  }

  /** What breaks the protocol ends the connection, and nothing else. */
  private guarded(conn: Connection, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.door.close(conn, error.message);
      const about = { from: `${conn.address}:${conn.port}`, ...error.details, code: error.code };
      const event = "connection closed: bytes against the protocol";
      this.door.note({ level: "warn", event, about });
    }
  }

  /** One frame. Answers whether the connection still takes more. */
  private frame(conn: Connection, bytes: Uint8Array, start: number, end: number): boolean {
    conn.received++;
    this.parts.traffic.received++;
    if (conn.phase === "new")
      this.reception.shakeHands(conn, ConnectRequest.read(this.at(bytes, start, end)));
    else if (conn.held.length === 0 && this.mayTake(conn))
      this.request(conn, this.at(bytes, start, end));
    else if (conn.phase === "joining" || conn.phase === "open") {
      conn.held.push(bytes.slice(start, end));
      this.holding.add(conn);
      this.door.pause(conn);
    }
    return conn.phase !== "closed";
  }

  /** The chunk's reader, set to one frame: a reader for each would be garbage. */
  private at(bytes: Uint8Array, start: number, end: number): JuteReader {
    const from = this.reader.bytes === bytes ? this.reader : new JuteReader(bytes);
    from.at = start;
    from.end = end;
    return from;
  }

  private mayTake(conn: Connection): boolean {
    return conn.phase === "open" && !conn.isFull && conn.waitingReads < WAITING_READS_MAX;
  }

  private request(conn: Connection, from: JuteReader): void {
    if (from.remaining < REQUEST_HEADER_BYTES) {
      throw new ProtocolError("FRAME_TOO_SHORT", { bytes: from.remaining });
    }
    const xid = from.int();
    const code = from.int();
    const operation = this.inSession(conn, operationOf(code));
    if (operation?.access === "read")
      this.read(conn, code === OpCode.ping ? Xid.ping : xid, operation, from);
    else if (operation?.access === "write") this.write(conn, xid, operation, from);
    else if (code === OpCode.auth) this.authenticate(conn, xid, AuthPacket.read(from));
    else if (code === OpCode.sasl) this.answerSasl(conn, xid);
    else this.refuseUnknown(conn, xid, code);
  }

  /** What the operation is in this session: one that is being closed reads no more. */
  private inSession(conn: Connection, operation: Operation | undefined): Operation | undefined {
    const isOver = conn.session!.closing && operation?.access === "read";
    return isOver ? refusedRead(operation) : operation;
  }

  private read(conn: Connection, xid: number, operation: ReadOperation, from: JuteReader): void {
    const { replies, writes, tree } = this.parts;
    const after = operation.waits === true ? writes.lastProposed : ZXID_ZERO;
    if (conn.waiting.length === 0 && after <= tree.lastProcessed) {
      replies.read(conn, xid, operation, from);
      if (conn.out !== undefined && conn.out.at > OUTPUT_PER_TURN_BYTES) {
        conn.isFull = true;
        this.door.awaitDrain(conn);
      }
      return;
    }
    const body = from.bytes.slice(from.at, from.end);
    const { code } = operation;
    replies.wait(conn, {
      kind: "read",
      xid,
      code,
      since: this.now,
      after,
      operation,
      ids: conn.ids,
      body,
    });
  }

  private write(conn: Connection, xid: number, operation: WriteOperation, from: JuteReader): void {
    const { replies, writes, wallTime } = this.parts;
    const session = conn.session!;
    const author = { session: session.id, cxid: xid, ids: conn.ids };
    const { code } = operation;
    const request = session.closing ? undefined : this.bodyOf(operation, from);
    const zxid =
      request === undefined
        ? writes.refuse(author, wallTime(), session.closing ? SessionExpired : MarshallingError)
        : writes.request(author, wallTime(), operation, request);
    if (code === OpCode.closeSession && !session.closing) {
      this.parts.sessions.startClosing(session);
    }
    replies.wait(conn, { kind: "write", xid, code, since: this.now, zxid, operation, request });
  }

  /** The body, decoded from a copy: it outlives the chunk. Undefined when it is malformed. */
  private bodyOf(operation: WriteOperation, from: JuteReader): unknown {
    try {
      return operation.body.read(new JuteReader(from.bytes.slice(from.at, from.end)));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return undefined;
    }
  }

  private authenticate(conn: Connection, xid: number, packet: AuthPacket): void {
    const { access, replies } = this.parts;
    const scheme = access.scheme(packet.scheme ?? "");
    const proved = scheme?.authenticate(packet.auth ?? new Uint8Array(0), conn.address);
    if (proved !== undefined) {
      conn.addIds(proved);
      return replies.header(conn, xid, ErrorCode.Ok, ZXID_ZERO);
    }
    this.parts.instruments.authFailed.add();
    replies.header(conn, xid, ErrorCode.AuthFailed, ZXID_ZERO);
    this.door.close(conn, `authentication failed for scheme ${packet.scheme}`);
  }

  /** SASL is not configured: the reference answers with an empty token, and so do we. */
  private answerSasl(conn: Connection, xid: number): void {
    const to = this.parts.replies.to(conn);
    const start = beginReply(to, xid, ZXID_ZERO);
    SetSASLResponse.write(to, { token: null });
    endReply(to, start, ErrorCode.Ok);
  }

  private refuseUnknown(conn: Connection, xid: number, code: number): void {
    this.parts.replies.header(conn, xid, ErrorCode.Unimplemented, UNKNOWN_ZXID);
    this.door.close(conn, `operation code ${code} is not served`);
  }
}
