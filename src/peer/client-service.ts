/**
 * Everything that a server does for its clients while it serves: their connections, sessions and
 * watches, what they ask and what they are told. A server that loses its leader ends its service
 * and begins another one when it has a leader again.
 *
 *   connections -> intake -> writes ... replica -> replies, events -> connections
 *
 * Promises: replies and events leave in zxid order; no turn is long (crowds are applied in slices).
 * Leaves to others: the way of writes (writes.ts), when they are applied (replica.ts), and the
 * end of sessions that are silent (session-keeper.ts).
 */
import { type Millis, toSessionId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { FrameCutter } from "../jute/frames.ts";
import { type EventType, Permission } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { Access } from "../requests/access.ts";
import type { PasswordOf } from "../session/password.ts";
import type { SessionIds } from "../session/session-ids.ts";
import type { Session, Sessions } from "../session/sessions.ts";
import type { Applied } from "../tree/data-tree.ts";
import { WatchTables } from "../tree/watch-table.ts";
import type { Connection } from "./connection.ts";
import { ConnectionThrottle } from "./connection-throttle.ts";
import { Connections } from "./connections.ts";
import { Departed } from "./departed.ts";
import { Door, SESSION_ENDED } from "./door.ts";
import type { Instruments } from "./instruments.ts";
import { Intake } from "./intake.ts";
import type { ClientInput, Note, PeerEffect } from "./io.ts";
import { LargeReplies } from "./large-replies.ts";
import { LargeRequests } from "./large-requests.ts";
import type { Traffic } from "./latency.ts";
import type { ServerParts } from "./parts.ts";
import type { PeerClock } from "./peer-clock.ts";
import { Reception } from "./reception.ts";
import type { CommitSink, Replica } from "./replica.ts";
import { Replies } from "./replies.ts";
import { RequestThrottle } from "./request-throttle.ts";
import type { PeerSettings } from "./settings.ts";
import type { Writes } from "./writes.ts";

/**
 * What a round of the event loop does at the most, in units of about 10 us: so many transactions,
 * so many events, or fewer sessions closed, each with its connection. The rest is done in the next
 * round. A server that has just started runs code that is not compiled yet, ten times slower: it
 * begins with less, and each COLD_SHARE that it has done allow one more.
 */
const WORK_PER_ROUND = 400;
const WORK_PER_COLD_ROUND = 16;
const COLD_SHARE = 16;
const CLOSING_WORK = 20;
const WATCHES_DROPPED_PER_TURN = 1000;

export type ServiceParts = {
  readonly settings: PeerSettings;
  readonly access: Access;
  readonly passwordOf: PasswordOf;
  readonly clock: PeerClock;
  readonly instruments: Instruments;
  readonly traffic: Traffic;
  readonly replica: Replica;
  readonly sessions: Sessions;
  readonly sessionIds: SessionIds;
  readonly writes: Writes;
  readonly note: (note: Note) => void;
  /** Why handshakes are refused, where the server does not serve. */
  readonly refusal?: string;
  /** Clients that can do with it are served without a quorum: they may read. */
  readonly readOnly?: true;
  /** Asks whether a session of the ensemble lives; unless given, `sessions` knows. */
  readonly revalidate?: ServerParts["revalidate"];
};

export class ClientService implements CommitSink {
  readonly connections: Connections;
  readonly watches: WatchTables;
  readonly connectionThrottle: ConnectionThrottle;
  readonly requestThrottle: RequestThrottle;
  readonly reception: Reception;
  readonly replies: Replies;
  private readonly parts: ServiceParts;
  private readonly departed: Departed;
  private readonly door: Door;
  private readonly intake: Intake;
  /** What is left of this round's WORK_PER_ROUND. */
  private workLeft = WORK_PER_COLD_ROUND;
  /** Transactions since the start, for as long as that matters. */
  private appliedCount = 0;

  constructor(parts: ServiceParts) {
    const { settings, access, clock, instruments, traffic, replica, note } = parts;
    const { tree } = replica.loaded;
    tree.serves();
    this.parts = parts;
    this.watches = new WatchTables(settings.seed);
    const { watches } = this;
    const { largeRequestsRejected } = instruments;
    const largeRequests = new LargeRequests(settings.largeRequests, largeRequestsRejected);
    const checkLength = (length: number): void => largeRequests.check(length);
    this.connections = new Connections(() => new FrameCutter(settings.frameBytesMax, checkLength));
    this.departed = new Departed(watches, this.connections);
    this.replies = new Replies({
      ...{ tree, watches, access, traffic, instruments, largeRequests },
      largeReplies: new LargeReplies(settings.frameBytesMax, instruments.largeReplies, note),
      sessionEnded: (session) => this.door.endLocal(session),
    });
    const prng = new Prng(settings.seed);
    const throttle = settings.connectionThrottle;
    this.connectionThrottle = new ConnectionThrottle(throttle, prng, clock.now);
    this.requestThrottle = new RequestThrottle(settings.requestThrottle, instruments);
    const { connections, departed, replies, connectionThrottle, requestThrottle } = this;
    const { passwordOf, sessions, sessionIds, writes, revalidate, refusal } = parts;
    const shared: ServerParts = {
      ...{ settings, tree, access, watches, instruments, traffic, largeRequests },
      ...{ connectionThrottle, requestThrottle, connections, departed, replies },
      ...{ passwordOf, sessions, sessionIds, writes, revalidate, refusal },
      readOnly: parts.readOnly === true,
      wallTime: () => clock.wallTime(),
      sessionTime: () => clock.sessionTime(),
    };
    this.door = new Door(shared);
    this.reception = new Reception(shared, this.door);
    this.intake = new Intake(shared, this.door, this.reception);
  }

  /** `isNewRound`: every connection that is read has had its chance since the last one. */
  beginTurn(now: Millis, isNewRound: boolean): void {
    if (isNewRound) {
      this.door.beginRound();
      this.intake.beginRound();
      const warm = WORK_PER_COLD_ROUND + this.appliedCount / COLD_SHARE;
      this.workLeft = Math.min(WORK_PER_ROUND, warm);
    }
    this.replies.beginTurn(now);
    this.intake.beginTurn(now);
  }

  take(input: ClientInput): void {
    if (input.kind === "opened") {
      const { conn: id, address, port, ids = [] } = input;
      return this.door.opened({ id, address, port, ids }, input.now);
    }
    const conn = this.connections.get(input.conn);
    if (conn === undefined) return;
    switch (input.kind) {
      case "received":
        return this.intake.received(conn, input.bytes);
      case "served":
        return this.intake.served(conn, input.reads);
      case "closed":
        return this.door.closed(conn);
      case "drained":
        conn.isFull = false;
        return;
    }
  }

  /** Takes what was held back, as far as there is room now. True when there is more to do at once. */
  takeHeld(): boolean {
    const isHolding = this.intake.takeHeld();
    return this.departed.dropSome(WATCHES_DROPPED_PER_TURN) || isHolding;
  }

  /** Appends this turn's output. True when there is more to do at once. */
  endTurn(out: PeerEffect[]): boolean {
    this.replies.endTurn(out);
    return this.door.endTurn(out);
  }

  /** Closes connections that have not shaken hands for too long. */
  tick(): void {
    const { sessionlessTimeoutMs } = this.parts.settings;
    for (const conn of this.connections.newcomersBefore(
      this.parts.clock.now - sessionlessTimeoutMs,
    )) {
      this.parts.instruments.sessionlessExpired.add();
      this.door.close(conn, `no handshake within ${sessionlessTimeoutMs} ms`);
    }
  }

  /** Ends a local session, and its connection. */
  endLocal(session: Session): void {
    this.door.endLocal(session);
  }

  /** Closes every connection: the service ends. */
  closeAll(why: string): void {
    for (const conn of [...this.connections.all()]) this.door.close(conn, why);
  }

  /** Whether this round has time left for another transaction. */
  readonly mayGoOn = (): boolean => this.workLeft > 0;

  /** Events of a change, to the watchers that may read the node (CVE-2024-23944). */
  changed(type: EventType, path: string, acl: readonly Acl[]): void {
    if (this.watches.watchCount === 0) return;
    const { access, instruments, replica } = this.parts;
    const zxid = replica.applying;
    let fired = 0;
    this.watches.fire(type, path, (watcher, event, at) => {
      const conn = this.connections.ofWatcher(watcher);
      if (conn === undefined) return;
      fired++;
      if (access.permits(acl, Permission.READ, conn.ids)) this.replies.event(conn, event, at, zxid);
    });
    this.workLeft -= fired;
    instruments.watchesFired(type, fired);
  }

  applied(entry: TxnEntry, applied: Applied): void {
    this.workLeft -= entry.txn.kind === "closeSession" ? CLOSING_WORK : 1;
    this.appliedCount++;
    const { clientId } = entry.header;
    const conn = this.connections.ofSession(clientId);
    if (conn !== undefined) this.answered(conn, entry, applied);
    if (entry.txn.kind === "closeSession") {
      this.parts.sessions.remove(toSessionId(clientId));
      this.reception.revalidated(toSessionId(clientId), false);
    }
    // Before the next one is applied: a sync may stand in a queue in front of the write that comes
    // next.
    this.replies.caughtUp();
  }

  private answered(conn: Connection, entry: TxnEntry, applied: Applied): void {
    const { txn } = entry;
    if (txn.kind === "createSession" && conn.phase === "joining") {
      return this.reception.welcome(conn);
    }
    if (txn.kind === "error" && txn.err === ErrorCode.SessionMoved) {
      return this.door.close(conn, "its session is another server's now");
    }
    this.replies.committed(conn, entry, applied);
    if (txn.kind === "closeSession") this.door.close(conn, SESSION_ENDED);
  }
}
