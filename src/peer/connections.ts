/**
 * The connections of a server: by id, by session, by the number that the watch tables know them by;
 * and how many come from one address.
 */
import { assert } from "../base/assert.ts";
import type { Millis, SessionId } from "../base/ids.ts";
import type { FrameCutter } from "../jute/frames.ts";
import type { Id } from "../records/data.ts";
import type { WatcherId } from "../tree/watch-table.ts";
import { Connection } from "./connection.ts";
import type { ConnectionId } from "./io.ts";

export type Newcomer = {
  readonly id: ConnectionId;
  readonly address: string;
  readonly port: number;
  /** Beside its address. */
  readonly ids: readonly Id[];
};

export class Connections {
  private readonly newCutter: () => FrameCutter;
  private readonly byId = new Map<ConnectionId, Connection>();
  private readonly bySession = new Map<SessionId, Connection>();
  /** The session that was asked for last: several writes of one are applied behind each other. */
  private lastSession: SessionId | undefined;
  private lastOfSession: Connection | undefined;
  private readonly perAddress = new Map<string, number>();
  private readonly watchers: (Connection | undefined)[] = [];
  private readonly freeWatchers: WatcherId[] = [];
  /** Without a handshake, oldest first. */
  private readonly newcomers = new Set<Connection>();

  constructor(newCutter: () => FrameCutter) {
    this.newCutter = newCutter;
  }

  get count(): number {
    return this.byId.size;
  }

  all(): Iterable<Connection> {
    return this.byId.values();
  }

  get(id: ConnectionId): Connection | undefined {
    return this.byId.get(id);
  }

  ofSession(session: SessionId): Connection | undefined {
    if (session !== this.lastSession) {
      this.lastOfSession = this.bySession.get(session);
      this.lastSession = session;
    }
    return this.lastOfSession;
  }

  /** Undefined when the connection is gone, and its watches are not all removed yet. */
  ofWatcher(watcher: WatcherId): Connection | undefined {
    return this.watchers[watcher];
  }

  countFrom(address: string): number {
    return this.perAddress.get(address) ?? 0;
  }

  open(who: Newcomer, now: Millis): Connection {
    assert(!this.byId.has(who.id), "a connection id is used once");
    const watcher = this.freeWatchers.pop() ?? this.watchers.length;
    const conn = new Connection(who, now, watcher, this.newCutter());
    this.watchers[watcher] = conn;
    this.byId.set(conn.id, conn);
    this.newcomers.add(conn);
    this.perAddress.set(conn.address, this.countFrom(conn.address) + 1);
    return conn;
  }

  /** From now on the session's replies and events go to this connection. */
  join(conn: Connection, session: SessionId): void {
    this.newcomers.delete(conn);
    this.bySession.set(session, conn);
    this.lastSession = undefined;
  }

  /** Takes the connection out. Its watcher's number stays taken until `freeWatcher`. */
  remove(conn: Connection): void {
    this.byId.delete(conn.id);
    this.newcomers.delete(conn);
    if (this.bySession.get(conn.sessionId) === conn) this.bySession.delete(conn.sessionId);
    this.lastSession = undefined;
    this.watchers[conn.watcher] = undefined;
    const left = this.countFrom(conn.address) - 1;
    if (left === 0) this.perAddress.delete(conn.address);
    else this.perAddress.set(conn.address, left);
  }

  /** No watch is left under this number: the next connection may have it. */
  freeWatcher(watcher: WatcherId): void {
    this.freeWatchers.push(watcher);
  }

  /** Connections opened before `time` that have not shaken hands. */
  *newcomersBefore(time: Millis): Iterable<Connection> {
    for (const conn of this.newcomers) {
      if (conn.openedAt >= time) return;
      yield conn;
    }
  }
}
