/**
 * The options that bound what clients can ask of a server: handshakes, requests, their size.
 * Each limit is described in docs/limits.md. From: specification of features, chapter 7; the names
 * that 3.8.0 reads, which are not always those that its guide documents.
 */
import { flag, int, part } from "./option.ts";

const INT_MIN = -(2 ** 31);

const CONNECTION_THROTTLE = {
  connectionTokens: int({
    key: "connection_throttle_tokens",
    door: "both",
    fallback: 0,
    since: "3.6",
    help: "Size of the bucket that handshakes take tokens from. 0: every handshake is taken.",
  }),
  connectionFillTimeMs: int({
    key: "connection_throttle_fill_time",
    door: "both",
    fallback: 1,
    min: 1,
    unit: "ms",
    since: "3.6",
    help: "The bucket is filled when more than this time went by.",
  }),
  connectionFillCount: int({
    key: "connection_throttle_fill_count",
    door: "both",
    fallback: 1,
    since: "3.6",
    help: "So many tokens come for each fill time that went by.",
  }),
  connectionFreezeTimeMs: int({
    key: "connection_throttle_freeze_time",
    door: "both",
    fallback: -1,
    min: -1,
    unit: "ms",
    since: "3.6",
    help: "Least time between changes of the chance of refusal. -1: no refusal by chance.",
  }),
  connectionDropIncrease: part({
    key: "connection_throttle_drop_increase",
    door: "both",
    fallback: 0.02,
    since: "3.6",
    help: "What the chance of refusal grows by when the bucket is found empty.",
  }),
  connectionDropDecrease: part({
    key: "connection_throttle_drop_decrease",
    door: "both",
    fallback: 0.002,
    since: "3.6",
    help: "What it shrinks by when the bucket is found full enough.",
  }),
  connectionDecreaseRatio: part({
    key: "connection_throttle_decrease_ratio",
    door: "both",
    fallback: 0,
    since: "3.6",
    help: "The part of the bucket that may be missing while it counts as full enough.",
  }),
  connectionWeightEnabled: flag({
    key: "connection_throttle_weight_enabled",
    door: "both",
    fallback: false,
    since: "3.6",
    help:
      "Handshakes take as many tokens as the next three keys say; otherwise one each. The size " +
      "of the bucket and what fills it are then multiplied by the weight of a new session.",
  }),
  connectionGlobalWeight: int({
    key: "connection_throttle_global_session_weight",
    door: "both",
    fallback: 3,
    min: 1,
    since: "3.6",
    help: "Tokens for a new session; at least those for a local one.",
  }),
  connectionRenewWeight: int({
    key: "connection_throttle_renew_session_weight",
    door: "both",
    fallback: 2,
    min: 1,
    since: "3.6",
    help: "Tokens for a session that comes back; at least those for a local one.",
  }),
  connectionLocalWeight: int({
    key: "connection_throttle_local_session_weight",
    door: "both",
    fallback: 1,
    min: 1,
    since: "3.6",
    help: "Tokens for a new local session.",
  }),
} as const;

const REQUEST_THROTTLE = {
  requestThrottleMax: int({
    key: "request_throttle_max_requests",
    door: "both",
    fallback: 0,
    min: INT_MIN,
    since: "3.6",
    help: "Requests in process at which further ones wait for their turn. 0 or less: none waits.",
  }),
  requestThrottleStallMs: int({
    key: "request_throttle_stall_time",
    door: "both",
    fallback: 100,
    min: 1,
    unit: "ms",
    since: "3.6",
    help: "How often a line that stands still counts as waiting. It goes on as soon as it can.",
  }),
  requestThrottleDropStale: flag({
    key: "request_throttle_drop_stale",
    door: "both",
    fallback: true,
    since: "3.6",
    help: "Drop stale requests in the line, and end their connections.",
  }),
  requestStaleLatencyCheck: flag({
    key: "request_stale_latency_check",
    door: "both",
    fallback: false,
    since: "3.6",
    help: "A request that is older than its session's timeout is stale.",
  }),
  requestStaleConnectionCheck: flag({
    key: "request_stale_connection_check",
    door: "both",
    fallback: true,
    since: "3.6",
    help: "A request whose connection is gone is stale.",
  }),
  throttledOpWaitMs: int({
    key: "throttled_op_wait_time",
    door: "both",
    fallback: 0,
    min: INT_MIN,
    unit: "ms",
    since: "3.7",
    help: "A request that waited longer for its turn is answered -127, not done. 0 or less: never.",
  }),
} as const;

const LARGE_REQUESTS = {
  largeRequestThreshold: int({
    key: "largeRequestThreshold",
    door: "both",
    fallback: -1,
    unit: "bytes",
    since: "3.6",
    help: "A longer request is a large one. 0 or less: none is.",
  }),
  largeRequestBytesMax: int({
    key: "largeRequestMaxBytes",
    door: "both",
    fallback: 104_857_600,
    min: 1,
    unit: "bytes",
    since: "3.6",
    help: "Bytes of large requests at a time. One that does not fit ends its connection.",
  }),
} as const;

const LOCAL_SESSIONS = {
  localSessions: flag({
    key: "localSessionsEnabled",
    door: "file",
    fallback: false,
    since: "3.5",
    help:
      "New sessions are known to their server alone: fewer writes, and gone when it stops. The " +
      "reference heeds this in ensembles only.",
  }),
  localSessionsUpgrading: flag({
    key: "localSessionsUpgradingEnabled",
    door: "file",
    fallback: false,
    since: "3.5",
    help: "A local session becomes a global one when it creates an ephemeral; otherwise -120.",
  }),
} as const;

export const LIMITS = {
  ...CONNECTION_THROTTLE,
  ...REQUEST_THROTTLE,
  ...LARGE_REQUESTS,
  ...LOCAL_SESSIONS,
} as const;
