/**
 * The rows that can be measured: their names, which are also how one asks for them, and the plans
 * made of them.
 *
 *   get 50 x 1           operation, connections, requests that each keeps unanswered
 *   set 250 x 100 1KB    with 1 KB of data; without it 100 bytes
 *   cold start           start on an empty folder, and memory at rest
 *   fill 1000000         as many znodes are created, then the server starts again on them
 */

export const OPERATIONS = ["get", "set"] as const;
export type Operation = (typeof OPERATIONS)[number];

export type LoadRow = {
  readonly kind: "load";
  readonly operation: Operation;
  readonly connections: number;
  readonly inFlight: number;
  readonly dataBytes: number;
};
export type Row =
  | LoadRow
  | { readonly kind: "start" }
  | { readonly kind: "fill"; readonly nodes: number };

const DATA_BYTES = 100;
const KILOBYTE = 1024;
/** Enough of any of them to bring a machine down by a slip of the keyboard. */
const COUNT_DIGITS = 8;

const sizeName = (bytes: number): string =>
  bytes % KILOBYTE === 0 ? `${bytes / KILOBYTE}KB` : `${bytes}B`;

export function rowName(row: Row): string {
  switch (row.kind) {
    case "load": {
      const { operation, connections, inFlight, dataBytes } = row;
      const size = dataBytes === DATA_BYTES ? "" : ` ${sizeName(dataBytes)}`;
      return `${operation} ${connections} x ${inFlight}${size}`;
    }
    case "start":
      return "cold start";
    case "fill":
      return `fill ${row.nodes}`;
  }
}

const COUNT = `([1-9]\\d{0,${COUNT_DIGITS - 1}})`;
const LOAD = new RegExp(`^(${OPERATIONS.join("|")}) ${COUNT} ?x ?${COUNT}(?: ${COUNT}(B|KB))?$`);
const FILL = new RegExp(`^fill ${COUNT}$`);

/** The row of a name; undefined where it is none. */
export function parseRow(name: string): Row | undefined {
  if (name === "cold start") return { kind: "start" };
  const fill = FILL.exec(name);
  if (fill !== null) return { kind: "fill", nodes: Number(fill[1]) };
  const load = LOAD.exec(name);
  if (load === null) return undefined;
  const [, operation, connections, inFlight, size, unit] = load;
  const dataBytes = size === undefined ? DATA_BYTES : Number(size) * (unit === "KB" ? 1024 : 1);
  return {
    ...{ kind: "load", operation: operation as Operation },
    ...{ connections: Number(connections), inFlight: Number(inFlight), dataBytes },
  };
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
  ...["cold start", "fill 1000000"],
].map(rowOf);

/**
 * The rows that a list of patterns asks for, in the order of the list. A pattern is a name, the
 * first words of names (`get`, `get 50`), or has `*` for any text; names of rows that are in no
 * plan are rows too. Throws where a pattern asks for nothing.
 */
export function chooseRows(patterns: string, plan: readonly Row[]): readonly Row[] {
  const chosen = new Map<string, Row>();
  for (const pattern of patterns.split(",").map((text) => text.trim())) {
    const parts = pattern.split("*").map((text) => text.replace(/[^\w ]/g, "\\$&"));
    const expression = new RegExp(`^${parts.join(".*")}(?: .*)?$`);
    const found = plan.filter((row) => expression.test(rowName(row)));
    const named = parseRow(pattern);
    const rows = named === undefined ? found : [named];
    if (rows.length === 0) {
      throw new Error(`no row is called "${pattern}". Rows: ${plan.map(rowName).join(", ")}`);
    }
    for (const row of rows) chosen.set(rowName(row), row);
  }
  return [...chosen.values()];
}
