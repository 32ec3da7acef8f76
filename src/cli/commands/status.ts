/** `status`: how each server of a connect string is. */
import { type Address, addressesOf, askServer } from "../ask-server.ts";
import { CliError, type Command } from "../command.ts";
import type { Json } from "../output.ts";
import { aligned } from "../table.ts";

const LIMIT_MS = 3000;

export const status: Command = {
  name: "status",
  synopsis: "[servers]",
  purpose:
    "Mode, version, connections, latency and nodes of each server of a connect string (this " +
    "shell's), by `srvr`. Exit code 1 when one does not answer.",
  argumentsMin: 0,
  needsSession: false,
  async run({ servers, show }, { words }) {
    const addresses = addressesOf(words[0] ?? servers);
    const rows = await Promise.all(addresses.map(ask));
    const cells = rows.map((row) => COLUMNS.map((name) => String(row[name] ?? "-")));
    show(rows, aligned([COLUMNS.map((name) => name.toUpperCase()), ...cells]));
    const silent = rows.filter((row) => row["mode"] === undefined).length;
    if (silent > 0) throw new CliError(`${silent} of ${rows.length} servers do not answer`);
  },
};

const COLUMNS = [
  "server",
  "mode",
  "version",
  "connections",
  "outstanding",
  "latency",
  "nodes",
  "zxid",
  "trouble",
] as const;

type Row = Readonly<Partial<Record<(typeof COLUMNS)[number], Json>>>;

async function ask(address: Address): Promise<Row> {
  const server = `${address.host}:${address.port}`;
  try {
    const answer = await askServer(address, "srvr", LIMIT_MS);
    return { server, ...parseSrvr(answer) };
  } catch (error) {
    return { server, trouble: (error as Error).message };
  }
}

const FIELDS: ReadonlyArray<readonly [column: keyof Row, line: RegExp]> = [
  ["mode", /^Mode: (\S+)/m],
  ["version", /^Zookeeper version: ([^,\s]+?)(?:-[0-9a-f]{40})?,/m],
  ["connections", /^Connections: (\d+)/m],
  ["outstanding", /^Outstanding: (\d+)/m],
  ["latency", /^Latency min\/avg\/max: (\S+)/m],
  ["nodes", /^Node count: (\d+)/m],
  ["zxid", /^Zxid: (0x[0-9a-f]+)/m],
];

/** The columns of an answer to `srvr`; another answer is trouble, in the server's words. */
export function parseSrvr(answer: string): Row {
  if (!answer.includes("Mode: ")) return { trouble: answer.trim() || "closed without an answer" };
  const row: Partial<Record<keyof Row, Json>> = {};
  for (const [column, line] of FIELDS) {
    const value = line.exec(answer)?.[1];
    if (value !== undefined) row[column] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return row;
}
