/**
 * Very many znodes: how fast a server takes them, how long it answers nobody meanwhile, what it
 * holds then, and how soon it serves them again.
 */
import { setTimeout as wait } from "node:timers/promises";
import { create, granted } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import type { Contender } from "./contenders.ts";
import type { Figures } from "./figures.ts";
import { FILL_ROOT, type FillResult, type ProbeResult } from "./jobs.ts";
import { load } from "./load-process.ts";
import { REST_MS, SERVER_CONFIG } from "./measure-start.ts";
import { cpuSeconds, peakMegabytes, residentMegabytes } from "./usage.ts";

const SHAPE = { dataBytes: 100, connections: 4, inFlight: 200 };
const PROBE_EVERY_MS = 5;

export type FillFigures = { readonly filled: Figures; readonly restarted: Figures };

export async function measureFill(contender: Contender, nodes: number): Promise<FillFigures> {
  const server = await contender.start({ config: SERVER_CONFIG });
  try {
    const filled = await fill(server.port, server.pid, nodes);
    await server.stop();
    await server.restart();
    const { pid, readyMs } = server;
    const serverCpu = cpuSeconds(pid) / (readyMs / 1_000);
    await wait(REST_MS);
    const restarted = { ms: readyMs, serverCpu, megabytes: residentMegabytes(pid) };
    return { filled, restarted };
  } finally {
    await server.dispose();
  }
}

async function fill(port: number, serverPid: number, nodes: number): Promise<Figures> {
  const session = await RawSession.open(port);
  await granted(FILL_ROOT, create(session, FILL_ROOT, null));
  await session.close();
  const probe = load<ProbeResult>({ kind: "probe", port, everyMs: PROBE_EVERY_MS, writes: false });
  const job = { kind: "fill", port, serverPid, nodes, ...SHAPE } as const;
  const { seconds, errors, serverCpu, loadCpu } = await load<FillResult>(job).result;
  probe.child.stdin!.end();
  const { maxMs, p99Ms } = await probe.result;
  if (errors > 0) throw new Error(`${errors} creates were refused`);
  return {
    ms: seconds * 1_000,
    perSecond: nodes / seconds,
    ...{ serverCpu, loadCpu, pauseMs: maxMs, pingP99Ms: p99Ms },
    cpuMicrosPerOp: (serverCpu * seconds * 1e6) / nodes,
    megabytes: residentMegabytes(serverPid),
    peakMegabytes: peakMegabytes(serverPid),
  };
}
