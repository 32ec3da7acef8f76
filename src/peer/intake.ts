/**
 * The intake: bytes of a connection become frames, frames become requests, and each request is
 * answered now, queued, or proposed.
 *
 * Whatever a client sends wrongly ends at most its own connection. Small requests can have large
 * answers, so a connection's frames are taken only while its output of this turn, and the reads
 * that it has waiting, are few; the rest is held until they have left. From: specification 2.1,
 * 2.4, 2.5.
 * Size: each way that a request can take has its method, and they share the parts.
 */
import { ProtocolError } from "../base/errors.ts";
import { type Millis, toZxid, ZXID_ZERO, type Zxid } from "../base/ids.ts";
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
import { CLOSE_SILENTLY } from "../requests/auth-scheme.ts";
import {
  type Operation,
  type ReadOperation,
  read,
  type WriteOperation,
} from "../requests/operation.ts";
import { operationOf } from "../requests/table.ts";
import type { Session } from "../session/sessions.ts";
import type { Connection } from "./connection.ts";
import type { Door } from "./door.ts";
import type { Reads } from "./io.ts";
import { beginReply, endReply } from "./output.ts";
import type { ServerParts } from "./parts.ts";
import type { Reception } from "./reception.ts";
import type { Queued, ThrottleOwner } from "./request-throttle.ts";

/** Who asks, when, and the length of the frame. */
type Asked = Pick<Queued, "xid" | "ids" | "since" | "bytes">;

const { MarshallingError, SessionExpired } = ErrorCode;
/** The zxid in the reply to an operation that nobody knows. */
const UNKNOWN_ZXID = toZxid(-1n);
/**
 * Output of one turn after which a connection's further frames wait until it has left, in bytes.
 */
const OUTPUT_PER_TURN_BYTES = 1 << 20;
/** Reads of one connection that may wait behind its writes. */
const WAITING_READS_MAX = 256;
/**
 * Writes that are taken in a round of the event loop, all connections together; the rest is held.
 * Fewer in a server that has just started, for the reason that client-service.ts tells: each
 * COLD_SHARE that it has taken allow one more.
 */
const WRITES_PER_ROUND = 1024;
const WRITES_PER_COLD_ROUND = 16;
const COLD_SHARE = 16;

/** The answer of an operation that waited too long for its turn. */
const throttledOp = ({ code }: Operation): ReadOperation =>
  read({ code, answer: () => ErrorCode.ThrottledOp });

/** The answer to a read whose session is over. */
const refusedRead = ({ code }: Operation): ReadOperation =>
  read({ code, answer: () => SessionExpired });

/** The answer to what a server without a quorum cannot do. */
const notReadOnly = ({ code }: Operation): ReadOperation =>
  read({ code, answer: () => ErrorCode.NotReadOnly });

/** Everything but reads, and the end of a session that only this server knows. */
const needsQuorum = (operation: Operation): boolean =>
  operation.access === "write" ? operation.endsSession !== true : operation.waits === true;

/** A ping is answered under its own number, whatever the client sent. */
const xidOf = ({ code }: ReadOperation, xid: number): number =>
  code === OpCode.ping ? Xid.ping : xid;

/** The decoded body; undefined when it is malformed. */
function bodyOf(operation: WriteOperation, from: JuteReader): unknown {
  try {
    return operation.body.read(from);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return undefined;
  }
}

export class Intake implements ThrottleOwner {
  private readonly parts: ServerParts;
  private readonly door: Door;
  private readonly reception: Reception;
  /** Connections with frames that are not taken yet. */
  private readonly holding = new Set<Connection>();
  private now: Millis = 0;
  private writesTaken = 0;
  private writesLeft = WRITES_PER_COLD_ROUND;
  private reader = new JuteReader(new Uint8Array(0));

  constructor(parts: ServerParts, door: Door, reception: Reception) {
    this.parts = parts;
    this.door = door;
    this.reception = reception;
  }

  beginTurn(now: Millis): void {
    this.now = now;
  }

