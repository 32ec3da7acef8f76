/**
 * The rows that can be measured: their names, which are also how one asks for them, and the plans
 * made of them.
 *
 *   get 50 x 1           operation, connections, requests that each keeps unanswered
 *   set 250 x 100 1KB    with 1 KB of data; without it 100 bytes
 *   mix 90/10 50 x 1     of ten requests nine are gets and one is a set
 *   get 50 at 20000/s    requests at given times; latency counts from when each was due
 *   ensemble set 51 x 1  on three servers, over which the connections are spread
 *   getChildren 1 x 1 of 100000   of a node with so many children; create and delete: below it
 *   storm 10000 on 1000  a change that fires so many watches of so many connections, one at a time
 *   churn 50             so many connections open and close sessions, over and over
 *   cold start           start on an empty folder, and memory at rest
 *   fill 1000000         as many znodes are created, then the server starts again on them
 *   fill 1000000 real    of a tree with the shape of real ones (real-tree.ts)
 */
import type { FillShape, Pace } from "./jobs.ts";
import { OPERATION_NAMES, OPERATIONS, type Operation } from "./operations.ts";

export type LoadRow = {
  readonly kind: "load";
  readonly operation: Operation;
  readonly connections: number;
  readonly pace: Pace;
  readonly dataBytes: number;
  readonly servers: 1 | 3;
  /** Of the node that is listed, or below which nodes are created; else each operation's own. */
  readonly children: number | undefined;
};
export type StormRow = {
  readonly kind: "storm";
  /** A multiple of `connections`. */
  readonly watches: number;
  readonly connections: number;
};
export type ChurnRow = { readonly kind: "churn"; readonly connections: number };
export type FillRow = { readonly kind: "fill"; readonly nodes: number; readonly shape: FillShape };
export type Row = LoadRow | StormRow | ChurnRow | FillRow | { readonly kind: "start" };

const DATA_BYTES = 100;
const KILOBYTE = 1024;
/** Enough of any of them to bring a machine down by a slip of the keyboard. */
const COUNT_DIGITS = 8;

const sizeName = (bytes: number): string =>
  bytes % KILOBYTE === 0 ? `${bytes / KILOBYTE}KB` : `${bytes}B`;

const paceName = (pace: Pace): string =>
  pace.kind === "closed" ? `x ${pace.inFlight}` : `at ${pace.perSecond}/s`;

export function rowName(row: Row): string {
  switch (row.kind) {
    case "load": {
      const { operation, connections, pace, dataBytes, servers, children } = row;
      const where = servers === 1 ? "" : "ensemble ";
      const size = dataBytes === DATA_BYTES ? "" : ` ${sizeName(dataBytes)}`;
      const among = children === undefined ? "" : ` of ${children}`;
      return `${where}${operation} ${connections} ${paceName(pace)}${size}${among}`;
    }
    case "storm":
      return `storm ${row.watches} on ${row.connections}`;
    case "churn":
      return `churn ${row.connections}`;
    case "start":
      return "cold start";
    case "fill":
      return `fill ${row.nodes}${row.shape === "real" ? " real" : ""}`;
  }
}

const COUNT = `([1-9]\\d{0,${COUNT_DIGITS - 1}})`;
const LOAD = new RegExp(
  `^(ensemble )?(${OPERATION_NAMES.join("|")}) ${COUNT} ?(?:x ?${COUNT}|at ${COUNT}/s)` +
    `(?: ${COUNT}(B|KB))?(?: of ${COUNT})?$`,
);
const FILL = new RegExp(`^fill ${COUNT}( real)?$`);
const STORM = new RegExp(`^storm ${COUNT} on ${COUNT}$`);
const CHURN = new RegExp(`^churn ${COUNT}$`);

/** The row of a name; undefined where it is none. */
export function parseRow(name: string): Row | undefined {
  if (name === "cold start") return { kind: "start" };
  const fill = FILL.exec(name);
  if (fill !== null) {
    return { kind: "fill", nodes: Number(fill[1]), shape: fill[2] === undefined ? "even" : "real" };
  }
  const storm = STORM.exec(name);
  if (storm !== null) return stormRow(Number(storm[1]), Number(storm[2]));
  const churn = CHURN.exec(name);
  if (churn !== null) return { kind: "churn", connections: Number(churn[1]) };
  const load = LOAD.exec(name);
  return load === null ? undefined : loadRow(load);
}

function loadRow([
  ,
  where,
  word,
  connections,
  inFlight,
  perSecond,
  size,
  unit,
  children,
]: RegExpExecArray): LoadRow | undefined {
  const operation = word as Operation;
  if (perSecond !== undefined && !mayHaveRate(operation)) return undefined;
  if (children !== undefined && !mayHaveChildren(operation, Number(connections))) return undefined;
  return {
    ...{ kind: "load", operation, connections: Number(connections) },
    pace:
      perSecond === undefined
        ? { kind: "closed", inFlight: Number(inFlight) }
        : { kind: "open", perSecond: Number(perSecond) },
    dataBytes: size === undefined ? DATA_BYTES : Number(size) * (unit === "KB" ? KILOBYTE : 1),
    servers: where === undefined ? 1 : 3,
    children: children === undefined ? undefined : Number(children),
  };
}

