/** `status`: how each server of a connect string is. */
import { type Address, addressesOf } from "../ask-server.ts";
import { CliError, type Command, type Context } from "../command.ts";
import { parseMntr, parseSrvr, type Row } from "../server-answers.ts";
import { aligned, tableLines } from "../table.ts";

const COLUMNS = [
  "server",
  "mode",
  "version",
  "zxid",
  "epoch",
  "connections",
  "outstanding",
  "latency",
  "nodes",
];
const WIDE = ["sessions", "watches", "ephemerals", "bytes", "files", "followers", "synced"];

export const status: Command = {
  name: "status",
  synopsis: "[-w table|list] [servers]",
  purpose:
    "Mode, version, zxid, epoch, connections, outstanding requests, latency and nodes of each " +
    "server of a connect string (this shell's); by `srvr`, and by `mntr` where that is refused. " +
    "`-w`: wide, with sessions, watches, ephemerals, bytes, files and followers by `mntr`, as a " +
    "table or a list. Exit code 1 when one does not answer.",
  options: { w: "value" },
  argumentsMin: 0,
  needsSession: false,
  async run(context, { words, values }) {
    const wide = values.get("w");
    if (wide !== undefined && wide !== "table" && wide !== "list") {
      throw new CliError("-w needs table or list");
    }
    const addresses = addressesOf(words[0] ?? context.servers);
    const columns = wide === undefined ? COLUMNS : [...COLUMNS, ...WIDE];
    const asked = addresses.map((address) => statusOf(context, address, wide !== undefined));
    const rows = (await Promise.all(asked)).map((row) => chosen(row, [...columns, "trouble"]));
    context.show(rows, wide === "list" ? listOf(rows) : linesOf(rows, columns));
    const silent = rows.filter((row) => row["mode"] === undefined).length;
    if (silent > 0) throw new CliError(`${silent} of ${rows.length} servers do not answer`);
  },
};

/** What `srvr` and `mntr` tell of a server; `trouble` where neither tells anything. */
export async function statusOf(
  { ask }: Pick<Context, "ask">,
  address: Address,
  isWide: boolean,
): Promise<Row> {
  const server = `${address.host}:${address.port}`;
  try {
    const brief = parseSrvr(await ask(address, "srvr"));
    if (brief["mode"] !== undefined && !isWide) return { server, ...brief };
    const { trouble, ...full } = parseMntr(await ask(address, "mntr"));
    if (brief["mode"] === undefined && full["mode"] === undefined) {
      return { server, trouble: brief["trouble"] ?? trouble ?? null };
    }
    // Where both tell, `srvr` does: its numbers are of one moment.
    const { trouble: _, ...told } = brief;
    return { server, ...full, ...told };
  } catch (error) {
    return { server, trouble: (error as Error).message };
  }
}

const chosen = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.flatMap((name) => (name in row ? [[name, row[name]!]] : [])));

/** Columns that no server has are left out, but for those that are always asked for. */
function linesOf(rows: readonly Row[], columns: readonly string[]): readonly string[] {
  const isTold = (name: string): boolean =>
    COLUMNS.includes(name) || rows.some((row) => name in row);
  const names = [...columns, "trouble"].filter(isTold);
  const cells = rows.map((row) => names.map((name) => String(row[name] ?? "-")));
  return aligned([names.map((name) => name.toUpperCase()), ...cells]);
}

const listOf = (rows: readonly Row[]): readonly string[] =>
  rows.flatMap((row, at) => [...(at === 0 ? [] : [""]), ...tableLines(row)]);
