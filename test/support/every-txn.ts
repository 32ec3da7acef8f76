/** A log with a transaction of every kind that servers write, with names and data that need care. */
import { utf8 } from "../../src/base/bytes.ts";
import { toSessionId, toZxid } from "../../src/base/ids.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import { type Acl, OPEN_ACL } from "../../src/records/data.ts";
import { type Txn, writeEntry } from "../../src/records/txn.ts";
import { writeLogHeader, writeRecord } from "../../src/txnlog/log-format.ts";

const acl = OPEN_ACL;
const oddAcl: readonly Acl[] = [
  { perms: 3, scheme: "digest", id: "a,b}%\n" },
  { perms: 0, scheme: "", id: "" },
];
const oddData = new Uint8Array([255, 254, 0xe2, 0x82, 10, 13, 0]);

export const EVERY_TXN: readonly Txn[] = [
  { kind: "createSession", timeoutMs: 4000 },
  { kind: "create", path: "/a", data: null, acl, ephemeral: true, parentCversion: -1 },
  {
    ...{ kind: "create2", path: "/a,b\nc", data: utf8("line\n"), acl: oddAcl },
    ...{ ephemeral: false, parentCversion: 3 },
  } as Txn,
  { kind: "create", path: "/none", data: utf8(""), acl: [], ephemeral: false, parentCversion: 3 },
  { kind: "createContainer", path: "/c", data: null, acl, parentCversion: 1 },
  { kind: "createTTL", path: "/t", data: utf8("x"), acl, parentCversion: 1, ttl: 77n },
  { kind: "setData", path: "/a", data: null, version: 2 },
  { kind: "setData", path: "/a", data: oddData, version: 2 },
  { kind: "setACL", path: "/a,}'%", acl: oddAcl, version: 1 },
  { kind: "setACL", path: "/a", acl: [], version: 1 },
  { kind: "delete", path: "/d\u0000\r" },
  { kind: "deleteContainer", path: "/dc" },
  { kind: "reconfig", path: "/zookeeper/config", data: utf8("server.1=x"), version: 1 },
  { kind: "error", err: -101 },
  { kind: "closeSession", paths: null },
  { kind: "closeSession", paths: [] },
  { kind: "closeSession", paths: ["/a", "/b"] },
  { kind: "multi", txns: [] },
  {
    kind: "multi",
    txns: [
      { kind: "error", err: 0 },
      { kind: "check", path: "/a", version: 4 },
      { kind: "delete", path: "/x" },
      { kind: "setACL", path: "/x", acl, version: 1 },
      { kind: "create2", path: "/y", data: null, acl, ephemeral: false, parentCversion: 1 },
    ],
  },
];

const SEVEN_HOURS_MS = 7 * 3_600_000;
const BEGIN = Date.UTC(2023, 10, 14, 22, 13, 20);

/** The bytes of a log with `txns`, numbered from `first` on. Every second one has a digest. */
export function logOf(txns: readonly Txn[], first = 1n): Uint8Array {
  const to = new JuteWriter();
  writeLogHeader(to);
  for (const [index, txn] of txns.entries()) {
    const entry = new JuteWriter();
    const header = {
      clientId: toSessionId(-5n),
      cxid: index - 1,
      zxid: toZxid(first + BigInt(index)),
      time: BEGIN + index * SEVEN_HOURS_MS,
    };
    const digest = { version: 2, tree: 5n };
    writeEntry(entry, index % 2 === 0 ? { header, txn } : { header, txn, digest });
    writeRecord(to, entry.written());
  }
  return to.written().slice();
}
