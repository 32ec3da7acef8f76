/**
 * What servers answer to four-letter words, as values. The forms are the reference's; a word that a
 * server does not carry out, for its whitelist or because it is no member now, is trouble.
 */
import type { Json } from "./output.ts";

export type Row = Readonly<Record<string, Json>>;

/** An answer that is none, in the server's words. */
export const troubleIn = (answer: string): string | undefined => {
  const text = answer.trim();
  if (text === "") return "closed without an answer";
  return /is not executed because|not currently serving requests/.test(text) ? text : undefined;
};

const FIELDS: ReadonlyArray<readonly [column: string, line: RegExp]> = [
  ["mode", /^Mode: (\S+)/m],
  ["version", /^Zookeeper version: ([^,\s]+?)(?:-[0-9a-f]{40})?,/m],
  ["zxid", /^Zxid: (0x[0-9a-f]+)/m],
  ["connections", /^Connections: (\d+)/m],
  ["outstanding", /^Outstanding: (\d+)/m],
  ["latency", /^Latency min\/avg\/max: (\S+)/m],
  ["nodes", /^Node count: (\d+)/m],
];

/** The columns of an answer to `srvr`; the epoch is that of the zxid. */
export function parseSrvr(answer: string): Row {
  if (!answer.includes("Mode: ")) return { trouble: troubleIn(answer) ?? answer.trim() };
  const row: Record<string, Json> = {};
  for (const [column, line] of FIELDS) {
    const value = line.exec(answer)?.[1];
    if (value === undefined) continue;
    row[column] = numberOr(value);
    if (column === "zxid") row["epoch"] = Number(BigInt(value) >> 32n);
  }
  return row;
}

const MNTR: ReadonlyArray<readonly [column: string, key: string]> = [
  ["mode", "zk_server_state"],
  ["version", "zk_version"],
  ["connections", "zk_num_alive_connections"],
  ["outstanding", "zk_outstanding_requests"],
  ["nodes", "zk_znode_count"],
  ["sessions", "zk_global_sessions"],
  ["ephemerals", "zk_ephemerals_count"],
  ["watches", "zk_watch_count"],
  ["bytes", "zk_approximate_data_size"],
  ["files", "zk_open_file_descriptor_count"],
  ["followers", "zk_followers"],
  ["synced", "zk_synced_followers"],
];

/** The columns of an answer to `mntr`. */
export function parseMntr(answer: string): Row {
  const trouble = troubleIn(answer);
  if (trouble !== undefined) return { trouble };
  const values = new Map(answer.split("\n").map((line) => line.split("\t", 2) as [string, string]));
  const row: Record<string, Json> = {};
  for (const [column, key] of MNTR) {
    const value = values.get(key);
    if (value !== undefined) row[column] = numberOr(value);
  }
  const times = ["min", "avg", "max"].map((name) => values.get(`zk_${name}_latency`));
  if (times.every((one) => one !== undefined)) row["latency"] = times.join("/");
  const [, version] = /^([^,\s]+?)(?:-[0-9a-f]{40})?,/.exec(`${row["version"]}`) ?? [];
  if (version !== undefined) row["version"] = version;
  return row;
}

const numberOr = (text: string): Json => (/^\d+$/.test(text) ? Number(text) : text);

export type Connection = {
  /** The client's address. */
  readonly client: string;
  /** As in `0x1a20`. */
  readonly session: string;
  readonly queued: number;
  readonly received: number;
  /** The last operation, in four letters; empty where there was none. */
  readonly lastOperation: string;
  readonly meanMs: number;
  readonly maxMs: number;
};

/** The connections with a session in an answer to `cons`. */
export function parseCons(answer: string): readonly Connection[] {
  return answer.split("\n").flatMap((line) => {
    const [, client, fields] = /^\s*\/?(.+?)\[[0-9a-f]+\]\((.*)\)$/.exec(line) ?? [];
    const value = new Map(
      (fields ?? "").split(",").map((field) => field.split("=", 2) as [string, string]),
    );
    const session = value.get("sid");
    if (client === undefined || session === undefined) return [];
    const number = (name: string): number => Number(value.get(name) ?? 0);
    return {
      client,
      session,
      queued: number("queued"),
      received: number("recved"),
      lastOperation: value.get("lop") ?? "",
      meanMs: number("avglat"),
      maxMs: number("maxlat"),
    };
  });
}

/** How many ephemerals each session has, from an answer to `dump`. */
export const parseDumpCounts = (answer: string): ReadonlyMap<string, number> =>
  countsBelow(answer.slice(Math.max(0, answer.indexOf("Sessions with Ephemerals"))), /^(0x\w+):$/);

/** How many sessions watch each path, from an answer to `wchp`. */
export const parseWchp = (answer: string): ReadonlyMap<string, number> =>
  troubleIn(answer) === undefined ? countsBelow(answer, /^(\/.*)$/) : new Map();

/** How many lines that are set in follow each heading. */
function countsBelow(answer: string, heading: RegExp): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  let at: string | undefined;
  for (const line of answer.split("\n")) {
    if (line.startsWith("\t")) {
      if (at !== undefined) counts.set(at, (counts.get(at) ?? 0) + 1);
    } else at = heading.exec(line)?.[1];
  }
  return counts;
}

/** All watches of a server, from an answer to `wchs`; undefined where it tells none. */
export function parseWchs(answer: string): number | undefined {
  const count = /^Total watches:(\d+)/m.exec(answer)?.[1];
  return count === undefined ? undefined : Number(count);
}
