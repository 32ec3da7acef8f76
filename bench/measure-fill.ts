/**
 * Very many znodes: how fast a server takes them, how long it answers nobody meanwhile, what it
 * holds then, and how soon it serves them again.
 */
import { create, granted } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import type { Contender } from "./contenders.ts";
import type { Figures } from "./figures.ts";
import { FILL_ROOT, type FillResult, type ProbeResult } from "./jobs.ts";
import { load } from "./load-process.ts";
import { SERVER_CONFIG, startAndRest } from "./measure-start.ts";
import type { PauseSource } from "./pauses.ts";
import type { FillRow } from "./rows.ts";
import { peakMegabytes, residentMegabytes } from "./usage.ts";

const LOAD = { dataBytes: 100, connections: 4, inFlight: 200 };
const PROBE_EVERY_MS = 5;

export type FillFigures = { readonly filled: Figures; readonly restarted: Figures };

export async function measureFill(contender: Contender, row: FillRow): Promise<FillFigures> {
  const { subject: server, pauses } = await contender.startWatched({ config: SERVER_CONFIG });
  try {
    const filled = await fill(server.port, server.pid, pauses, row);
    await server.stop();
    const { dataDir } = server;
    return { filled, restarted: await startAndRest(contender, { dataDir }) };
  } finally {
    await server.dispose();
  }
}

async function fill(
  port: number,
  serverPid: number,
  pauses: PauseSource,
  { nodes, shape }: FillRow,
): Promise<Figures> {
  const session = await RawSession.open(port);
  await granted(FILL_ROOT, create(session, FILL_ROOT, null));
  await session.close();
  const probe = load<ProbeResult>({ kind: "probe", port, everyMs: PROBE_EVERY_MS, writes: false });
  const job = { kind: "fill", port, serverPid, pauses: [pauses], nodes, shape, ...LOAD } as const;
  const { seconds, errors, ...told } = await load<FillResult>(job).result;
  probe.child.stdin!.end();
  const { maxMs, p99Ms } = await probe.result;
  if (errors > 0) throw new Error(`${errors} creates were refused`);
  return {
    ms: seconds * 1_000,
    perSecond: nodes / seconds,
    ...{ ...told, pingMaxMs: maxMs, pingP99Ms: p99Ms },
    cpuMicrosPerOp: (told.serverCpu * seconds * 1e6) / nodes,
    megabytes: residentMegabytes(serverPid),
    peakMegabytes: peakMegabytes(serverPid),
  };
}
