/** The settings that a server machine takes from the configuration. */
import type { ServerId } from "../base/ids.ts";
import type { PeerSettings } from "../peer/settings.ts";
import { compressorFor } from "./compression.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { limitsOf } from "./limit-settings.ts";

export function settingsOf(config: ServerConfig, serverId: ServerId): PeerSettings {
  return {
    serverId,
    tickTimeMs: config.tickTimeMs,
    minSessionTimeoutMs: config.minSessionTimeoutMs,
    maxSessionTimeoutMs: config.maxSessionTimeoutMs,
    sessionlessTimeoutMs: config.sessionlessTimeoutMs,
    maxClientCnxns: config.maxClientCnxns,
    maxCnxns: config.maxCnxns,
    ...limitsOf(config),
    globalOutstandingLimit: outstandingLimitOf(config),
    frameBytesMax: config.maxFrameBytes,
    extendedTypes: config.extendedTypesEnabled,
    reconfigEnabled: config.reconfigEnabled,
    containerNeverUsedMs: config.containerNeverUsedMs,
    containerCheckIntervalMs: config.containerCheckIntervalMs,
    containersPerMinute: config.containersPerMinute,
    enforceQuota: config.enforceQuota,
    closeSessionPaths: config.closeSessionTxnEnabled,
    digestEnabled: config.digestEnabled,
    lastProcessedTrailer: config.serializeLastProcessedZxid,
    compress: compressorFor(config.snapshotCompression),
    enforcedSchemes: config.enforceAuthEnabled ? config.enforceAuthSchemes : [],
    seed: randomSeed(),
  };
}

/** Of more than two voting members each has a part: their leader shall not be asked too much. */
function outstandingLimitOf({ globalOutstandingLimit: limit, ensemble }: ServerConfig): number {
  if (ensemble?.own.role !== "participant") return limit;
  const voters = ensemble.config.members.filter(({ role }) => role === "participant").length;
  return voters > 2 ? Math.max(1, Math.floor(limit / (voters - 1))) : limit;
}

export const randomSeed = (): number => Math.floor(Math.random() * 0x1_0000_0000);
