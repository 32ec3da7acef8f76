/** What a server tells about itself, read from its parts when somebody asks. */
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import type { Sessions } from "../session/sessions.ts";
import type { ClientService } from "./client-service.ts";
import type { Connection } from "./connection.ts";
import type { Traffic } from "./latency.ts";
import type { PeerClock } from "./peer-clock.ts";
import type { Replica } from "./replica.ts";
import type { PeerSettings } from "./settings.ts";
import type {
  ConnectionStatus,
  EnsembleStatus,
  LatencyStatus,
  PeerStatus,
  ServerMode,
  SessionStatus,
  WatchSummary,
} from "./status.ts";

/** What the status is read from. A member of an ensemble has other parts after a change of role. */
export interface StatusSource {
  readonly mode: ServerMode;
  readonly serving: boolean;
  readonly settings: PeerSettings;
  readonly clock: PeerClock;
  readonly replica: Replica;
  readonly sessions: Sessions;
  readonly traffic: Traffic;
  readonly service: ClientService;
  /** Writes under way. */
  readonly outstandingCount: number;
  readonly ensemble: EnsembleStatus | undefined;
  /** ms since 1970. */
  readonly startedAt: Millis;
}

/** What `cons` prints for a connection that is read. */
const READ_INTEREST = 1;

export class ServerStatus implements PeerStatus {
  private readonly parts: StatusSource;

  constructor(parts: StatusSource) {
    this.parts = parts;
  }

  get mode(): ServerMode {
    return this.parts.mode;
  }
  get serving(): boolean {
    return this.parts.serving;
  }

  get startedAt(): Millis {
    return this.parts.startedAt;
  }
  get lastZxid(): Zxid {
    return this.parts.replica.loaded.tree.lastProcessed;
  }
  get znodeCount(): number {
    return this.parts.replica.loaded.tree.nodeCount;
  }
  get watchCount(): number {
    return this.parts.service.watches.watchCount;
  }
  get ephemeralsCount(): number {
    return this.parts.replica.loaded.tree.ephemeralCount;
  }
  get approximateDataSize(): number {
    return this.parts.replica.loaded.tree.approximateDataSize;
  }
  get outstandingRequests(): number {
    return this.parts.outstandingCount + this.parts.service.requestThrottle.length;
  }
  get packetsReceived(): number {
    return this.parts.traffic.received;
  }
  get packetsSent(): number {
    return this.parts.traffic.sent;
  }
  get latency(): LatencyStatus {
    return this.parts.traffic.latency.status();
  }
  get responseBytes(): PeerStatus["responseBytes"] {
    const { lastBytes: last, minBytes: min, maxBytes: max } = this.parts.traffic;
    return { last, min, max };
  }
  get globalSessions(): number {
    return this.parts.sessions.count - this.parts.sessions.localCount;
  }
  get localSessions(): number {
    return this.parts.sessions.localCount;
  }
  get localSessionsEnabled(): boolean {
    return this.parts.settings.localSessions;
  }

  get connectionDropProbability(): number {
    return this.parts.service.connectionThrottle.dropProbability;
  }

  get ensemble(): EnsembleStatus | undefined {
    return this.parts.ensemble;
  }

  *connections(): Iterable<ConnectionStatus> {
    for (const conn of this.parts.service.connections.all()) yield this.statusOf(conn);
  }

  *sessions(): Iterable<SessionStatus> {
    for (const [deadline, sessions] of this.parts.sessions.byDeadline()) {
      const expiresAt = this.parts.clock.wallOfDeadline(deadline);
      for (const { id, timeoutMs, isLocal } of sessions) {
        yield { sessionId: id, timeoutMs, isLocal, expiresAt };
      }
    }
  }

  *ephemerals(): Iterable<readonly [SessionId, readonly string[]]> {
    const { tree } = this.parts.replica.loaded;
    for (const session of tree.ephemeralSessions()) yield [session, tree.ephemeralsOf(session)];
  }

  watchSummary(): WatchSummary {
    return this.parts.service.watches.summary();
  }

  *watchesBySession(): Iterable<readonly [SessionId, readonly string[]]> {
    for (const conn of this.parts.service.connections.all()) {
      const paths = this.parts.service.watches.pathsOf(conn.watcher);
      if (paths.length > 0) yield [conn.sessionId, paths];
    }
  }

  *watchesByPath(): Iterable<readonly [string, readonly SessionId[]]> {
    const { watches, connections } = this.parts.service;
    for (const [path, watchers] of watches.watchersByPath()) {
      const there = watchers.map((watcher) => connections.ofWatcher(watcher)).filter(isThere);
      if (there.length > 0) yield [path, there.map((conn) => conn.sessionId)];
    }
  }

  digests(): Iterable<{ readonly zxid: Zxid; readonly digest: bigint }> {
    return this.parts.replica.digests;
  }

  resetServer(): void {
    this.parts.traffic.reset();
  }

  resetConnections(): void {
    for (const conn of this.parts.service.connections.all()) conn.resetStatistics();
  }

  private statusOf(conn: Connection): ConnectionStatus {
    const { clock, settings } = this.parts;
    const { session } = conn;
    return {
      address: conn.address,
      port: conn.port,
      outstanding: conn.outstanding,
      received: conn.received,
      sent: conn.sent,
      interestOps: conn.paused ? 0 : READ_INTEREST,
      expiresAt:
        session === undefined
          ? clock.wallOf(conn.openedAt + settings.sessionlessTimeoutMs)
          : clock.wallOfDeadline(session.deadline),
      sessionId: conn.sessionId,
      lastOperation: conn.lastOperation,
      establishedAt: clock.wallOf(conn.openedAt),
      timeoutMs: session?.timeoutMs ?? 0,
      lastCxid: conn.lastCxid,
      lastZxid: conn.lastZxid,
      lastResponseAt: conn.lastResponseAt === 0 ? 0 : clock.wallOf(conn.lastResponseAt),
      lastLatencyMs: conn.lastLatencyMs,
      latency: conn.latency.status(),
    };
  }
}

const isThere = (conn: Connection | undefined): conn is Connection => conn !== undefined;
