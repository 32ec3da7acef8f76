/** A transaction as a line for people, and as a value for programs. */
import { describeId } from "../base/ids.ts";
import type { Acl } from "../records/data.ts";
import { errorName } from "../records/error-codes.ts";
import type { Txn, TxnEntry } from "../records/txn.ts";

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonRecord = { readonly [key: string]: Json };

/** Data as base64: bytes need not be text. */
const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString("base64");

const LETTERS = { c: 4, d: 8, r: 1, w: 2, a: 16 };

/** `world:anyone:cdrwa`, as the reference's shell takes it. */
export function aclText({ perms, scheme, id }: Acl): string {
  const letters = Object.entries(LETTERS).filter(([, bit]) => (perms & bit) !== 0);
  return `${scheme ?? ""}:${id ?? ""}:${letters.map(([letter]) => letter).join("")}`;
}

const bytesText = (data: Uint8Array | null): string =>
  data === null ? "no data" : `${data.length} bytes`;

/** How a path or data may stand in a line: whatever would disturb it is escaped. */
export const oneLine = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f\\\u2028\u2029]/g, (char) =>
    char === "\\" ? "\\\\" : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const utf8 = new TextDecoder();

/** `=` and the data as text, where they are asked for. */
const shown = (data: Uint8Array | null, withData: boolean): string =>
  withData && data !== null ? ` = ${oneLine(utf8.decode(data))}` : "";

/** The part of the line that tells of the transaction itself. */
function txnText(txn: Txn, withData: boolean): string {
  switch (txn.kind) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL": {
      const what = `${txn.kind} ${oneLine(txn.path)} ${bytesText(txn.data)}`;
      const acl = txn.acl.map(aclText).join(",");
      return `${what}${kindText(txn)} acl ${oneLine(acl)}${shown(txn.data, withData)}`;
    }
    case "setData":
    case "reconfig": {
      const what = `${txn.kind} ${oneLine(txn.path)} ${bytesText(txn.data)}`;
      return `${what} version ${txn.version}${shown(txn.data, withData)}`;
    }
    case "setACL": {
      const acl = txn.acl.map(aclText).join(",");
      return `setACL ${oneLine(txn.path)} version ${txn.version} acl ${oneLine(acl)}`;
    }
    case "check":
      return `check ${oneLine(txn.path)} version ${txn.version}`;
    case "delete":
    case "deleteContainer":
      return `${txn.kind} ${oneLine(txn.path)}`;
    case "createSession":
      return `createSession timeout ${txn.timeoutMs} ms`;
    case "closeSession":
      return `closeSession ${(txn.paths ?? []).map(oneLine).join(" ")}`.trimEnd();
    case "error":
      return `error ${errorText(txn.err)}`;
    case "multi":
      return `multi of ${txn.txns.length}: ${partsText(txn.txns, withData)}`;
  }
}

const partsText = (txns: readonly Txn[], withData: boolean): string =>
  txns.map((part) => txnText(part, withData)).join("; ");

type Creation = Extract<Txn, { readonly kind: `create${string}`; readonly path: string }>;

function kindText(txn: Creation): string {
  if (txn.kind === "createTTL") return ` ttl ${txn.ttl} ms`;
  return "ephemeral" in txn && txn.ephemeral ? " ephemeral" : "";
}

const errorText = (code: number): string => errorName(code) ?? String(code);

/** `2026-11-22T15:53:14.123Z`; a time that no calendar has, as its number of ms. */
export function timeText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}

/** The whole line. */
export function entryText({ header, txn }: TxnEntry, withData: boolean): string {
  const { zxid, time, clientId, cxid } = header;
  const who = `session ${describeId(clientId)} cxid ${cxid}`;
  return `${timeText(time)} ${describeId(zxid)} ${who} ${txnText(txn, withData)}`;
}

/** The transaction for programs. 64-bit ids are hexadecimal text, data base64. */
function txnJson(txn: Txn, withData: boolean): JsonRecord {
  const data = (bytes: Uint8Array | null): JsonRecord => ({
    dataBytes: bytes === null ? null : bytes.length,
    ...(withData && { data: base64(bytes) }),
  });
  switch (txn.kind) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL": {
      const { kind: type, path, acl } = txn;
      const more: JsonRecord =
        txn.kind === "createTTL"
          ? { ttlMs: Number(txn.ttl) }
          : { ephemeral: "ephemeral" in txn && txn.ephemeral };
      return { type, path, ...data(txn.data), acl: acl.map(aclText), ...more };
    }
    case "setData":
    case "reconfig":
      return { type: txn.kind, path: txn.path, ...data(txn.data), version: txn.version };
    case "setACL":
      return { type: "setACL", path: txn.path, acl: txn.acl.map(aclText), version: txn.version };
    case "check":
      return { type: "check", path: txn.path, version: txn.version };
    case "delete":
    case "deleteContainer":
      return { type: txn.kind, path: txn.path };
    case "createSession":
      return { type: "createSession", timeoutMs: txn.timeoutMs };
    case "closeSession":
      return { type: "closeSession", paths: txn.paths };
    case "error":
      return { type: "error", error: errorText(txn.err) };
    case "multi":
      return { type: "multi", parts: txn.txns.map((part) => txnJson(part, withData)) };
  }
}

export function entryJson({ header, txn }: TxnEntry, withData: boolean): JsonRecord {
  return {
    zxid: describeId(header.zxid),
    time: timeText(header.time),
    session: describeId(header.clientId),
    cxid: header.cxid,
    ...txnJson(txn, withData),
  };
}

/** The paths that a transaction names. */
export function pathsOf(txn: Txn): readonly string[] {
  switch (txn.kind) {
    case "createSession":
    case "error":
      return [];
    case "closeSession":
      return txn.paths ?? [];
    case "multi":
      return txn.txns.flatMap(pathsOf);
    default:
      return [txn.path];
  }
}
