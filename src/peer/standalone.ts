/**
 * A standalone server: an ensemble of one, behind a single step().
 *
 *   connections -> intake -> write path -> log ... durable -> tree, events, replies -> connections
 *
 * Promises: nothing is acknowledged before the log reported it durable; replies and events leave in
 * zxid order; no turn is long (crowds are applied and expired in slices).
 * Leaves to others: sockets, files, timers (room 6) and reading its folder (loading.ts).
 * Size: what one turn does, and in which order, is to be read on one page.
 */

import { type Millis, type SessionId, toSessionId } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { Metrics } from "../base/metrics.ts";
import { Prng } from "../base/prng.ts";
import { FrameCutter } from "../jute/frames.ts";
import { type EventType, Permission } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { Access } from "../requests/access.ts";
import type { QuotaExceeded } from "../requests/operation.ts";
import { closeSession } from "../requests/sessions.ts";
import { type PasswordOf, passwordOf } from "../session/password.ts";
import { SessionIds } from "../session/session-ids.ts";
import { Sessions } from "../session/sessions.ts";
import type { Applied } from "../tree/data-tree.ts";
import { WatchTables } from "../tree/watch-table.ts";
import type { LogWriter } from "../txnlog/log-writer.ts";
import type { Connection } from "./connection.ts";
import { ConnectionThrottle } from "./connection-throttle.ts";
import { Connections } from "./connections.ts";
import { ContainerManager } from "./container-manager.ts";
import { Departed } from "./departed.ts";
import { Door, SESSION_ENDED } from "./door.ts";
import { Instruments } from "./instruments.ts";
import { Intake } from "./intake.ts";
import type { Note, PeerEffect, PeerInput } from "./io.ts";
import { LargeReplies } from "./large-replies.ts";
import { LargeRequests } from "./large-requests.ts";
import { Traffic } from "./latency.ts";
import { applyToSessions, type Loaded } from "./loading.ts";
import type { ServerParts } from "./parts.ts";
import { Reception } from "./reception.ts";
import { Replies } from "./replies.ts";
import { RequestThrottle } from "./request-throttle.ts";
import type { PeerSettings } from "./settings.ts";
import { Snapshots } from "./snapshots.ts";
import { StandaloneStatus } from "./standalone-status.ts";
import type { PeerStatus } from "./status.ts";
import { type CommitSink, WritePath } from "./write-path.ts";

/**
 * What a turn does at the most, in units of about 10 us: so many transactions, so many events, or
 * fewer sessions closed, each with its connection. The rest is done in the next turn.
 */
const WORK_PER_TURN = 400;
const CLOSING_WORK = 20;
const WATCHES_DROPPED_PER_TURN = 1000;
/**
 * So many expired sessions are being closed at a time: a crowd that expires at once leaves room
 * between its closings for the writes of others.
 */
const EXPIRING_MAX = 16;

export type StandaloneParts = {
  readonly settings: PeerSettings;
  readonly access: Access;
  /** Passwords of sessions; unless given, those of the reference. */
  readonly passwordOf?: PasswordOf;
  readonly log: LogWriter;
  /** Fed with what the machine measures. */
  readonly metrics: Metrics;
  /** What recovery found (loading.ts). */
  readonly loaded: Loaded;
  readonly startedAt: { readonly now: Millis; readonly wall: Millis };
};

export class StandaloneServer implements Machine<PeerInput, PeerEffect> {
  readonly status: PeerStatus;
  private readonly parts: StandaloneParts;
  private readonly sessions: Sessions;
  private readonly connections: Connections;
  private readonly watches: WatchTables;
  private readonly departed: Departed;
  private readonly traffic = new Traffic();
  private readonly instruments: Instruments;
  private readonly replies: Replies;
  private readonly writes: WritePath;
  private readonly door: Door;
  private readonly reception: Reception;
  private readonly intake: Intake;
  private readonly snapshots: Snapshots;
  private readonly containers: ContainerManager;
  private readonly commits: CommitSink;
  private now: Millis;
  /** Add to `now` for ms since 1970. */
  private wallOffset: Millis;
  private lastTick: Millis;
  /** Time of the sessions at the last tick; see `sessionTime`. */
  private sessionsAt: Millis;
  private again = false;
  /** What is left of this turn's WORK_PER_TURN. */
  private workLeft = 0;
  /** Expired sessions whose closing is not applied yet. */
  private readonly expiring = new Set<SessionId>();
  private readonly notes: Note[] = [];
  /** Sessions that own ephemerals and are in no table: damage, found while loading. */
  private readonly lost: SessionId[];