const stormRow = (watches: number, connections: number): StormRow | undefined =>
  watches % connections === 0 ? { kind: "storm", watches, connections } : undefined;

/** Those that create below one node do it one connection at a time. */
const mayHaveChildren = (operation: Operation, connections: number): boolean =>
  operation === "getChildren" || (OPERATIONS[operation].kind === "cycle" && connections === 1);

/** Creates and deletes take turns, each for as long as it lasts. */
const mayHaveRate = (operation: Operation): boolean => OPERATIONS[operation].kind === "steady";

/** The rows with `perSecond` requests in place of their own pace; those that cannot are left. */
export function atRate(rows: readonly Row[], perSecond: number): readonly Row[] {
  const paced = rows.map((row): Row => {
    if (row.kind !== "load" || !mayHaveRate(row.operation)) return row;
    return { ...row, pace: { kind: "open", perSecond } };
  });
  return [...new Map(paced.map((row) => [rowName(row), row])).values()];
}

const rowOf = (name: string): Row => {
  const row = parseRow(name);
  if (row === undefined) throw new Error(`"${name}" is no row`);
  return row;
};

/** What is measured when nothing is asked for. */
export const DEFAULT_ROWS: readonly Row[] = [
  ...["get 1 x 1", "get 50 x 1", "get 200 x 1", "get 10 x 100"],
  ...["set 1 x 1", "set 50 x 1", "set 10 x 100"],
  ...["get 250 x 100 1KB", "set 250 x 100 1KB"],
  ...["cold start", "fill 1000000", "storm 10000 on 1000", "churn 50"],
  ...["getChildren 1 x 1 of 100000", "create 1 x 100 of 100000"],
  ...["ensemble set 1 x 1", "ensemble set 51 x 1", "ensemble set 12 x 100"],
].map(rowOf);

/** What writes or is written has data of a size; the others cost the same whatever its size. */
const SIZED: readonly Operation[] = ["get", "set", "create"];
/** One after the other, crowds, and deep queues of few and of many. */
const SHAPES = ["1 x 1", "50 x 1", "200 x 1", "1000 x 1", "10 x 100", "50 x 10"];
const MORE_SHAPES = ["1 x 10", "1 x 100", "50 x 100", "200 x 10", "200 x 100", "1000 x 10"];

/** Of connections, each server has a third. */
const ENSEMBLE_SHAPES = ["1 x 1", "51 x 1", "12 x 100"];

/** Every combination that tells something of its own. */
export const ALL_ROWS: readonly Row[] = [
  ...OPERATION_NAMES.flatMap((operation) => SHAPES.map((shape) => `${operation} ${shape}`)),
  ...["get", "set"].flatMap((operation) => MORE_SHAPES.map((shape) => `${operation} ${shape}`)),
  ...SIZED.flatMap((operation) => SHAPES.map((shape) => `${operation} ${shape} 1KB`)),
  ...["get 250 x 100 1KB", "set 250 x 100 1KB", "cold start", "fill 1000000", "fill 1000000 real"],
  ...["storm 1000 on 1000", "storm 10000 on 1000", "churn 1", "churn 50", "churn 200"],
  ...["getChildren 1 x 1 of 100000", "create 1 x 100 of 100000", "delete 1 x 100 of 100000"],
  ...["get", "set", "create", "mix 90/10"].flatMap((operation) =>
    ENSEMBLE_SHAPES.map((shape) => `ensemble ${operation} ${shape}`),
  ),
].map(rowOf);

/**
 * The rows that a list of patterns asks for, in the order of the list. A pattern is a name, the
 * first words of names (`get`, `get 50`), or has `*` for any text. It chooses from `plan`, and
 * where that has nothing of it from all rows; any name that `parseRow` knows is a row as well.
 * Throws where a pattern asks for nothing.
 */
export function chooseRows(patterns: string, plan: readonly Row[]): readonly Row[] {
  const chosen = new Map<string, Row>();
  for (const pattern of patterns.split(",").map((text) => text.trim())) {
    for (const row of rowsLike(pattern, plan)) chosen.set(rowName(row), row);
  }
  return [...chosen.values()];
}

function rowsLike(pattern: string, plan: readonly Row[]): readonly Row[] {
  const named = parseRow(pattern);
  if (named !== undefined) return [named];
  const parts = pattern.split("*").map((text) => text.replace(/[^\w ]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}(?: .*)?$`);
  for (const among of [plan, ALL_ROWS]) {
    const found = among.filter((row) => expression.test(rowName(row)));
    if (found.length > 0) return found;
  }
  throw new Error(`no row is called "${pattern}". Rows: ${plan.map(rowName).join(", ")}`);
}
