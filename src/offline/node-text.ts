/** A node of a snapshot as a line for people, and as a value for programs. */
import { describeId } from "../base/ids.ts";
import { kindOf, type SnapshotNode } from "./snapshot-load.ts";
import { aclText, type JsonRecord, oneLine, timeText } from "./txn-text.ts";

const utf8 = new TextDecoder();

const sizeText = ({ dataBytes }: SnapshotNode): string =>
  dataBytes === null ? "no data" : `${dataBytes} bytes`;

function ownerText(node: SnapshotNode): string {
  const owner = kindOf(node);
  switch (owner.kind) {
    case "none":
      return "";
    case "container":
      return " container";
    case "ttl":
      return ` ttl ${owner.ttlMs} ms`;
    case "session":
      return ` ephemeral ${describeId(owner.session)}`;
  }
}

/** `withData`: the data was loaded too. */
export function nodeText(node: SnapshotNode, withData: boolean): string {
  const { path, stat, acl } = node;
  const when = `changed ${describeId(stat.mzxid)} ${timeText(stat.mtime)}`;
  const rights = acl.map(aclText).map(oneLine).join(",");
  const data = withData && node.dataBytes !== null ? ` = ${oneLine(utf8.decode(node.data))}` : "";
  const what = `${oneLine(path)} ${sizeText(node)} version ${stat.version} ${when}`;
  return `${what}${ownerText(node)} acl ${rights}${data}`;
}

/** 64-bit ids are hexadecimal text, data base64. */
export function nodeJson(node: SnapshotNode, withData: boolean): JsonRecord {
  const { path, stat, acl, dataBytes } = node;
  const data = dataBytes === null ? null : Buffer.from(node.data).toString("base64");
  const owner = kindOf(node);
  return {
    path,
    dataBytes,
    ...(withData && { data }),
    acl: acl.map(aclText),
    czxid: describeId(stat.czxid),
    mzxid: describeId(stat.mzxid),
    pzxid: describeId(stat.pzxid),
    ctime: timeText(stat.ctime),
    mtime: timeText(stat.mtime),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ...(owner.kind === "session" && { ephemeralOwner: describeId(owner.session) }),
    ...(owner.kind === "ttl" && { ttlMs: owner.ttlMs }),
    ...(owner.kind === "container" && { container: true }),
  };
}
