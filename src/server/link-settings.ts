/** Where a member listens for the others, and how it dials them, by its configuration. */
import type { DoorName } from "../peer/links.ts";
import type { ServerConfig } from "./config/server-config.ts";
import type { DoorSettings, LinkSettings } from "./links.ts";

const NOBODY: LinkSettings = {
  config: { members: [], groups: new Map(), weights: new Map(), version: 0n },
  doors: { quorum: { listen: [], dialMsMax: 1 }, election: { listen: [], dialMsMax: 1 } },
  keepAlive: false,
};

/** A standalone server opens no door to others. */
export function linkSettingsOf(config: ServerConfig): LinkSettings {
  const { ensemble, cnxTimeoutMs, tickTimeMs, memberKeepAlive: keepAlive } = config;
  if (ensemble === undefined) return NOBODY;
  const ticks = config.connectToLearnerMasterLimit || config.initLimit;
  return {
    config: ensemble.config,
    doors: {
      quorum: { listen: listensAt(config, "quorum"), dialMsMax: ticks * tickTimeMs },
      election: { listen: listensAt(config, "election"), dialMsMax: cnxTimeoutMs },
    },
    keepAlive,
  };
}

function listensAt(config: ServerConfig, door: DoorName): DoorSettings["listen"] {
  const addresses = config.ensemble?.own.addresses ?? [];
  const all = addresses.map(({ host, quorumPort, electionPort }) => ({
    host: config.quorumListenOnAllIps ? undefined : host,
    port: door === "quorum" ? quorumPort : electionPort,
  }));
  const known = new Set<string>();
  return all.filter(({ host, port }) => {
    const isNew = !known.has(`${host}:${port}`);
    known.add(`${host}:${port}`);
    return isNew;
  });
}
