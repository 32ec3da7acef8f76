/**
 * The intake: bytes of a connection become frames, frames become requests, and each request is answered
 * now, queued, or proposed.
 *
 * Whatever a client sends wrongly ends at most its own connection. From: specification 2.1-2.5, 2.13.
 */
import { joinBytes } from "../base/bytes.ts";
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
import type { Access } from "../requests/access.ts";
import type { ReadOperation, WriteOperation } from "../requests/operation.ts";
import { operationOf } from "../requests/table.ts";
import type { SessionIds } from "../session/session-ids.ts";
import type { Sessions } from "../session/sessions.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { WatchTables } from "../tree/watch-table.ts";
import type { Connection } from "./connection.ts";
import type { Connections, Newcomer } from "./connections.ts";
import { negotiate, writeRefusal, writeWelcome } from "./handshake.ts";
import type { Instruments } from "./instruments.ts";
import type { Note, PeerEffect } from "./io.ts";
import type { Traffic } from "./latency.ts";
import { beginReply, endReply } from "./output.ts";
import type { Replies } from "./replies.ts";
import type { PeerSettings } from "./settings.ts";
import { argumentBytesOf, WORD_BYTES, wordAt } from "./words.ts";
import type { WritePath } from "./write-path.ts";

/** The zxid in the reply to an operation that nobody knows. */
const { MarshallingError, SessionExpired } = ErrorCode;
const UNKNOWN_ZXID = toZxid(-1n);

/** What the intake works with; all of it belongs to the server machine. */
export type IntakeParts = {
  readonly settings: PeerSettings;
  readonly tree: DataTree;
  readonly watches: WatchTables;
  readonly access: Access;
  readonly sessions: Sessions;
  readonly sessionIds: SessionIds;
  readonly connections: Connections;
  readonly replies: Replies;
  readonly writes: WritePath;
  readonly traffic: Traffic;
  readonly instruments: Instruments;
  /** ms since 1970, for the time in transactions. */
  readonly wallTime: () => Millis;
};

export class Intake {
  private readonly parts: IntakeParts;
  private readonly paused = new Set<Connection>();
  /** Closes and pauses of this turn; the machine takes them after the output was appended. */
  private readonly effects: PeerEffect[] = [];
  private now: Millis = 0;
  private sessionTime: Millis = 0;
  private reader = new JuteReader(new Uint8Array(0));

  constructor(parts: IntakeParts) {
    this.parts = parts;
  }

  /** `sessionTime`: the time by which sessions live. */
  beginTurn(now: Millis, sessionTime: Millis): void {
    this.now = now;
    this.sessionTime = sessionTime;
  }

  /** Appends what connections are to do after this turn's output was sent. */
  endTurn(out: PeerEffect[]): void {
    this.resumeBelowLimit();
    for (const effect of this.effects.splice(0)) out.push(effect);
  }

  opened(who: Newcomer): void {
    const { settings, connections } = this.parts;
    const { maxClientCnxns, maxCnxns } = settings;
    if (maxCnxns > 0 && connections.count >= maxCnxns) {
      return this.turnAway(who, `more than maxCnxns=${maxCnxns} connections`);
    }
    if (maxClientCnxns > 0 && connections.countFrom(who.address) >= maxClientCnxns) {
      return this.turnAway(who, `more than maxClientCnxns=${maxClientCnxns} connections from it`);
    }
    connections.open(who, this.now);
  }

  closed(conn: Connection): void {
    if (conn.phase === "closed") return;
    conn.phase = "closed";
    conn.waiting.clear();
    conn.held.clear();
    this.paused.delete(conn);
    this.parts.watches.drop(conn.watcher);
    this.parts.connections.remove(conn);
  }

  /** Closes a connection after this turn's output to it. */
  close(conn: Connection, why: string): void {
    if (conn.phase === "closed") return;
    this.parts.instruments.connectionDrops.add();
    this.effects.push({ kind: "close", conn: conn.id, why });
    this.closed(conn);
  }

  received(conn: Connection, bytes: Uint8Array): void {
    this.parts.instruments.bytesReceived.add(bytes.length);
    const chunk = conn.phase === "new" ? this.firstBytes(conn, bytes) : bytes;
    if (chunk === undefined) return;
    try {
      this.reader = new JuteReader(chunk);
      conn.cutter.push(chunk, (from, start, end) => this.frame(conn, from, start, end));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.violated(conn, error);
    }
    if (conn.session !== undefined) this.parts.sessions.touch(conn.session, this.sessionTime);
    if (conn.phase === "open") this.pauseAboveLimit(conn);
  }

  /** The session that the connection asked for has been made. */
  joined(conn: Connection): void {
    const session = conn.session!;
    conn.phase = "open";
    this.parts.replies.frame(conn, (to) => writeWelcome(to, session, conn.mirrorsReadOnly));
    this.resume(conn);
    for (let body = conn.held.shift(); body !== undefined; body = conn.held.shift()) {
      this.reader = new JuteReader(body);
      if (!this.frame(conn, body, 0, body.length)) return;
    }
  }

  private turnAway(who: Newcomer, why: string): void {
    this.parts.instruments.connectionRejected.add();
    this.effects.push({ kind: "close", conn: who.id, why });
    this.note({ level: "warn", event: "connection refused", about: { from: who.address, why } });
  }

  private violated(conn: Connection, error: ProtocolError): void {
    this.close(conn, error.message);
    const about = { from: `${conn.address}:${conn.port}`, ...error.details, code: error.code };
    this.note({ level: "warn", event: "connection closed: bytes against the protocol", about });
  }

