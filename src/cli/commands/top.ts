/**
 * `top`: who does what on the servers, look after look. From the answers to `srvr`, `mntr`, `cons`,
 * `dump`, `wchs` and `wchp`, as far as each server gives them.
 */
import { setTimeout as wait } from "node:timers/promises";
import { intOption } from "../arguments.ts";
import { type Address, addressesOf } from "../ask-server.ts";
import { CliError, type Command, type Context } from "../command.ts";
import {
  type Connection,
  parseCons,
  parseDumpCounts,
  parseWchp,
  parseWchs,
  type Row,
  troubleIn,
} from "../server-answers.ts";
import { aligned } from "../table.ts";
import { statusOf } from "./status.ts";

const INTERVAL_S = 2;
const CONNECTIONS_SHOWN = 20;
const PATHS_SHOWN = 5;

/** One server at one moment. `at` is in ms, by a clock that never goes back. */
export type Look = {
  readonly at: number;
  readonly status: Row;
  readonly connections: readonly Connection[];
  readonly ephemerals: ReadonlyMap<string, number>;
  readonly watched: ReadonlyMap<string, number>;
};

export const top: Command = {
  name: "top",
  synopsis: "[-i seconds] [-n count] [-l lines] [servers]",
  purpose:
    "Who does what, every `-i` seconds (2) until Ctrl-C or `-n` times (in JSON once): each " +
    "server, then its `-l` (20) busiest connections by requests since the look before, then the " +
    "nodes watched most. As far as the servers' whitelists let `cons`, `dump`, `wchs`, `wchp` be " +
    "asked. Exit code 1 when no server answers.",
  options: { i: "value", n: "value", l: "value" },
  argumentsMin: 0,
  needsSession: false,
  async run(context, args) {
    const addresses = addressesOf(args.words[0] ?? context.servers);
    const once = context.format === "json" ? 1 : Number.MAX_SAFE_INTEGER;
    const countMax = positive(intOption(args, "n", 0) || (args.values.has("n") ? 0 : once), "n");
    const intervalMs = positive(intOption(args, "i", INTERVAL_S), "i") * 1000;
    const shown = positive(intOption(args, "l", CONNECTIONS_SHOWN), "l");
    let before: readonly Look[] = [];
    for (let count = 0; count < countMax; count++) {
      if (count > 0) await wait(intervalMs, undefined, { signal: context.signal });
      const looks = await Promise.all(addresses.map((address) => look(context, address)));
      const value = pictureOf(looks, before, shown);
      context.frame(value, linesOf(value));
      if (looks.every(({ status }) => status["mode"] === undefined)) {
        throw new CliError("no server answers");
      }
      before = looks;
    }
  },
};

function positive(value: number, option: string): number {
  if (value < 1) throw new CliError(`-${option} must be > 0`);
  return value;
}

async function look(context: Context, address: Address): Promise<Look> {
  const status = await statusOf(context, address, true);
  const at = performance.now();
  if (status["mode"] === undefined) {
    return { at, status, connections: [], ephemerals: new Map(), watched: new Map() };
  }
  const words = ["cons", "dump", "wchs", "wchp"].map((word) =>
    context.ask(address, word).catch(() => ""),
  );
  const [cons = "", dump = "", wchs = "", wchp = ""] = await Promise.all(words);
  // Words that are not allowed make parts of the picture missing: it says why.
  const trouble = cons === "" ? undefined : troubleIn(cons);
  const watches = parseWchs(wchs);
  return {
    at,
    status: {
      ...status,
      ...(watches === undefined ? {} : { watches }),
      ...(trouble === undefined ? {} : { trouble }),
    },
    connections: parseCons(cons),
    ephemerals: parseDumpCounts(dump),
    watched: parseWchp(wchp),
  };
}

type Busy = Connection & {
  readonly server: string;
  /** Since the look before; since the connection was made where there was none. */
  readonly requests: number;
  readonly perSecond: number | null;
  readonly ephemerals: number;
};
export type TopValue = {
  readonly servers: readonly Row[];
  readonly connections: readonly Busy[];
  readonly watched: readonly { readonly path: string; readonly watchers: number }[];
};

/** What is shown of `looks`, the busiest first; `before` are the servers' looks before. */
export function pictureOf(
  looks: readonly Look[],
  before: readonly Look[],
  shown: number,
): TopValue {
  const busy = looks.flatMap((one, at) => busyIn(one, before[at]));
  const watchers = new Map<string, number>();
  for (const { watched } of looks) {
    for (const [path, count] of watched) watchers.set(path, (watchers.get(path) ?? 0) + count);
  }
  return {
    servers: looks.map(({ status }) => status),
    connections: busy.toSorted((left, right) => right.requests - left.requests).slice(0, shown),
    watched: [...watchers]
      .map(([path, count]) => ({ path, watchers: count }))
      .toSorted((left, right) => right.watchers - left.watchers)
      .slice(0, PATHS_SHOWN),
  };
}

function busyIn(now: Look, before: Look | undefined): readonly Busy[] {
  const key = ({ client, session }: Connection): string => `${client} ${session}`;
  const earlier = new Map(before?.connections.map((one) => [key(one), one.received]));
  const seconds = before === undefined ? undefined : (now.at - before.at) / 1000;
  return now.connections.map((one) => {
    // After `crst` the server counts from zero: then what it has counted since is new.
    const known = earlier.get(key(one)) ?? 0;
    const requests = one.received >= known ? one.received - known : one.received;
    const perSecond = seconds === undefined ? null : Math.round(requests / seconds);
    const ephemerals = now.ephemerals.get(one.session) ?? 0;
    return { ...one, server: String(now.status["server"]), requests, perSecond, ephemerals };
  });
}

const SERVER_COLUMNS = ["server", "mode", "connections", "outstanding", "latency", "watches"];
const COLUMNS: ReadonlyArray<readonly [title: string, cell: (one: Busy) => string]> = [
  ["REQUESTS", ({ requests }) => `${requests}`],
  ["PER S", ({ perSecond }) => `${perSecond ?? "-"}`],
  ["QUEUED", ({ queued }) => `${queued}`],
  ["MEAN", ({ meanMs }) => `${meanMs}`],
  ["MAX MS", ({ maxMs }) => `${maxMs}`],
  ["LAST", ({ lastOperation }) => lastOperation || "-"],
  ["EPHEMERALS", ({ ephemerals }) => `${ephemerals}`],
  ["SESSION", ({ session }) => session],
  ["CLIENT", ({ client }) => client],
  ["SERVER", ({ server }) => server],
];

export function linesOf({ servers, connections, watched }: TopValue): readonly string[] {
  const isTrouble = servers.some((row) => row["trouble"] !== undefined);
  const names = isTrouble ? [...SERVER_COLUMNS, "trouble"] : SERVER_COLUMNS;
  const rows = servers.map((row) => names.map((name) => String(row[name] ?? "-")));
  const busy = connections.map((one) => COLUMNS.map(([, cell]) => cell(one)));
  const nodes = watched.map(({ path, watchers }) => [`${watchers}`, path]);
  return [
    ...aligned([names.map((name) => name.toUpperCase()), ...rows]),
    "",
    ...aligned([COLUMNS.map(([title]) => title), ...busy]),
    ...(nodes.length === 0 ? [] : ["", ...aligned([["WATCHERS", "PATH"], ...nodes])]),
  ];
}
