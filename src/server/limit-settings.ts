/** The limits of a server machine, from its configuration. */
import type { ConnectionThrottleSettings } from "../peer/connection-throttle.ts";
import type { PeerSettings } from "../peer/settings.ts";
import type { ServerConfig } from "./config/server-config.ts";

/** No request is large. */
const NONE = -1;

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
    maxRequests: Math.max(config.requestThrottleMax, 0),
    stallTimeMs: config.requestThrottleStallMs,
    dropStale: config.requestThrottleDropStale,
    staleLatencyCheck: config.requestStaleLatencyCheck,
    staleConnectionCheck: config.requestStaleConnectionCheck,
    lateAfterMs: Math.max(config.throttledOpWaitMs, 0),
  },
  largeRequests: {
    thresholdBytes: config.largeRequestThreshold > 0 ? config.largeRequestThreshold : NONE,
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