  private note(note: Note): void {
    this.effects.push({ kind: "note", note });
  }

  /** Until the handshake: a four-letter word, or bytes of a frame. Undefined: nothing to cut yet. */
  private firstBytes(conn: Connection, bytes: Uint8Array): Uint8Array | undefined {
    if (conn.cutter.held > 0) return bytes;
    const all = conn.head === undefined ? bytes : joinBytes([conn.head, bytes]);
    conn.head = undefined;
    if (all.length < WORD_BYTES) {
      conn.head = all.slice();
      return undefined;
    }
    const word = wordAt(all);
    if (word === undefined) return all;
    const end = WORD_BYTES + argumentBytesOf(word);
    if (all.length < end) {
      conn.head = all.slice();
      return undefined;
    }
    const argument = end === WORD_BYTES ? 0n : new JuteReader(all, WORD_BYTES, end).long();
    this.effects.push({ kind: "word", conn: conn.id, word, argument });
    this.parts.traffic.received++;
    conn.received++;
    conn.phase = "answering";
    return undefined;
  }

  /** One frame. Answers whether the connection still takes more. */
  private frame(conn: Connection, bytes: Uint8Array, start: number, end: number): boolean {
    conn.received++;
    this.parts.traffic.received++;
    const from = this.reader.bytes === bytes ? this.reader : new JuteReader(bytes);
    from.at = start;
    from.end = end;
    switch (conn.phase) {
      case "new":
        this.shakeHands(conn, ConnectRequest.read(from));
        break;
      case "joining":
        conn.held.push(bytes.slice(start, end));
        break;
      case "open":
        this.request(conn, from);
        break;
      case "answering":
      case "closed":
        break;
    }
    return conn.phase !== "closed";
  }

  private shakeHands(conn: Connection, request: ConnectRequest): void {
    const { tree, sessions, settings, replies } = this.parts;
    this.parts.instruments.connectionRequests.add();
    conn.mirrorsReadOnly = request.readOnly !== undefined;
    if (request.lastZxidSeen > tree.lastProcessed) {
      return this.close(conn, "the client has seen a newer zxid than this server");
    }
    const welcome = negotiate(request, sessions, settings);
    switch (welcome.kind) {
      case "create":
        return this.createSession(conn, welcome.timeoutMs);
      case "attach": {
        this.parts.instruments.connectionRevalidated.add();
        const { session, timeoutMs } = welcome;
        const before = this.parts.connections.ofSession(session.id);
        if (before !== undefined) this.close(before, "its session came back on another connection");
        session.timeoutMs = timeoutMs;
        conn.session = session;
        this.parts.connections.join(conn, session.id);
        return this.joined(conn);
      }
      case "refuse":
        replies.frame(conn, (to) => writeRefusal(to, conn.mirrorsReadOnly));
        return this.close(conn, welcome.why);
    }
  }

  private createSession(conn: Connection, timeoutMs: Millis): void {
    const { sessions, sessionIds, connections, writes, wallTime } = this.parts;
    conn.session = sessions.add(sessionIds.next(), timeoutMs, this.sessionTime);
    conn.phase = "joining";
    connections.join(conn, conn.session.id);
    const author = { session: conn.session.id, cxid: 0, ids: conn.ids };
    writes.submit(author, wallTime(), { kind: "createSession", timeoutMs });
    this.pause(conn);
  }

  private request(conn: Connection, from: JuteReader): void {
    if (from.remaining < REQUEST_HEADER_BYTES) {
      throw new ProtocolError("FRAME_TOO_SHORT", { bytes: from.remaining });
    }
    const xid = from.int();
    const code = from.int();
    const operation = operationOf(code);
    if (operation?.access === "read")
      this.read(conn, code === OpCode.ping ? Xid.ping : xid, operation, from);
    else if (operation?.access === "write") this.write(conn, xid, operation, from);
    else if (code === OpCode.auth) this.authenticate(conn, xid, AuthPacket.read(from));
    else if (code === OpCode.sasl) this.answerSasl(conn, xid);
    else this.refuseUnknown(conn, xid, code);
  }

  private read(conn: Connection, xid: number, operation: ReadOperation, from: JuteReader): void {
    const { replies, writes, tree } = this.parts;
    const after = operation.waits === true ? writes.lastProposed : ZXID_ZERO;
    if (conn.waiting.length === 0 && after <= tree.lastProcessed) {
      return replies.read(conn, xid, operation, from);
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
    this.close(conn, `authentication failed for scheme ${packet.scheme}`);
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
    this.close(conn, `operation code ${code} is not served`);
  }

  private pauseAboveLimit(conn: Connection): void {
    const { writes, settings } = this.parts;
    const above = writes.outstandingCount > settings.globalOutstandingLimit;
    if (above && conn.waiting.length > 0) this.pause(conn);
  }

  private pause(conn: Connection): void {
    if (conn.paused) return;
    conn.paused = true;
    this.paused.add(conn);
    this.effects.push({ kind: "pause", conn: conn.id });
  }

  private resume(conn: Connection): void {
    if (!conn.paused) return;
    conn.paused = false;
    this.paused.delete(conn);
    this.effects.push({ kind: "resume", conn: conn.id });
  }

  private resumeBelowLimit(): void {
    const { writes, settings } = this.parts;
    if (this.paused.size === 0 || writes.outstandingCount > settings.globalOutstandingLimit) return;
    for (const conn of [...this.paused]) if (conn.phase === "open") this.resume(conn);
  }
}
