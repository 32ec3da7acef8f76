/**
 * Every metric name of the reference's `mntr`, and what becomes of it here.
 *
 * `status`: read from the server's status or the machine when asked. `fed`: an instrument in the
 * registry; it is printed as soon as the part that measures it has asked for it. `zero`: printed as
 * 0, because 0 is the truth for as long as the reason holds. `standalone`: printed by members of an
 * ensemble, and by a standalone server as 0: it elects and follows nobody. `absent`: not printed; a
 * 0 would claim that somebody looks. Printed as docs/metrics.md. From: golden mntr.txt of 3.8.0.
 */

export type MetricKind = "gauge" | "counter" | "summary" | "percentiles" | "summarySet";

export type MetricRow = {
  readonly name: string;
  readonly kind: MetricKind;
  readonly source: "status" | "fed" | "zero" | "standalone" | "absent";
  /** What it measures; for `zero` and `absent`, why. */
  readonly help: string;
};

type Row = readonly [name: string, kind: MetricKind, help: string];
type Name = readonly [name: string, kind: MetricKind];

const rows = (source: "status" | "fed" | "standalone", list: readonly Row[]): MetricRow[] =>
  list.map(([name, kind, help]) => ({ name, kind, source, help }));
const because = (source: "zero" | "absent", help: string, list: readonly Name[]): MetricRow[] =>
  list.map(([name, kind]) => ({ name, kind, source, help }));

const STATUS = rows("status", [
  ["ephemerals_count", "gauge", "Ephemeral znodes."],
  ["num_alive_connections", "gauge", "Client connections."],
  ["avg_latency", "gauge", "Mean time from request to reply, in ms."],
  ["outstanding_requests", "gauge", "Requests received and not yet answered."],
  ["znode_count", "gauge", "Znodes."],
  ["global_sessions", "gauge", "Sessions that every server knows."],
  ["last_client_response_size", "gauge", "Bytes of the last reply; -1 before the first."],
  ["packets_sent", "gauge", "Replies and events sent."],
  ["packets_received", "gauge", "Requests received."],
  ["max_client_response_size", "gauge", "Bytes of the largest reply; -1 before the first."],
  ["watch_count", "gauge", "Watches."],
  ["min_latency", "gauge", "Least time from request to reply, in ms."],
  ["max_file_descriptor_count", "gauge", "Files the process may have open."],
  ["approximate_data_size", "gauge", "Bytes of paths and data."],
  ["open_file_descriptor_count", "gauge", "Files the process has open."],
  ["local_sessions", "gauge", "Sessions that only this server knows."],
  ["connection_drop_probability", "gauge", "Chance that a handshake is refused, 0 to 1."],
  ["uptime", "gauge", "Time since the start, in ms."],
  ["max_latency", "gauge", "Greatest time from request to reply, in ms."],
  ["min_client_response_size", "gauge", "Bytes of the smallest reply; -1 before the first."],
]);

const ENSEMBLE = rows("status", [
  ["quorum_size", "gauge", "Members that vote. This and the following: in an ensemble only."],
  ["observer_master_id", "gauge", "At an observer: the server that it is told by."],
  ["learners", "gauge", "At a leader: followers and observers that are connected."],
  ["synced_followers", "gauge", "At a leader: followers up to date that vote."],
  ["synced_non_voting_followers", "gauge", "At a leader: followers up to date without a vote."],
  ["synced_observers", "gauge", "At a leader: observers up to date."],
  ["pending_syncs", "gauge", "At a leader: syncs of learners that wait for a commit."],
  ["leader_uptime", "gauge", "At a leader: time since it was elected, in ms."],
  ["last_proposal_size", "gauge", "At a leader: bytes of the last proposal; -1 before it."],
  ["min_proposal_size", "gauge", "At a leader: bytes of the smallest proposal; -1 before it."],
  ["max_proposal_size", "gauge", "At a leader: bytes of the largest proposal; -1 before it."],
]);

