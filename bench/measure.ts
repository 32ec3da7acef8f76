/**
 * Measures one server: starts it, drives it with load processes, and tells the figures of every
 * row.
 */
import { setTimeout as wait } from "node:timers/promises";
import { create, granted, remove } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import { START, type Subject, type SubjectName } from "../test/support/subjects.ts";
import {
  FILL_ROOT,
  type FillResult,
  nodePath,
  type ProbeResult,
  type RequestsResult,
} from "./jobs.ts";
import { load } from "./load-process.ts";
import { peakMegabytes, residentMegabytes } from "./usage.ts";

const CONFIG = { tickTime: 2000, maxClientCnxns: 0 };
/** After the start, before memory at rest is read: what starting leaves behind is collected. */
const REST_MS = 2_000;
const FILL_DATA_BYTES = 100;
const FILL_CONNECTIONS = 4;
const FILL_IN_FLIGHT = 200;
const PROBE_EVERY_MS = 5;

export type Plan = {
  /** Before the first slice of a row; the others take a third of it. */
  readonly warmupMs: number;
  /** One slice. */
  readonly measureMs: number;
  /**
   * Each row is measured this often, by a load process of its own, and the median counts: whether
   * the system puts server and load on one core or on two is chance, and moves a row by far.
   */
  readonly slices: number;
  readonly coldStarts: number;
  readonly fillNodes: number;
};
export const QUICK: Plan = {
  warmupMs: 1_500,
  measureMs: 1_000,
  slices: 3,
  coldStarts: 3,
  fillNodes: 300_000,
};
export const FULL: Plan = {
  warmupMs: 5_000,
  measureMs: 4_000,
  slices: 5,
  coldStarts: 7,
  fillNodes: 1_000_000,
};

type Row = readonly [op: "get" | "set", connections: number, inFlight: number, dataBytes: number];
export const ROWS: readonly Row[] = [
  ["get", 1, 1, 100],
  ["get", 50, 1, 100],
  ["get", 200, 1, 100],
  ["get", 10, 100, 100],
  ["set", 1, 1, 100],
  ["set", 50, 1, 100],
  ["set", 10, 100, 100],
  ["get", 250, 100, 1024],
  ["set", 250, 100, 1024],
];
export const rowName = ([op, connections, inFlight, dataBytes]: Row): string =>
  `${op} ${connections} x ${inFlight}${dataBytes >= 1024 ? `, ${dataBytes / 1024} KB` : ""}`;

/** The median slice, and the rates of all. */
export type Rate = RequestsResult & { readonly allPerSecond: readonly number[] };

export type Figures = {
  readonly rates: Readonly<Record<string, Rate>>;
  readonly coldStartMs: number;
  readonly idleMegabytes: number;
  readonly loadedMegabytes: number;
  readonly fill: FillFigures;
};
export type FillFigures = FillResult & {
  readonly nodes: number;
  readonly megabytes: number;
  readonly pauseMs: number;
  readonly pingP99Ms: number;
  readonly restartMs: number;
  readonly restartedMegabytes: number;
};

/** The figures of one server; `told` is called as each is known. */
export async function measure(
  name: SubjectName,
  plan: Plan,
  told: (text: string) => void,
): Promise<Figures> {
  const coldStartMs = await coldStart(name, plan.coldStarts);
  told(`cold start: ${coldStartMs.toFixed(0)} ms`);
  const server = await START[name]({ config: CONFIG });
  try {
    await wait(REST_MS);
    const idleMegabytes = residentMegabytes(server.pid);
    told(`idle memory: ${idleMegabytes.toFixed(0)} MB`);
    const rates: Record<string, Rate> = {};
    for (const row of ROWS) {
      const result = await rate(server, row, plan);
      rates[rowName(row)] = result;
      told(`${rowName(row)}: ${result.allPerSecond.join(", ")}/s`);
    }
    const loadedMegabytes = peakMegabytes(server.pid);
    told(`peak memory: ${loadedMegabytes.toFixed(0)} MB`);
    await server.dispose();
    const fill = await measureFill(name, plan, told);
    return { rates, coldStartMs, idleMegabytes, loadedMegabytes, fill };
  } finally {
    await server.dispose();
  }
}

