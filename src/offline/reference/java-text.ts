/**
 * Text as the reference's tools print it: transactions, dates, numbers.
 * From: what TxnLogToolkit and SnapshotFormatter of 3.8.0 print, asked about each kind.
 */
import { textOf } from "../../base/bytes.ts";
import { JuteWriter } from "../../jute/writer.ts";
import type { Acl } from "../../records/data.ts";
import { type Txn, type TxnEntry, writeEntry } from "../../records/txn.ts";

const hex = (id: bigint): string => BigInt.asUintN(64, id).toString(16);

/** `0x00000000000031`: a zxid in a snapshot's dump. */
export const paddedHex = (id: bigint): string => `0x${hex(id).padStart(14, "0")}`;

const SHORT = new Intl.DateTimeFormat("en-US", {
  ...{ month: "numeric", day: "numeric", year: "2-digit" },
  ...{ hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
});
/** `11/22/26, 3:53:14 PM UTC`; newer tables of the language have a narrow space in it. */
const shortDate = (time: number): string => SHORT.format(time).replaceAll("\u202f", " ");

const LONG = new Intl.DateTimeFormat("en-US", {
  ...{ weekday: "short", month: "short", day: "2-digit", year: "numeric" },
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  timeZoneName: "short",
});
/** `Sun Nov 22 15:53:14 UTC 2026`. */
export function longDate(time: number): string {
  const parts = new Map(LONG.formatToParts(time).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const clock = `${part("hour")}:${part("minute")}:${part("second")}`;
  const day = `${part("weekday")} ${part("month")} ${part("day")}`;
  return `${day} ${clock} ${part("timeZoneName")} ${part("year")}`;
}

/** A string inside a record that prints itself. */
const quoted = (text: string): string => `'${text.replace(/[\0\n\r,}%]/g, percent)}`;

function percent(char: string): string {
  const digits = char.charCodeAt(0).toString(16).toUpperCase();
  return `%${digits.padStart(2, "0")}`;
}

const aclInside = ({ perms, scheme, id }: Acl): string =>
  `${perms},s{${quoted(scheme ?? "")},${quoted(id ?? "")}}`;

/** A list that prints itself, of records of which each ends its line. */
const aclList = (acl: readonly Acl[]): string =>
  `[${acl.map((each) => `${aclInside(each)}\n`).join(", ")}]`;

const dataText = (data: Uint8Array | null): string => (data === null ? "" : textOf(data));

const NAMES: { readonly [kind in Txn["kind"]]?: string } = { createTTL: "createTtl" };
const nameOf = ({ kind }: Txn): string => NAMES[kind] ?? kind;

function bodyText(txn: Txn): string {
  switch (txn.kind) {
    case "create":
    case "create2": {
      const { path, data, acl, ephemeral, parentCversion } = txn;
      return `${path},${dataText(data)},${aclList(acl)},${ephemeral},${parentCversion}`;
    }
    case "createContainer":
      return `${txn.path},${dataText(txn.data)},${aclList(txn.acl)},${txn.parentCversion}`;
    case "createTTL": {
      const { path, data, acl, parentCversion, ttl } = txn;
      return `${path},${dataText(data)},${aclList(acl)},${parentCversion},${ttl}`;
    }
    case "setData":
    case "reconfig":
      return `${txn.path},${dataText(txn.data)},${txn.version}`;
    case "setACL": {
      const acl = txn.acl.map((each) => `s{${aclInside(each)}}`).join(",");
      return `${quoted(txn.path)},v{${acl}},${txn.version}`;
    }
    case "delete":
    case "deleteContainer":
      return quoted(txn.path);
    case "check":
      return `${quoted(txn.path)},${txn.version}`;
    case "createSession":
      return String(txn.timeoutMs);
    case "closeSession":
      return txn.paths === null ? "" : `v{${txn.paths.map(quoted).join(",")}}`;
    case "error":
      return String(txn.err);
    case "multi":
      return txn.txns.map((part) => `${nameOf(part)}:${textOf(rawBody(part))}`).join(";");
  }
}

/** Behind the header, which is as long for every transaction. */
const HEADER_BYTES = 32;
const NO_HEADER: TxnEntry["header"] = {
  clientId: 0n as TxnEntry["header"]["clientId"],
  zxid: 0n as TxnEntry["header"]["zxid"],
  cxid: 0,
  time: 0,
};

function rawBody(txn: Txn): Uint8Array {
  const to = new JuteWriter();
  writeEntry(to, { header: NO_HEADER, txn });
  return to.written().subarray(HEADER_BYTES);
}

/** The line of a transaction, as TxnLogToolkit prints it. `prefix` stands before it. */
export function entryLine({ header, txn }: TxnEntry, prefix = ""): string {
  const { clientId, cxid, zxid, time } = header;
  const ids = `session 0x${hex(clientId)} cxid 0x${hex(BigInt(cxid))} zxid 0x${hex(zxid)}`;
  const before = prefix === "" ? "" : `${prefix} - `;
  const line = `${before}${shortDate(time)} ${ids} ${nameOf(txn)} ${bodyText(txn)}`;
  // A setData or the like ends its line itself where its data do.
  return line.endsWith("\n") ? line : `${line}\n`;
}
