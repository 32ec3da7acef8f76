/** Whether a server has readers, and why not where they were asked for. */
import type { Logger } from "pino";
import { bunTcp } from "./bun-wire.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { randomSeed } from "./peer-settings.ts";
import type { Readers } from "./readers.ts";

/** They tell what they have answered so many times a tick, within these bounds. */
const REPORTS_PER_TICK = 4;
const REPORT_MS_MIN = 5;
const REPORT_MS_MAX = 100;

/** What only they need is loaded for them alone. */
export async function readersFor(
  config: ServerConfig,
  logger: Logger,
): Promise<Readers | undefined> {
  const { readers, maxFrameBytes, tickTimeMs, busyPollMs } = config;
  if (readers === 0) return undefined;
  const why = whyNone(config);
  if (why !== undefined) {
    logger.warn(`quoll.readers: there are none, for ${why}`);
    return undefined;
  }
  const { Readers } = await import("./readers.ts");
  const every = tickTimeMs / REPORTS_PER_TICK;
  return new Readers({
    readers,
    hashSeed: randomSeed(),
    frameBytesMax: maxFrameBytes,
    pollMs: busyPollMs,
    reportMs: Math.min(Math.max(every, REPORT_MS_MIN), REPORT_MS_MAX),
  });
}

/** The end of a sentence; undefined where nothing speaks against them. */
function whyNone(config: ServerConfig): string | undefined {
  if (config.clientPort === undefined) return "no plain client is let in (clientPort)";
  if (config.clientPortUnification) return "clients with TLS come in at the same port";
  if (config.enforceAuthEnabled) return "each read has to be looked at (enforce.auth.enabled)";
  if (config.requestThrottleMax > 0) return "each read has to be looked at (throttling)";
  if (config.readers > 1 && !mayShare()) return "several threads cannot listen on one port here";
  return undefined;
}

function mayShare(): boolean {
  if (process.platform !== "linux") return false;
  if (bunTcp !== undefined) return true;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}
