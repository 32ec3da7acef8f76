/**
 * What `bench/main.ts` asks of its load processes, and what they answer: one JSON text each way.
 */
import type { LatencyFigures } from "./histogram.ts";
import type { Operation } from "./operations.ts";
import type { PauseSource, Pauses } from "./pauses.ts";

/** When requests are sent. */
export type Pace =
  /** Each connection keeps so many unanswered. */
  | { readonly kind: "closed"; readonly inFlight: number }
  /** At given times, so many in a second over all connections. */
  | { readonly kind: "open"; readonly perSecond: number };

export type RequestsJob = {
  readonly kind: "requests";
  /** The connections are spread over them. */
  readonly ports: readonly number[];
  /** The servers, whose CPU time is read over the measured time and added up. */
  readonly serverPids: readonly number[];
  /** Where the servers tell of their pauses. */
  readonly pauses: readonly PauseSource[];
  readonly operation: Operation;
  readonly connections: number;
  readonly pace: Pace;
  readonly dataBytes: number;
  /** Of the node that is listed, or below which nodes are created. */
  readonly children: number | undefined;
  readonly warmupMs: number;
  readonly measureMs: number;
};
/** All alike, a thousand to a folder, or as real trees are (real-tree.ts). */
export type FillShape = "even" | "real";
/** Creates znodes below `FILL_ROOT`. */
export type FillJob = {
  readonly kind: "fill";
  readonly port: number;
  readonly serverPid: number;
  readonly pauses: readonly PauseSource[];
  readonly nodes: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Where all are alike. */
  readonly dataBytes: number;
  readonly shape: FillShape;
};
/** One server, and where it tells of its pauses. */
type OfServer = {
  readonly port: number;
  readonly serverPids: readonly number[];
  readonly pauses: readonly PauseSource[];
};
/** Each connection watches the same nodes, and one multi changes all of these, several times. */
export type StormJob = OfServer & {
  readonly kind: "storm";
  readonly watches: number;
  readonly connections: number;
};
/** Each connection opens a session and closes it, over and over. */
export type ChurnJob = OfServer & {
  readonly kind: "churn";
  readonly connections: number;
  readonly warmupMs: number;
  readonly measureMs: number;
};
/** Pings, or writes to `PROBE_NODE`, until its standard input ends. */
export type ProbeJob = {
  readonly kind: "probe";
  readonly port: number;
  readonly everyMs: number;
  readonly writes: boolean;
};
export type Job = RequestsJob | FillJob | StormJob | ChurnJob | ProbeJob;

export type RequestsResult = LatencyFigures &
  Pauses & {
    readonly perSecond: number;
    /** How late the load itself was, where requests have given times. */
    readonly lateP99Micros?: number;
    readonly errors: number;
    /** CPU seconds per second of the measured time. */
    readonly serverCpu: number;
    readonly loadCpu: number;
  };
export type FillResult = Pauses & {
  readonly seconds: number;
  readonly errors: number;
  readonly serverCpu: number;
  readonly loadCpu: number;
};
export type StormResult = Pauses & {
  /** From the change to the last event, of the storm in the middle. */
  readonly ms: number;
  readonly errors: number;
  readonly serverCpu: number;
  readonly loadCpu: number;
  readonly cpuMicrosPerOp: number;
};
export type ChurnResult = Omit<RequestsResult, "lateP99Micros">;
export type ProbeResult = {
  readonly maxMs: number;
  readonly p99Ms: number;
  readonly count: number;
};

export const NODES_ROOT = "/bench";
const numbered = (letter: string, index: number): string =>
  `${NODES_ROOT}/${letter}${String(index).padStart(4, "0")}`;
/** What a load reads and sets; connections have one or several of their own. */
export const nodePath = (index: number): string => numbered("n", index);
/** Where connection `index` of a load creates and deletes. */
export const folderPath = (index: number): string => numbered("c", index);
/** What `watches` / `connections` nodes of a storm are called. */
export const stormPath = (index: number): string => numbered("w", index);
/** A node with as many children. */
export const listPath = (children: number): string => `${NODES_ROOT}/list-${children}`;

export const PROBE_NODE = "/probe";
export const FILL_ROOT = "/fill";
export const FILL_FOLDER_NODES = 1_000;
/** Folder of znode `index`; all paths have one length. */
export const fillFolder = (index: number): string =>
  `${FILL_ROOT}/d${String(Math.floor(index / FILL_FOLDER_NODES)).padStart(6, "0")}`;