const FED = rows("fed", [
  ["auth_failed_count", "counter", "Authentications that failed."],
  ["watch_bytes", "counter", "Bytes of watch events sent."],
  ["non_mtls_remote_conn_count", "gauge", "Connections without TLS, from other machines."],
  ["non_mtls_local_conn_count", "gauge", "Connections without TLS, from this machine."],
  [
    "connection_rejected",
    "counter",
    "Connections refused by a limit or by the connection throttle.",
  ],
  [
    "cnxn_closed_without_zk_server_running",
    "counter",
    "Connections that asked for a session where nobody is served: mostly, without a quorum.",
  ],
  ["connection_request_count", "counter", "Connections that asked for a session."],
  ["connection_drop_count", "counter", "Connections that were lost or closed by the server."],
  ["connection_revalidate_count", "counter", "Sessions that came back on a new connection."],
  ["sessionless_connections_expired", "counter", "Connections that never asked for a session."],
  ["stale_sessions_expired", "counter", "Sessions that expired."],
  ["request_throttle_wait_count", "counter", "Times that the line of throttled requests stood."],
  ["throttled_ops", "counter", "Requests answered -127 because they waited too long."],
  ["stale_requests", "counter", "Requests done though they were stale."],
  ["stale_requests_dropped", "counter", "Connections whose throttled requests were dropped."],
  ["stale_replies", "counter", "Writes done whose connection was gone before the reply."],
  ["large_requests_rejected", "counter", "Large requests that did not fit."],
  ["large_replies", "counter", "Replies longer than jute.maxbuffer. Not in the reference."],
  [
    "reads_in_readers",
    "counter",
    "Reads that the threads of `quoll.readers` answered. Not in the reference.",
  ],
  ["bytes_received_count", "counter", "Bytes received from clients."],
  ["response_bytes", "counter", "Bytes of replies sent."],
  [
    "digest_mismatches_count",
    "counter",
    "Digests of the tree that differed from the log's or the leader's.",
  ],
  ["fsynctime", "summary", "A sync of the log, in ms."],
  ["snapshottime", "summary", "Writing a snapshot, beside everything else, in ms."],
  ["dbinittime", "summary", "Loading the data at the start, in ms."],
  ["startup_txns_loaded", "summary", "Transactions replayed at the start."],
  ["sync_processor_batch_size", "summary", "Writes that shared a sync."],
  ["connection_token_deficit", "summary", "Tokens missing after a handshake was taken."],
  ["node_created_watch_count", "summary", "Watches fired by a create."],
  ["node_deleted_watch_count", "summary", "Watches fired by a delete."],
  ["node_changed_watch_count", "summary", "Watches fired by a set."],
  ["node_children_watch_count", "summary", "Watches fired by a change of children."],
  ["readlatency", "percentiles", "Time from a read to its reply, in ms."],
  ["updatelatency", "percentiles", "Time from a write to its reply, in ms."],
  ["propagation_latency", "percentiles", "Age of a write when it is applied here, in ms."],
]);

const counters = (...names: readonly string[]) => names.map((name) => [name, "counter"] as const);
const summaries = (...names: readonly string[]) => names.map((name) => [name, "summary"] as const);
const percentiles = (...names: readonly string[]) =>
  names.map((name) => [name, "percentiles"] as const);

const NOT_YET = because("absent", "it is not measured yet", [
  ...summaries("startup_snap_load_time", "startup_txns_load_time"),
  ...summaries("sync_processor_queue_size"),
  ...percentiles("sync_processor_queue_time_ms"),
  ...percentiles("sync_processor_queue_flush_time_ms", "close_session_prep_time"),
  ...percentiles("sync_processor_queue_and_flush_time_ms"),
  ["read_per_namespace", "summarySet"],
  ["write_per_namespace", "summarySet"],
]);

const ENSEMBLE_FED = rows("standalone", [
  ["looking_count", "counter", "How often a leader was looked for."],
  ["election_time", "summary", "Finding a leader, in ms."],
  ["unavailable_time", "summary", "Without a quorum, until clients are served, in ms."],
  ["leader_unavailable_time", "summary", "The same where this server leads then."],
  ["proposal_count", "counter", "At a leader: transactions proposed."],
  ["commit_count", "counter", "At a leader: transactions committed."],
  ["diff_count", "counter", "At a leader: learners brought up to date by transactions."],
  ["snap_count", "counter", "At a leader: learners that were sent the whole state."],
  ["inflight_diff_count", "summary", "At a leader: how many of the former at one time."],
  ["inflight_snap_count", "summary", "At a leader: how many of the latter at one time."],
  ["revalidate_count", "counter", "At a leader: sessions that learners asked about."],
  ["quorum_ack_latency", "percentiles", "At a leader: age of a write when a quorum has it, in ms."],
  ["learner_proposal_received_count", "counter", "At a follower: transactions proposed to it."],
  ["learner_commit_received_count", "counter", "At a learner: commits that it was told of."],
  ["follower_sync_time", "summary", "At a follower: being brought up to date, in ms."],
  ["observer_sync_time", "summary", "The same at an observer."],
  ["proposal_latency", "percentiles", "At a follower: age of a write when it comes, in ms."],
  [
    "commit_propagation_latency",
    "percentiles",
    "At a learner: age of a write when its commit comes, in ms.",
  ],
  [
    "proposal_ack_creation_latency",
    "percentiles",
    "At who votes: age of a write when it is durable here, in ms.",
  ],
]);