  /** Every connection that is read has had its chance since the last round. */
  beginRound(): void {
    const warm = WRITES_PER_COLD_ROUND + Math.floor(this.writesTaken / COLD_SHARE);
    this.writesLeft = Math.min(WRITES_PER_ROUND, warm);
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

  /** They are counted and show that the session lives, as if they had come here. */
  served(conn: Connection, reads: Reads): void {
    this.parts.instruments.bytesReceived.add(reads.bytes);
    conn.received += reads.count;
    this.parts.traffic.received += reads.count;
    this.parts.replies.served(conn, reads);
    if (conn.session !== undefined) {
      this.parts.sessions.touch(conn.session, this.parts.sessionTime());
    }
  }

  /**
   * Takes requests whose turn has come, and frames that were held, as far as there is room for
   * their answers now. True when more could be taken in the next round.
   */
  takeHeld(): boolean {
    this.parts.requestThrottle.release(this, this.now);
    for (const conn of this.holding) {
      this.takeHeldOf(conn);
      if (conn.held.length > 0) continue;
      this.holding.delete(conn);
      this.door.mayResume(conn);
    }
    return this.writesLeft <= 0 && this.holding.size > 0;
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
      this.reception.shakeHands(conn, ConnectRequest.read(this.at(bytes, start, end)), this.now);
    else if (conn.held.length === 0 && this.mayTake(conn)) {
      this.parts.largeRequests.take(conn, end - start);
      this.request(conn, this.at(bytes, start, end));
    } else if (conn.phase === "joining" || conn.phase === "open") {
      this.parts.largeRequests.take(conn, end - start);
      conn.held.push(bytes.subarray(start, end));
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
    const waiting = conn.waitingReads + conn.throttled;
    return (
      conn.phase === "open" && !conn.isFull && waiting < WAITING_READS_MAX && this.writesLeft > 0
    );
  }

  private request(conn: Connection, from: JuteReader): void {
    if (from.remaining < REQUEST_HEADER_BYTES) {
      throw new ProtocolError("FRAME_TOO_SHORT", { bytes: from.remaining });
    }
    const bytes = from.remaining;
    const xid = from.int();
    const code = from.int();
    if (this.lacksAuth(conn, code)) return this.refuseStranger(conn, xid);
    const asked = operationOf(code);
    if (asked !== undefined && !this.parts.requestThrottle.isOpen(this)) {
      const body = from.bytes.subarray(from.at, from.end);
      return this.parts.requestThrottle.queue({
        ...{ conn, xid, operation: asked, ids: conn.ids, since: this.now, bytes, body },
      });
    }
    const operation = this.inSession(conn, asked);
    if (operation?.access === "write") {
      return this.write(conn, { xid, ids: conn.ids, since: this.now, bytes }, operation, from);
    }
    const after = operation === undefined ? ZXID_ZERO : this.after(conn, xid, operation, from);
    if (operation !== undefined && this.mustWait(conn, after)) {
      const asked = { xid, ids: conn.ids, since: this.now, bytes };
      return this.wait(conn, asked, operation, { from, after });
    }
    if (operation !== undefined) this.read(conn, xid, operation, from);
    else if (code === OpCode.auth) this.authenticate(conn, xid, AuthPacket.read(from));
    else if (code === OpCode.sasl) this.answerSasl(conn, xid);
    else this.refuseUnknown(conn, xid, code);
    this.parts.largeRequests.give(conn, bytes);
  }

  /** Requests that are being done. */
  inProcess(): number {
    return this.parts.writes.outstandingCount + this.parts.replies.readsWaiting;
  }

  /** The turn of a throttled request has come. */
  serve(request: Queued, late: boolean): void {
    const { conn, body } = request;
    const asked = late ? throttledOp(request.operation) : request.operation;
    const operation = this.inSession(conn, asked);
    if (operation.access === "write") {
      return this.write(conn, request, operation, new JuteReader(body));
    }
    if (conn.phase === "closed") {
      return operation.endsSession === true ? this.door.endLocal(conn.session!) : undefined;
    }
    const from = new JuteReader(body);
    const after = this.after(conn, request.xid, operation, from);
    this.wait(conn, request, operation, { from, after });
    this.parts.replies.drain(conn);
    this.boundOutput(conn);
  }

  drop({ conn }: Queued): void {
    this.door.close(conn, "one of its requests waited too long for its turn");
  }

  /**
   * What the operation is in this session: one that is being closed reads no more. A local session
   * that asks for its end is closing.
   */
  private inSession<O extends Operation | undefined>(
    conn: Connection,
    operation: O,
  ): O | ReadOperation {
    const session = conn.session!;
    if (operation?.access === "read" && session.closing) return refusedRead(operation);
    if (operation !== undefined && this.parts.readOnly && needsQuorum(operation)) {
      return notReadOnly(operation);
    }
    if (operation?.access !== "write" || operation.whenLocal === undefined) return operation;
    if (!session.isLocal || session.closing) return operation;
    this.parts.sessions.startClosing(session);
    return operation.whenLocal;
  }

  /** Whether a read stands behind a write, or behind what was proposed before it. */
  private mustWait(conn: Connection, after: Zxid): boolean {
    return conn.waiting.length > 0 || after > this.parts.tree.lastProcessed;
  }

  private after(conn: Connection, xid: number, operation: ReadOperation, from: JuteReader): Zxid {
    if (operation.waits !== true) return ZXID_ZERO;
    const author = { session: conn.session!.id, cxid: xid, ids: conn.ids };
    return this.parts.writes.syncPoint(author, () => from.bytes.subarray(from.at, from.end));
  }

  private read(conn: Connection, xid: number, operation: ReadOperation, from: JuteReader): void {
    this.parts.replies.read(conn, xidOf(operation, xid), operation, from);
    this.boundOutput(conn);
  }

  /** After much output in one turn the connection's further frames wait until it has left. */
  private boundOutput(conn: Connection): void {
    if (conn.isFull || conn.phase === "closed") return;
    if (conn.out === undefined || conn.out.at <= OUTPUT_PER_TURN_BYTES) return;
    conn.isFull = true;
    this.door.awaitDrain(conn);
  }

  private wait(
    conn: Connection,
    asked: Asked,
    operation: ReadOperation,
    { from, after }: { readonly from: JuteReader; readonly after: Zxid },
  ): void {
    const { ids, since, bytes } = asked;
    this.parts.replies.wait(conn, {
      kind: "read",
      xid: xidOf(operation, asked.xid),
      code: operation.code,
      since,
      bytes,
      after,
      operation,
      ids,
      body: from.bytes.subarray(from.at, from.end),
    });
  }

  private write(conn: Connection, asked: Asked, operation: WriteOperation, from: JuteReader): void {
    const { replies, writes, wallTime } = this.parts;
    const { xid, ids, since, bytes } = asked;
    const session = conn.session!;
    const { code } = operation;
    this.writesTaken++;
    this.writesLeft--;
    const { bytes: chunk, at: start, end } = from;
    const request = session.closing ? undefined : bodyOf(operation, from);
    if (request !== undefined && operation.needsGlobal?.(request) === true) this.upgrade(session);
    const author = { session: session.id, cxid: xid, ids, isLocal: session.isLocal };
    const err = session.closing ? SessionExpired : MarshallingError;
    const zxid =
      request === undefined
        ? writes.refuse(author, wallTime(), err)
        : writes.request(author, wallTime(), operation, { request, bytes: chunk, start, end });
    if (operation.endsSession === true && !session.closing) {
      this.parts.sessions.startClosing(session);
    }
    // A throttled write is done though its connection is gone, where it is not dropped for that.
    if (conn.phase === "closed") return;
    if (request === undefined && zxid === undefined) {
      const nothing = { from: new JuteReader(chunk, start, end), after: ZXID_ZERO };
      this.wait(conn, asked, read({ code, answer: () => err }), nothing);
      return replies.drain(conn);
    }
    replies.wait(conn, { kind: "write", xid, code, since, bytes, zxid, operation, request });
  }

  /** Makes a local session global, where that is allowed, before its first ephemeral. */
  private upgrade(session: Session): void {
    const { sessions, settings, writes, wallTime } = this.parts;
    if (!session.isLocal || !settings.localSessionsUpgrading) return;
    sessions.upgrade(session);
    const { id, timeoutMs } = session;
    writes.createSession({ session: id, cxid: 0, ids: [] }, wallTime(), timeoutMs);
  }

  private authenticate(conn: Connection, xid: number, packet: AuthPacket): void {
    const { access, replies } = this.parts;
    const scheme = access.scheme(packet.scheme ?? "");
    const proved = scheme?.authenticate(packet.auth, conn.address);
    if (proved === CLOSE_SILENTLY) {
      return this.door.close(conn, `refused by the scheme ${packet.scheme}`);
    }
    if (proved !== undefined) {
      conn.addIds(proved);
      return replies.header(conn, xid, ErrorCode.Ok, ZXID_ZERO);
    }
    this.parts.instruments.authFailed.add();
    replies.header(conn, xid, ErrorCode.AuthFailed, ZXID_ZERO);
    this.door.close(conn, `authentication failed for scheme ${packet.scheme}`);
  }

  /** Whether the connection has yet to prove an identity of an enforced scheme before this. */
  private lacksAuth(conn: Connection, code: number): boolean {
    const enforced = this.parts.settings.enforcedSchemes;
    if (enforced.length === 0 || code === OpCode.auth || code === OpCode.sasl) return false;
    return !conn.ids.some(({ scheme }) => scheme !== null && enforced.includes(scheme));
  }

  private refuseStranger(conn: Connection, xid: number): void {
    this.parts.replies.header(conn, xid, ErrorCode.SessionClosedRequireSaslAuth, ZXID_ZERO);
    this.door.close(conn, "it asks before it has authenticated (enforce.auth.schemes)");
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
