/** How the keys of the limits become a machine's settings. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "./config/load-config.ts";
import { limitsOf } from "./limit-settings.ts";

const BASE = "dataDir=/data\nclientPort=2182\n";

const limitsFrom = (text: string) =>
  limitsOf(loadConfig({ argv: ["zoo.cfg"], env: {}, readFile: () => `${BASE}${text}` }).config);

const OFF = {
  connectionThrottle: {
    tokens: 0,
    fillTimeMs: 1,
    fillCount: 1,
    freezeTimeMs: -1,
    dropIncrease: 0.02,
    dropDecrease: 0.002,
    decreaseRatio: 0,
    weights: undefined,
  },
  requestThrottle: {
    maxRequests: 0,
    stallTimeMs: 100,
    dropStale: true,
    staleLatencyCheck: false,
    staleConnectionCheck: true,
    lateAfterMs: 0,
  },
  largeRequests: { thresholdBytes: -1, bytesMax: 104_857_600 },
  localSessions: false,
  localSessionsUpgrading: false,
};

test("without keys nothing throttles", () => deepEqual(limitsFrom(""), OFF));

test("every key has its place", () => {
  const text = `connection_throttle_tokens=100
connection_throttle_fill_time=2
connection_throttle_fill_count=3
connection_throttle_freeze_time=400
connection_throttle_drop_increase=0.5
connection_throttle_drop_decrease=.25
connection_throttle_decrease_ratio=1
request_throttle_max_requests=20000
request_throttle_stall_time=7
request_throttle_drop_stale=false
request_stale_latency_check=true
request_stale_connection_check=false
throttled_op_wait_time=60000
largeRequestThreshold=1000
largeRequestMaxBytes=5000
localSessionsEnabled=true
localSessionsUpgradingEnabled=true
`;
  deepEqual(limitsFrom(text), {
    connectionThrottle: {
      tokens: 100,
      fillTimeMs: 2,
      fillCount: 3,
      freezeTimeMs: 400,
      dropIncrease: 0.5,
      dropDecrease: 0.25,
      decreaseRatio: 1,
      weights: undefined,
    },
    requestThrottle: {
      maxRequests: 20_000,
      stallTimeMs: 7,
      dropStale: false,
      staleLatencyCheck: true,
      staleConnectionCheck: false,
      lateAfterMs: 60_000,
    },
    largeRequests: { thresholdBytes: 1000, bytesMax: 5000 },
    localSessions: true,
    localSessionsUpgrading: true,
  });
});

test("numbers of 0 or less turn off what they bound", () => {
  for (const number of [0, -1, -5]) {
    const text = `request_throttle_max_requests=${number}
throttled_op_wait_time=${number}
largeRequestThreshold=${number}
`;
    deepEqual(limitsFrom(text), OFF);
  }
});

test("with weights the bucket counts new sessions", () => {
  const text = "connection_throttle_weight_enabled=true\nconnection_throttle_tokens=10\n";
  const { connectionThrottle } = limitsFrom(text);
  deepEqual(connectionThrottle.weights, { global: 3, renew: 2, local: 1 });
  deepEqual([connectionThrottle.tokens, connectionThrottle.fillCount], [30, 3]);
});

test("a local session costs least", () => {
  const { connectionThrottle } = limitsFrom(
    "connection_throttle_weight_enabled=true\nconnection_throttle_local_session_weight=5\n",
  );
  deepEqual(connectionThrottle.weights, { global: 5, renew: 5, local: 5 });
});