const VOTES_ZERO = because(
  "zero",
  "a leader leaves when no quorum follows it, for no single vote",
  [...counters("quit_leading_due_to_disloyal_voter")],
);

const STOPPED_ZERO = because("zero", "a server that finds itself wrong stops at once", [
  ...counters("unrecoverable_error_count"),
]);

const TLS_ZERO = because("zero", "so without TLS for clients; with it, what is counted", [
  ["outstanding_tls_handshake", "gauge"],
  ...counters("tls_handshake_exceeded", "unsuccessful_handshake"),
]);

const ENSEMBLE_NAME_ZERO = because("zero", "so without the scheme of names; with it, who asked", [
  ...counters("ensemble_auth_success", "ensemble_auth_fail", "ensemble_auth_skip"),
]);

const ADMIN_ZERO = because("zero", "there is no admin server yet", [
  ...counters("insecure_admin_count"),
]);

const WATCHER_ABSENT = because("absent", "watches are removed with their session, not later", [
  ...counters("dead_watchers_queued", "dead_watchers_cleared", "add_dead_watcher_stall_time"),
  ...percentiles("dead_watchers_cleaner_latency"),
]);

const CACHE_ABSENT = because("absent", "replies are not cached: none is encoded twice", [
  ...counters("response_packet_cache_hits", "response_packet_cache_misses"),
  ...counters("response_packet_get_children_cache_hits"),
  ...counters("response_packet_get_children_cache_misses"),
]);

const JVM_ABSENT = because("absent", "it tells of a JVM or of Netty", [
  ...percentiles("jvm_pause_time_ms"),
  ...summaries("netty_queued_buffer_capacity", "socket_closing_time"),
]);

const STAGE_ABSENT = because("absent", "it tells of a thread or queue that Quoll does not have", [
  ...counters("outstanding_changes_queued", "outstanding_changes_removed"),
  ...counters("prep_processor_request_queued", "sync_processor_request_queued"),
  ...counters("request_commit_queued", "requests_not_forwarded_to_commit_processor"),
  ...counters("skip_learner_request_to_next_processor_count"),
  ...summaries("proposal_process_time", "session_queues_drained", "commit_process_time"),
  ...summaries("write_commit_proc_req_queued", "read_commit_proc_req_queued"),
  ...summaries("commit_commit_proc_req_queued", "write_commit_proc_issued"),
  ...summaries("read_commit_proc_issued", "prep_processor_queue_size", "prep_process_time"),
  ...summaries("reads_issued_from_session_queue", "reads_after_write_in_session_queue"),
  ...summaries("requests_in_session_queue", "pending_session_queue_size"),
  ...summaries("learner_request_processor_queue_size", "sync_process_time"),
  ...summaries("time_waiting_empty_pool_in_commit_processor_read_ms"),
  ...summaries("write_batch_time_in_commit_processor"),
  ...summaries("concurrent_request_processing_in_commit_processor"),
  ...percentiles("prep_processor_queue_time_ms", "read_commitproc_time_ms"),
  ...percentiles("local_write_committed_time_ms", "request_throttle_queue_time_ms"),
  ...percentiles("om_commit_process_time_ms", "om_proposal_process_time_ms"),
  ...percentiles("read_final_proc_time_ms", "write_final_proc_time_ms"),
  ...percentiles("server_write_committed_time_ms", "write_commitproc_time_ms"),
]);

export const METRIC_TABLE: readonly MetricRow[] = [
  ...STATUS,
  ...ENSEMBLE,
  ...FED,
  ...NOT_YET,
  ...ENSEMBLE_FED,
  ...VOTES_ZERO,
  ...STOPPED_ZERO,
  ...TLS_ZERO,
  ...ENSEMBLE_NAME_ZERO,
  ...ADMIN_ZERO,
  ...WATCHER_ABSENT,
  ...CACHE_ABSENT,
  ...JVM_ABSENT,
  ...STAGE_ABSENT,
];