/** The median over `times` starts on a new folder. */
async function coldStart(name: SubjectName, times: number): Promise<number> {
  const all: number[] = [];
  for (let time = 0; time < times; time++) {
    const server = await START[name]({ config: CONFIG });
    all.push(server.readyMs);
    await server.dispose();
  }
  return all.sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
}

async function rate(server: Subject, row: Row, plan: Plan): Promise<Rate> {
  const [operation, connections, inFlight, dataBytes] = row;
  await prepareNodes(server.port, connections, dataBytes);
  const { port, pid: serverPid } = server;
  const shape = { operation, connections, inFlight, dataBytes };
  const all: RequestsResult[] = [];
  for (let slice = 0; slice < plan.slices; slice++) {
    const warmupMs = slice === 0 ? plan.warmupMs : plan.warmupMs / 3;
    const times = { warmupMs, measureMs: plan.measureMs };
    const job = { kind: "requests", port, serverPid, ...shape, ...times } as const;
    const result = await load<RequestsResult>(job).result;
    if (result.errors > 0) throw new Error(`${rowName(row)}: ${result.errors} errors`);
    all.push(result);
  }
  all.sort((a, b) => a.perSecond - b.perSecond);
  const median = all[Math.floor(all.length / 2)]!;
  return { ...median, allPerSecond: all.map(({ perSecond }) => Math.round(perSecond)) };
}

/** One node for each connection, holding `dataBytes` bytes. */
export async function prepareNodes(port: number, count: number, dataBytes: number): Promise<void> {
  const session = await RawSession.open(port);
  const data = new Uint8Array(dataBytes).fill(0x63);
  await create(session, "/bench", null);
  for (let index = 0; index < count; index++) {
    await remove(session, nodePath(index)); // not there the first time
    await granted(nodePath(index), create(session, nodePath(index), data));
  }
  await session.close();
}

async function measureFill(
  name: SubjectName,
  plan: Plan,
  told: (text: string) => void,
): Promise<FillFigures> {
  const server = await START[name]({ config: CONFIG });
  try {
    const session = await RawSession.open(server.port);
    await granted(FILL_ROOT, create(session, FILL_ROOT, null));
    await session.close();
    const { port, pid: serverPid } = server;
    const probe = load<ProbeResult>({
      kind: "probe",
      port,
      everyMs: PROBE_EVERY_MS,
      writes: false,
    });
    const sizes = { dataBytes: FILL_DATA_BYTES, connections: FILL_CONNECTIONS };
    const filling = { nodes: plan.fillNodes, inFlight: FILL_IN_FLIGHT, ...sizes };
    const filled = await load<FillResult>({ kind: "fill", port, serverPid, ...filling }).result;
    probe.child.stdin!.end();
    const { maxMs, p99Ms } = await probe.result;
    if (filled.errors > 0) throw new Error(`fill: ${filled.errors} errors`);
    const megabytes = residentMegabytes(serverPid);
    told(`${plan.fillNodes} znodes: ${filled.seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`);
    await server.stop();
    await server.restart();
    await wait(REST_MS);
    const restartedMegabytes = residentMegabytes(server.pid);
    told(`restart: ${server.readyMs.toFixed(0)} ms, ${restartedMegabytes.toFixed(0)} MB`);
    const pauses = { pauseMs: maxMs, pingP99Ms: p99Ms };
    const again = { restartMs: server.readyMs, restartedMegabytes };
    return { ...filled, nodes: plan.fillNodes, megabytes, ...pauses, ...again };
  } finally {
    await server.dispose();
  }
}
