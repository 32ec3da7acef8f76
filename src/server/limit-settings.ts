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

function connectionThrottleOf(config: ServerConfig): ConnectionThrottleSettings {
  const weights = {
    global: config.connectionGlobalWeight,
    renew: config.connectionRenewWeight,
    local: config.connectionLocalWeight,
  };
  return {
    tokens: config.connectionTokens,
    fillTimeMs: config.connectionFillTimeMs,
    fillCount: config.connectionFillCount,
    freezeTimeMs: config.connectionFreezeTimeMs,
    dropIncrease: config.connectionDropIncrease,
    dropDecrease: config.connectionDropDecrease,
    decreaseRatio: config.connectionDecreaseRatio,
    weights: config.connectionWeightEnabled ? weights : undefined,
  };
}
