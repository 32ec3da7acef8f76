/** What a server machine measures, under the reference's names (server/metric-table.ts tells of each). */
import type { Counter, Keyed, Metrics, Percentiles, Summary } from "../base/metrics.ts";
import { EventType } from "../records/constants.ts";

export class Instruments {
  readonly authFailed: Counter;
  readonly watchBytes: Counter;
  readonly connectionRejected: Counter;
  readonly closedUnserved: Counter;
  readonly connectionRequests: Counter;
  readonly connectionDrops: Counter;
  readonly connectionRevalidated: Counter;
  readonly connectionTokenDeficit: Summary;
  readonly sessionlessExpired: Counter;
  readonly sessionsExpired: Counter;
  readonly requestThrottleWaits: Counter;
  readonly throttledOps: Counter;
  readonly staleRequests: Counter;
  readonly staleRequestsDropped: Counter;
  readonly staleReplies: Counter;
  readonly largeRequestsRejected: Counter;
  readonly largeReplies: Counter;
  readonly bytesReceived: Counter;
  readonly responseBytes: Counter;
  /** Reads that were answered where the connection is. */
  readonly readsElsewhere: Counter;
  readonly readLatency: Percentiles;
  readonly updateLatency: Percentiles;
  /** From a write's stamp to its being applied here. */
  readonly propagationLatency: Percentiles;
  readonly batchSize: Summary;
  /** Refusals by the first part of the path. */
  readonly quotaExceeded: Keyed<Counter>;
  private readonly fired: ReadonlyMap<EventType, Summary>;

  constructor(metrics: Metrics) {
    this.authFailed = metrics.counter("auth_failed_count");
    this.watchBytes = metrics.counter("watch_bytes");
    this.connectionRejected = metrics.counter("connection_rejected");
    this.closedUnserved = metrics.counter("cnxn_closed_without_zk_server_running");
    this.connectionRequests = metrics.counter("connection_request_count");
    this.connectionDrops = metrics.counter("connection_drop_count");
    this.connectionRevalidated = metrics.counter("connection_revalidate_count");
    this.connectionTokenDeficit = metrics.summary("connection_token_deficit");
    this.sessionlessExpired = metrics.counter("sessionless_connections_expired");
    this.sessionsExpired = metrics.counter("stale_sessions_expired");
    this.requestThrottleWaits = metrics.counter("request_throttle_wait_count");
    this.throttledOps = metrics.counter("throttled_ops");
    this.staleRequests = metrics.counter("stale_requests");
    this.staleRequestsDropped = metrics.counter("stale_requests_dropped");
    this.staleReplies = metrics.counter("stale_replies");
    this.largeRequestsRejected = metrics.counter("large_requests_rejected");
    this.largeReplies = metrics.counter("large_replies");
    this.bytesReceived = metrics.counter("bytes_received_count");
    this.responseBytes = metrics.counter("response_bytes");
    this.readsElsewhere = metrics.counter("reads_in_readers");
    this.readLatency = metrics.percentiles("readlatency");
    this.updateLatency = metrics.percentiles("updatelatency");
    this.propagationLatency = metrics.percentiles("propagation_latency");
    this.batchSize = metrics.summary("sync_processor_batch_size");
    this.quotaExceeded = metrics.counterSet("quota_exceeded_error_per_namespace");
    this.fired = new Map<EventType, Summary>([
      [EventType.nodeCreated, metrics.summary("node_created_watch_count")],
      [EventType.nodeDeleted, metrics.summary("node_deleted_watch_count")],
      [EventType.nodeDataChanged, metrics.summary("node_changed_watch_count")],
      [EventType.nodeChildrenChanged, metrics.summary("node_children_watch_count")],
    ]);
  }

  /** A change of that type fired so many watches. */
  watchesFired(type: EventType, count: number): void {
    this.fired.get(type)?.record(count);
  }
}

/** What only a member of an ensemble measures. */
export class MemberInstruments extends Instruments {
  /** How often a leader was looked for. */
  readonly looking: Counter;
  /** How long it took to find one. */
  readonly electionTime: Summary;
  /** From the loss of a leader, or the start, until clients are served. */
  readonly unavailableTime: Summary;
  /** The same where this server leads then. */
  readonly leaderUnavailableTime: Summary;
  /** At a leader. */
  readonly proposals: Counter;
  readonly commits: Counter;
  readonly syncsByDiff: Counter;
  readonly syncsBySnapshot: Counter;
  readonly diffsInFlight: Summary;
  readonly snapshotsInFlight: Summary;
  readonly revalidations: Counter;
  readonly quorumAckLatency: Percentiles;
  /** At a learner. */
  readonly proposalsReceived: Counter;
  readonly commitsReceived: Counter;
  readonly followerSyncTime: Summary;
  readonly observerSyncTime: Summary;
  readonly proposalLatency: Percentiles;
  readonly commitPropagationLatency: Percentiles;
  /** Trees that differ from the leader's after a transaction. */
  readonly digestMismatches: Counter;
  /** At whoever votes. */
  readonly ackCreationLatency: Percentiles;

  constructor(metrics: Metrics) {
    super(metrics);
    this.looking = metrics.counter("looking_count");
    this.electionTime = metrics.summary("election_time");
    this.unavailableTime = metrics.summary("unavailable_time");
    this.leaderUnavailableTime = metrics.summary("leader_unavailable_time");
    this.proposals = metrics.counter("proposal_count");
    this.commits = metrics.counter("commit_count");
    this.syncsByDiff = metrics.counter("diff_count");
    this.syncsBySnapshot = metrics.counter("snap_count");
    this.diffsInFlight = metrics.summary("inflight_diff_count");
    this.snapshotsInFlight = metrics.summary("inflight_snap_count");
    this.revalidations = metrics.counter("revalidate_count");
    this.quorumAckLatency = metrics.percentiles("quorum_ack_latency");
    this.proposalsReceived = metrics.counter("learner_proposal_received_count");
    this.commitsReceived = metrics.counter("learner_commit_received_count");
    this.followerSyncTime = metrics.summary("follower_sync_time");
    this.observerSyncTime = metrics.summary("observer_sync_time");
    this.proposalLatency = metrics.percentiles("proposal_latency");
    this.commitPropagationLatency = metrics.percentiles("commit_propagation_latency");
    this.digestMismatches = metrics.counter("digest_mismatches_count");
    this.ackCreationLatency = metrics.percentiles("proposal_ack_creation_latency");
  }
}