  constructor(parts: StandaloneParts) {
    const { settings, access, log, loaded, startedAt } = parts;
    const { tree } = loaded;
    this.parts = parts;
    this.now = this.lastTick = this.sessionsAt = startedAt.now;
    this.wallOffset = startedAt.wall - startedAt.now;
    this.sessions = new Sessions(settings.tickTimeMs, this.now);
    for (const [id, timeoutMs] of loaded.sessions) this.sessions.add(id, timeoutMs, this.now);
    this.lost = [...tree.ephemeralSessions()].filter((id) => !loaded.sessions.has(id));
    this.watches = new WatchTables(settings.seed);
    this.instruments = new Instruments(parts.metrics);
    const { watches, traffic, instruments } = this;
    const { largeRequestsRejected } = instruments;
    const largeRequests = new LargeRequests(settings.largeRequests, largeRequestsRejected);
    const checkLength = (length: number): void => largeRequests.check(length);
    this.connections = new Connections(() => new FrameCutter(settings.frameBytesMax, checkLength));
    this.departed = new Departed(this.watches, this.connections);
    this.replies = new Replies({
      ...{ tree, watches, access, traffic, instruments, largeRequests },
      largeReplies: new LargeReplies(settings.frameBytesMax, instruments.largeReplies, (note) =>
        this.notes.push(note),
      ),
      sessionEnded: (session) => this.door.endLocal(session),
    });
    this.writes = new WritePath({
      tree,
      log,
      access,
      settings,
      quotaExceeded: (exceeded) => this.quotaExceeded(exceeded),
    });
    this.snapshots = new Snapshots(loaded, log, settings, new Prng(settings.seed));
    this.containers = new ContainerManager(tree, this.writes, settings, this.now);
    const { sessions, connections, departed, replies, writes } = this;
    const { connectionThrottle } = settings;
    const clients: ServerParts = {
      connectionThrottle: new ConnectionThrottle(
        connectionThrottle,
        new Prng(settings.seed),
        this.now,
      ),
      requestThrottle: new RequestThrottle(settings.requestThrottle, instruments),
      largeRequests,
      ...{ settings, tree, access, watches, instruments, traffic },
      ...{ sessions, connections, departed, replies, writes },
      passwordOf: parts.passwordOf ?? passwordOf,
      sessionIds: new SessionIds(settings.serverId, startedAt.wall),
      wallTime: () => this.wallTime(),
      sessionTime: () => this.sessionTime(),
    };
    this.door = new Door(clients);
    this.reception = new Reception(clients, this.door);
    this.intake = new Intake(clients, this.door, this.reception);
    this.commits = {
      applied: (entry, applied) => this.applied(entry, applied),
      changed: (type, path, acl) => this.changed(type, path, acl),
    };
    this.status = new StandaloneStatus({
      ...clients,
      startedAt: startedAt.wall,
      wallOf: (time) => time + this.wallOffset,
      wallOfDeadline: (time) => time - this.sessionTime() + this.now + this.wallOffset,
    });
  }

  step(input: PeerInput, out: PeerEffect[]): void {
    this.now = input.now;
    this.again = false;
    this.workLeft = WORK_PER_TURN;
    this.replies.beginTurn(input.now);
    this.intake.beginTurn(input.now);
    this.take(input, out);
    this.intake.takeHeld();
    if (this.departed.dropSome(WATCHES_DROPPED_PER_TURN)) this.again = true;
    // First, so that the disk works while the rest is sent.
    this.writeLog(out);
    this.replies.endTurn(out);
    if (this.door.endTurn(out)) this.again = true;
    for (const note of this.notes.splice(0)) out.push({ kind: "note", note });
    this.snapshots.endTurn(out);
    if (this.again) out.push({ kind: "again" });
  }

  /** Takes a snapshot as soon as the next step is done. */
  askSnapshot(): void {
    this.snapshots.ask();
  }

  private take(input: PeerInput, out: PeerEffect[]): void {
    switch (input.kind) {
      case "opened": {
        const { conn: id, address, port, ids = [] } = input;
        return this.door.opened({ id, address, port, ids }, this.now);
      }
      case "received": {
        const conn = this.connections.get(input.conn);
        return conn === undefined ? undefined : this.intake.received(conn, input.bytes);
      }
      case "closed": {
        const conn = this.connections.get(input.conn);
        return conn === undefined ? undefined : this.door.closed(conn);
      }
      case "drained": {
        const conn = this.connections.get(input.conn);
        if (conn !== undefined) conn.isFull = false;
        return;
      }
      case "logged":
        this.instruments.batchSize.record(this.parts.log.recordsFlying);
        this.writes.durable(this.parts.log.done());
        this.apply();
        return this.expire();
      case "snapshotted":
        return this.snapshots.done(out);
      case "tick":
        this.wallOffset = input.wall - input.now;
        return this.tick();
      case "continue":
        this.apply();
        this.expire();
        return this.deleteOutlived();
    }
  }

