/** What a server machine is told about itself at the start. Names follow the reference's options. */
import type { Millis, ServerId } from "../base/ids.ts";
import type { OperationSettings } from "../requests/operation.ts";
import type { ConnectionThrottleSettings } from "./connection-throttle.ts";
import type { LargeRequestSettings } from "./large-requests.ts";
import type { RequestThrottleSettings } from "./request-throttle.ts";
import type { SnapshotSettings } from "./snapshots.ts";

export type PeerSettings = OperationSettings &
  SnapshotSettings & {
    readonly serverId: ServerId;
    readonly tickTimeMs: Millis;
    readonly minSessionTimeoutMs: Millis;
    readonly maxSessionTimeoutMs: Millis;
    /** New sessions are known to this server alone, until they need more. */
    readonly localSessions: boolean;
    /** Then they are made global; otherwise what needs more is refused. */
    readonly localSessionsUpgrading: boolean;
    /** A connection without a handshake is closed after this long. */
    readonly sessionlessTimeoutMs: Millis;
    /** Connections from one address, and in all; 0 is no limit. */
    readonly maxClientCnxns: number;
    readonly maxCnxns: number;
    readonly connectionThrottle: ConnectionThrottleSettings;
    readonly requestThrottle: RequestThrottleSettings;
    readonly largeRequests: LargeRequestSettings;
    /** Writes under way above which connections that wait for one are no longer read. */
    readonly globalOutstandingLimit: number;
    /** Longest client frame, in bytes (`jute.maxbuffer`). */
    readonly frameBytesMax: number;
    /** Time between two looks for containers and nodes with a time to live that are to be deleted. */
    readonly containerCheckIntervalMs: Millis;
    /** At most so many of them are deleted in a minute. */
    readonly containersPerMinute: number;
    /** closeSession transactions name the paths they delete. */
    readonly closeSessionPaths: boolean;
    /** For choices that must be unpredictable from outside and repeatable in a simulation. */
    readonly seed: number;
  };
