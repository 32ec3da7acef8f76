/**
 * What the shell prints: Stats, ACLs, lists, events, errors. The forms are the reference shell's,
 * so that scripts which read them go on working.
 */
import {
  type Acl,
  describeEvent,
  describeId,
  type KeeperError,
  permsText,
  type Stat,
  type WatchedEvent,
} from "../client/index.ts";
import type { Json } from "./output.ts";

export const listText = (values: readonly string[]): string => `[${values.join(", ")}]`;

/** Data as text: UTF-8, or `null`. */
export const dataText = (data: Uint8Array | null): string =>
  data === null ? "null" : new TextDecoder().decode(data);

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const deprecated = (old: string, better: string): string =>
  `'${old}' has been deprecated. Please use '${better}' instead.`;

export const aclLines = (acl: readonly Acl[]): readonly string[] =>
  acl.flatMap(({ perms, scheme, id }) => [`'${scheme},'${id}`, `: ${permsText(perms)}`]);

export const statLines = (stat: Stat): readonly string[] => [
  `cZxid = ${describeId(stat.czxid)}`,
  `ctime = ${dateText(stat.ctime)}`,
  `mZxid = ${describeId(stat.mzxid)}`,
  `mtime = ${dateText(stat.mtime)}`,
  `pZxid = ${describeId(stat.pzxid)}`,
  `cversion = ${stat.cversion}`,
  `dataVersion = ${stat.version}`,
  `aclVersion = ${stat.aversion}`,
  `ephemeralOwner = ${describeId(stat.ephemeralOwner)}`,
  `dataLength = ${stat.dataLength}`,
  `numChildren = ${stat.numChildren}`,
];

/** `Thu Jan 01 00:00:00 UTC 1970`, in the local time zone. */
export function dateText(ms: number): string {
  const format = new Intl.DateTimeFormat("en-US", {
    weekday: "short",
    month: "short",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    year: "numeric",
    timeZoneName: "short",
  });
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const time = `${part("hour")}:${part("minute")}:${part("second")}`;
  const day = `${part("weekday")} ${part("month")} ${part("day")}`;
  return `${day} ${time} ${part("timeZoneName")} ${part("year")}`;
}

/** An event as a block of lines with an empty one before. */
export const eventLines = (event: WatchedEvent): readonly string[] => [
  "",
  "WATCHER::",
  "",
  describeEvent(event),
];

export const eventValue = (event: WatchedEvent): Json => ({
  type: event.type,
  state: event.state,
  path: event.path,
  zxid: event.zxid === undefined || event.zxid < 0n ? null : describeId(event.zxid),
});

export const statValue = (stat: Stat): { readonly [name: string]: Json } => ({
  czxid: describeId(stat.czxid),
  mzxid: describeId(stat.mzxid),
  pzxid: describeId(stat.pzxid),
  ctime: stat.ctime,
  mtime: stat.mtime,
  version: stat.version,
  cversion: stat.cversion,
  aversion: stat.aversion,
  ephemeralOwner: describeId(stat.ephemeralOwner),
  dataLength: stat.dataLength,
  numChildren: stat.numChildren,
});

/** Data as text where it is UTF-8, else in base64, which `encoding` tells. */
export function dataValue(data: Uint8Array | null): { readonly [name: string]: Json } {
  if (data === null) return { data: null };
  try {
    return { data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    return { data: Buffer.from(data).toString("base64"), encoding: "base64" };
  }
}

export const aclValue = (acl: readonly Acl[]): readonly Json[] =>
  acl.map(({ perms, scheme, id }) => ({ scheme, id, perms: permsText(perms) }));

/** Errors that the reference shell tells in words of its own; the path follows. */
const SENTENCES: Readonly<Partial<Record<KeeperError["code"], string>>> = {
  NodeExists: "Node already exists: ",
  NoNode: "Node does not exist: ",
  NoChildrenForEphemerals: "Ephemerals cannot have children: ",
  InvalidACL: "Acl is not valid : ",
  NoAuth: "Insufficient permission : ",
  BadArguments: "Arguments are not valid : ",
  BadVersion: "version No is not valid : ",
  NotEmpty: "Node not empty: ",
};
/** Codes that the reference calls otherwise. */
const NAMES: Readonly<Partial<Record<KeeperError["code"], string>>> = {
  ApiError: "APIError",
  SessionExpired: "Session expired",
  SessionMoved: "Session moved",
  NotReadOnly: "Not a read-only call",
  EphemeralOnLocalSession: "Ephemeral node on local session",
  NoWatcher: "No such watcher",
  ReconfigDisabled: "Reconfig is disabled",
  SessionClosedRequireSaslAuth: "Session closed because client failed to authenticate",
  QuotaExceeded: "Quota has exceeded",
  ThrottledOp: "Op throttled due to high load",
};

/** One line about an error of the client. */
export function errorText(error: KeeperError): string {
  const sentence = SENTENCES[error.code];
  const path = error.element?.path ?? error.path;
  // A path that the client itself found wrong: its words say more.
  if (error.detail !== undefined && error.code === "BadArguments") return error.detail;
  if (sentence !== undefined) return `${sentence}${path ?? null}`;
  const name = NAMES[error.code] ?? error.code;
  return `KeeperErrorCode = ${name}${path === undefined ? "" : ` for ${path}`}`;
}
