/** A turn of a load row: the nodes it reads and writes, a load process, its figures. */
import { setTimeout as wait } from "node:timers/promises";
import type { Watched } from "./contenders.ts";
import type { Figures } from "./figures.ts";
import type { RequestsResult } from "./jobs.ts";
import { load } from "./load-process.ts";
import type { Times } from "./options.ts";
import { prepareRow } from "./prepare.ts";
import type { LoadRow } from "./rows.ts";
import { cpuSeconds, peakMegabytes, residentMegabytes } from "./usage.ts";

/** A server is at rest when it used no more than this in `REST_MS`, in seconds. */
const REST_CPU = 0.01;
const REST_MS = 100;
/** A snapshot of an earlier turn ends in this time, or goes on at the cost of this one. */
const REST_MS_MAX = 5_000;

/** The servers of a turn: one, or the members of an ensemble, whose usage is added up. */
export type Servers = readonly Watched[];

const sum = (servers: Servers, of: (pid: number) => number): number =>
  servers.reduce((total, { subject }) => total + of(subject.pid), 0);

/** Resolves when what earlier turns left to do is done: a snapshot, a collection. */
export async function atRest(servers: Servers): Promise<void> {
  const end = performance.now() + REST_MS_MAX;
  let before = sum(servers, cpuSeconds);
  while (performance.now() < end) {
    await wait(REST_MS);
    const now = sum(servers, cpuSeconds);
    if (now - before <= REST_CPU * servers.length) return;
    before = now;
  }
}

export const memoryOf = (servers: Servers): Pick<Figures, "megabytes" | "peakMegabytes"> => ({
  megabytes: sum(servers, residentMegabytes),
  peakMegabytes: sum(servers, peakMegabytes),
});

export async function measureLoad(row: LoadRow, servers: Servers, times: Times): Promise<Figures> {
  const { operation, connections, pace, dataBytes, children } = row;
  await prepareRow(servers[0]!.subject.port, row);
  await atRest(servers);
  const { errors, ...figures } = await load<RequestsResult>({
    kind: "requests",
    ports: servers.map(({ subject }) => subject.port),
    serverPids: servers.map(({ subject }) => subject.pid),
    pauses: servers.map(({ pauses }) => pauses),
    ...{ operation, connections, pace, dataBytes, children },
    ...times,
  }).result;
  if (errors > 0) throw new Error(`${errors} requests were refused`);
  const cpuMicrosPerOp = (figures.serverCpu / figures.perSecond) * 1e6;
  return { ...figures, cpuMicrosPerOp, ...memoryOf(servers) };
}
