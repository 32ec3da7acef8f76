/**
 * The reception: what comes before a connection has its session. Its first bytes are a four-letter
 * word or a handshake, and the handshake makes a session, finds one, or is refused.
 * From: specification 2.2, 2.14.
 */
import { joinBytes } from "../base/bytes.ts";
import { type Millis, SESSION_NONE, type SessionId } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import type { ConnectRequest } from "../records/client.ts";
import type { Session } from "../session/sessions.ts";
import type { Connection } from "./connection.ts";
import type { Door } from "./door.ts";
import { negotiate, writeRefusal, writeWelcome } from "./handshake.ts";
import type { ServerParts } from "./parts.ts";
import { argumentBytesOf, WORD_BYTES, wordAt } from "./words.ts";

type Asking = { readonly conn: Connection; readonly timeoutMs: Millis };

export class Reception {
  private readonly parts: ServerParts;
  private readonly door: Door;
  /** Connections that wait until the leader has told of their session. */
  private readonly asking = new Map<SessionId, Asking[]>();

  constructor(parts: ServerParts, door: Door) {
    this.parts = parts;
    this.door = door;
  }

  /** Bytes of a frame; undefined while nothing can be told yet, and for a word. */
  firstBytes(conn: Connection, bytes: Uint8Array): Uint8Array | undefined {
    if (conn.cutter.held > 0) return bytes;
    const all = conn.head === undefined ? bytes : joinBytes([conn.head, bytes]);
    conn.head = undefined;
    const word = all.length < WORD_BYTES ? undefined : wordAt(all);
    if (word === undefined && all.length >= WORD_BYTES) return all;
    const end = WORD_BYTES + (word === undefined ? 0 : argumentBytesOf(word));
    if (word === undefined || all.length < end) {
      conn.head = all.slice();
      return undefined;
    }
    const argument = end === WORD_BYTES ? 0n : new JuteReader(all, WORD_BYTES, end).long();
    this.parts.traffic.received++;
    conn.received++;
    this.door.word(conn, word, argument);
    return undefined;
  }

  shakeHands(conn: Connection, request: ConnectRequest, now: Millis): void {
    const { tree, instruments, refusal } = this.parts;
    if (refusal !== undefined) {
      instruments.closedUnserved.add();
      return this.door.close(conn, refusal);
    }
    if (this.parts.readOnly && request.readOnly !== true) {
      return this.door.close(conn, "without a quorum only clients are served that can do with it");
    }
    if (!this.admits(request, now)) return this.door.refuse(conn, "connection throttle");
    instruments.connectionRequests.add();
    conn.mirrorsReadOnly = request.readOnly !== undefined;
    if (request.lastZxidSeen > tree.lastProcessed) {
      return this.door.close(conn, "the client has seen a newer zxid than this server");
    }
    const welcome = negotiate(request, this.parts);
    switch (welcome.kind) {
      case "create":
        return this.createSession(conn, welcome.timeoutMs);
      case "attach":
        return this.attach(conn, welcome.session, welcome.timeoutMs);
      case "ask":
        return this.ask(conn, welcome.session, welcome.timeoutMs);
      case "refuse":
        return this.refuse(conn, welcome.why);
      case "close":
        return this.door.close(conn, welcome.why);
    }
  }

  /** The leader has told whether a session lives that this server asked about. */
  revalidated(id: SessionId, valid: boolean): void {
    const asking = this.asking.get(id);
    this.asking.delete(id);
    for (const { conn, timeoutMs } of asking ?? []) {
      if (conn.phase === "closed") continue;
      if (!valid) this.refuse(conn, "unknown session");
      else this.attach(conn, this.knownSession(id, timeoutMs), timeoutMs);
    }
  }

  /** What the response says of it: nothing, where the request did not ask. */
  private readOnlyFor(conn: Connection): boolean | undefined {
    return conn.mirrorsReadOnly ? this.parts.readOnly : undefined;
  }

  private knownSession(id: SessionId, timeoutMs: Millis): Session {
    const { sessions, sessionTime } = this.parts;
    return sessions.get(id) ?? sessions.add(id, timeoutMs, sessionTime());
  }

  private attach(conn: Connection, session: Session, timeoutMs: Millis): void {
    const before = this.parts.connections.ofSession(session.id);
    if (before !== undefined) {
      this.door.close(before, "its session came back on another connection");
    }
    this.parts.instruments.connectionRevalidated.add();
    session.timeoutMs = timeoutMs;
    session.owner = this.parts.settings.serverId;
    conn.session = session;
    this.parts.connections.join(conn, session.id);
    this.welcome(conn);
  }

  private ask(conn: Connection, id: SessionId, timeoutMs: Millis): void {
    conn.phase = "joining";
    this.door.pause(conn);
    const asking = this.asking.get(id);
    if (asking !== undefined) asking.push({ conn, timeoutMs });
    else this.asking.set(id, [{ conn, timeoutMs }]);
    this.parts.revalidate?.(id, timeoutMs);
  }

  private refuse(conn: Connection, why: string): void {
    this.parts.replies.frame(conn, (to) => writeRefusal(to, this.readOnlyFor(conn)));
    this.door.close(conn, why);
  }

  /** The connection has its session: it is told, and its requests are taken from now on. */
  welcome(conn: Connection): void {
    const session = conn.session!;
    conn.phase = "open";
    const password = this.parts.passwordOf(session.id);
    this.parts.replies.frame(conn, (to) =>
      writeWelcome(to, session, { password, readOnly: this.readOnlyFor(conn) }),
    );
    this.door.mayResume(conn);
  }

  /** Whether the connection throttle takes this handshake. It comes before every other check. */
  private admits(request: ConnectRequest, now: Millis): boolean {
    const { connectionThrottle, instruments, settings } = this.parts;
    const fresh = settings.localSessions ? "local" : "global";
    const kind = request.sessionId === SESSION_NONE ? fresh : "renew";
    if (!connectionThrottle.admits(kind, now)) return false;
    instruments.connectionTokenDeficit.record(connectionThrottle.deficit);
    return true;
  }

  private createSession(conn: Connection, timeoutMs: Millis): void {
    const { sessions, sessionIds, connections, writes, wallTime, sessionTime } = this.parts;
    const isLocal = this.parts.settings.localSessions || this.parts.readOnly;
    conn.session = sessions.add(sessionIds.next(), timeoutMs, sessionTime(), isLocal);
    connections.join(conn, conn.session.id);
    if (isLocal) return this.welcome(conn);
    conn.phase = "joining";
    const author = { session: conn.session.id, cxid: 0, ids: conn.ids };
    writes.createSession(author, wallTime(), timeoutMs);
    this.door.pause(conn);
  }
}