  /** Hands the next batch to the disk, if it is idle and there is one. */
  private writeLog(out: PeerEffect[]): void {
    const ops = this.parts.log.nextBatch();
    if (ops !== undefined) out.push({ kind: "log", ops });
  }

  private wallTime(): Millis {
    return Math.floor(this.now + this.wallOffset);
  }

  private apply(): void {
    if (this.writes.applyCommitted(() => this.workLeft > 0, this.commits)) this.again = true;
  }

  private tick(): void {
    const { tickTimeMs, sessionlessTimeoutMs } = this.parts.settings;
    const since = this.now - this.lastTick;
    this.sessionsAt = this.sessionTime();
    this.lastTick = this.now;
    for (const conn of this.connections.newcomersBefore(this.now - sessionlessTimeoutMs)) {
      this.instruments.sessionlessExpired.add();
      this.door.close(conn, `no handshake within ${sessionlessTimeoutMs} ms`);
    }
    this.endLostSessions();
    this.expire();
    // After a pause of this process what clients sent is still unread: writes that keep nodes.
    if (since < tickTimeMs) this.deleteOutlived();
  }

  /** Removes the ephemerals of sessions that are not there, so that the log tells of it. */
  private endLostSessions(): void {
    for (const id of this.lost.splice(0, EXPIRING_MAX)) {
      const about = { session: id, paths: this.parts.loaded.tree.ephemeralsOf(id).length };
      this.door.note({ level: "warn", event: "ephemerals of an unknown session removed", about });
      this.endSession(id);
    }
  }

  private endSession(session: SessionId): void {
    this.writes.request({ session, cxid: 0, ids: [] }, this.wallTime(), closeSession, {});
  }

  private deleteOutlived(): void {
    if (this.containers.deleteSome(this.now, this.wallTime())) this.again = true;
  }

  /**
   * The time by which sessions live. It is that of the clock, but a pause of this process counts as
   * one tick: while the server heard nobody, nobody was silent.
   */
  private sessionTime(): Millis {
    return this.sessionsAt + Math.min(this.now - this.lastTick, this.parts.settings.tickTimeMs);
  }

  private expire(): void {
    const room = EXPIRING_MAX - this.expiring.size;
    for (const session of this.sessions.takeExpired(this.sessionTime(), room)) {
      this.sessions.startClosing(session);
      this.instruments.sessionsExpired.add();
      if (session.isLocal) {
        this.door.endLocal(session);
        this.again = true;
      } else {
        this.expiring.add(session.id);
        this.endSession(session.id);
      }
    }
  }

  /** Events of a change, to the watchers that may read the node (CVE-2024-23944). */
  private changed(type: EventType, path: string, acl: readonly Acl[]): void {
    if (this.watches.watchCount === 0) return;
    const { access } = this.parts;
    const zxid = this.writes.applying;
    let fired = 0;
    this.watches.fire(type, path, (watcher, event, at) => {
      const conn = this.connections.ofWatcher(watcher);
      if (conn === undefined) return;
      fired++;
      if (access.permits(acl, Permission.READ, conn.ids)) this.replies.event(conn, event, at, zxid);
    });
    this.workLeft -= fired;
    this.instruments.watchesFired(type, fired);
  }

  private quotaExceeded({ path, what, limit, total, isHard }: QuotaExceeded): void {
    const namespace = path.split("/", 2)[1]!;
    if (isHard) this.instruments.quotaExceeded.of(namespace).add();
    // As text: the log prints a bigint as an id, in hexadecimal.
    const about = { path, what, limit: `${limit}`, total: `${total}`, refused: isHard };
    this.notes.push({ level: "warn", event: "quota exceeded", about });
  }

  private applied(entry: TxnEntry, applied: Applied): void {
    applyToSessions(this.parts.loaded.sessions, entry);
    this.workLeft -= entry.txn.kind === "closeSession" ? CLOSING_WORK : 1;
    const { clientId } = entry.header;
    const conn = this.connections.ofSession(clientId);
    if (conn !== undefined) this.answered(conn, entry, applied);
    if (entry.txn.kind === "closeSession") {
      this.expiring.delete(toSessionId(clientId));
      this.sessions.remove(toSessionId(clientId));
    }
    // Before the next one is applied: a sync may stand in a queue in front of the write that comes
    // next.
    this.replies.caughtUp();
  }

  private answered(conn: Connection, entry: TxnEntry, applied: Applied): void {
    const { kind } = entry.txn;
    if (kind === "createSession" && conn.phase === "joining") return this.reception.welcome(conn);
    this.replies.committed(conn, entry, applied);
    if (kind === "closeSession") this.door.close(conn, SESSION_ENDED);
  }
}
