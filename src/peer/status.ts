/**
 * What a running server tells about itself: the facts behind the four-letter words, the admin
 * server and the metrics. The machine fills it; room 6 prints it.
 */
import type { Millis, ServerId, SessionId, Zxid } from "../base/ids.ts";

export type ServerMode = "standalone" | "leader" | "follower" | "observer" | "read-only";

/** Latencies in ms since the last reset; all 0 before the first request. */
export type LatencyStatus = {
  readonly minMs: Millis;
  readonly avgMs: number;
  readonly maxMs: Millis;
};

export type ConnectionStatus = {
  readonly address: string;
  readonly port: number;
  /** Requests received and not yet answered. */
  readonly outstanding: number;
  readonly received: number;
  readonly sent: number;
  /** What it waits for: 1 to read, 4 to write, 5 both, 0 neither (answering, or held back). */
  readonly interestOps: number;
  /** When it is closed unless something is heard from it. */
  readonly expiresAt: Millis;
  /** 0 until the handshake is done; then the rest below has a meaning. */
  readonly sessionId: SessionId;
  /** As the reference abbreviates it: `SESS`, `PING`, `GETD`, ..., `NA`. */
  readonly lastOperation: string;
  readonly establishedAt: Millis;
  readonly timeoutMs: Millis;
  /** -1 before the first request and after a reset. */
  readonly lastCxid: number;
  /** -1 before the first reply and after a reset. */
  readonly lastZxid: Zxid;
  readonly lastResponseAt: Millis;
  readonly lastLatencyMs: Millis;
  readonly latency: LatencyStatus;
};

export type SessionStatus = {
  readonly sessionId: SessionId;
  /** Only this server knows it. */
  readonly isLocal: boolean;
  readonly timeoutMs: Millis;
  readonly expiresAt: Millis;
};

export type WatchSummary = {
  readonly connections: number;
  readonly paths: number;
  readonly watches: number;
};

/** What a member tells of its ensemble. */
export type EnsembleStatus = {
  /** Members that vote. */
  readonly quorumSize: number;
  /** The server that this observer has its knowledge from; undefined at who votes. */
  readonly observed: ServerId | undefined;
  /** Undefined where another one leads, or nobody. */
  readonly leading: LeadingStatus | undefined;
};

export type LeadingStatus = {
  /** Connected followers and observers, up to date or not. */
  readonly learners: number;
  /** Up to date: those that vote, those that do not, and observers. */
  readonly syncedFollowers: number;
  readonly syncedNonVotingFollowers: number;
  readonly syncedObservers: number;
  /** Syncs of learners that wait for a commit. */
  readonly pendingSyncs: number;
  /** Since it was elected. */
  readonly uptimeMs: Millis;
  /** Bytes of transactions proposed; -1 before the first. */
  readonly proposalBytes: ProposalBytes;
};

export type ProposalBytes = {
  readonly last: number;
  readonly min: number;
  readonly max: number;
};

export interface PeerStatus {
  readonly mode: ServerMode;
  /** False while loading, looking or stopping. */
  readonly serving: boolean;
  readonly startedAt: Millis;
  readonly lastZxid: Zxid;
  readonly znodeCount: number;
  readonly watchCount: number;
  readonly ephemeralsCount: number;
  /** Bytes of paths and data, as the reference counts them. */
  readonly approximateDataSize: number;
  readonly outstandingRequests: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly latency: LatencyStatus;
  /** Size in bytes of replies since the last reset; -1 before the first. */
  readonly responseBytes: { readonly last: number; readonly min: number; readonly max: number };
  readonly globalSessions: number;
  readonly localSessions: number;
  /** New sessions are local ones. */
  readonly localSessionsEnabled: boolean;
  /** The chance, 0 to 1, that a handshake is refused so that fewer come. */
  readonly connectionDropProbability: number;
  /** Undefined for a standalone server. */
  readonly ensemble: EnsembleStatus | undefined;

  connections(): Iterable<ConnectionStatus>;
  sessions(): Iterable<SessionStatus>;
  /** Sessions that own ephemerals, with their paths. */
  ephemerals(): Iterable<readonly [SessionId, readonly string[]]>;
  watchSummary(): WatchSummary;
  watchesBySession(): Iterable<readonly [SessionId, readonly string[]]>;
  watchesByPath(): Iterable<readonly [string, readonly SessionId[]]>;
  /** The data tree's digest at zxids divisible by 128, oldest first, at most 1024. */
  digests(): Iterable<{ readonly zxid: Zxid; readonly digest: bigint }>;

  /** Forgets latencies, packet counts and response sizes of the server (`srst`). */
  resetServer(): void;
  /** Forgets the statistics of every connection (`crst`). */
  resetConnections(): void;
}
