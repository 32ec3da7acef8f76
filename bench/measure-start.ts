/** Starts on an empty folder, and what a server holds at rest. */
import { setTimeout as wait } from "node:timers/promises";
import type { StartOptions } from "../test/support/subjects.ts";
import type { Contender } from "./contenders.ts";
import type { Figures } from "./figures.ts";
import { cpuSeconds, residentMegabytes } from "./usage.ts";

export const SERVER_CONFIG = { tickTime: 2000, maxClientCnxns: 0 };
/** After the start, before memory at rest is read: what starting leaves behind is collected. */
const REST_MS = 2_000;

/** How long a server takes until it serves, on a new folder or a given one. */
export async function startAndRest(
  contender: Contender,
  options: StartOptions = {},
): Promise<Figures> {
  const server = await contender.start({ config: SERVER_CONFIG, ...options });
  try {
    const { pid, readyMs } = server;
    const serverCpu = cpuSeconds(pid) / (readyMs / 1_000);
    await wait(REST_MS);
    return { ms: readyMs, serverCpu, megabytes: residentMegabytes(pid) };
  } finally {
    await server.dispose();
  }
}
