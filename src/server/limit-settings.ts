/** The limits of a server machine, from its configuration. */
import type { ConnectionThrottleSettings } from "../peer/connection-throttle.ts";
import type { PeerSettings } from "../peer/settings.ts";
import type { ServerConfig } from "./config/server-config.ts";

type Limits = Pick<
  PeerSettings,
  | "connectionThrottle"
  | "requestThrottle"
  | "largeRequests"
  | "localSessions"
  | "localSessionsUpgrading"
>;

export const limitsOf = (config: ServerConfig): Limits => ({
  connectionThrottle: connectionThrottleOf(config),
  localSessions: config.localSessions,
  localSessionsUpgrading: config.localSessionsUpgrading,
  requestThrottle: {
    maxRequests: config.requestThrottleMax,
    stallTimeMs: config.requestThrottleStallMs,
    dropStale: config.requestThrottleDropStale,
    staleLatencyCheck: config.requestStaleLatencyCheck,
    staleConnectionCheck: config.requestStaleConnectionCheck,
    lateAfterMs: config.throttledOpWaitMs,
  },
  largeRequests: {
    thresholdBytes: config.largeRequestThreshold,
    bytesMax: config.largeRequestBytesMax,
  },
});

/** With weights the bucket is given in new sessions, and local sessions cost least, as in 3.8.0. */
function connectionThrottleOf(config: ServerConfig): ConnectionThrottleSettings {
  const local = config.connectionLocalWeight;
  const weights = {
    global: Math.max(config.connectionGlobalWeight, local),
    renew: Math.max(config.connectionRenewWeight, local),
    local,
  };
  const scale = config.connectionWeightEnabled ? weights.global : 1;
  return {
    tokens: config.connectionTokens * scale,
    fillTimeMs: config.connectionFillTimeMs,
    fillCount: config.connectionFillCount * scale,
    freezeTimeMs: config.connectionFreezeTimeMs,
    dropIncrease: config.connectionDropIncrease,
    dropDecrease: config.connectionDropDecrease,
    decreaseRatio: config.connectionDecreaseRatio,
    weights: config.connectionWeightEnabled ? weights : undefined,
  };
}
