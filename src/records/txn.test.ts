/**
 * Transactions: every record of a log that Apache ZooKeeper 3.8.0 wrote, both ways and against a
 * decoding made elsewhere; the tails that old or special writers leave out; damage.
 */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readGolden, readGoldenLines } from "../../test/support/golden.ts";
import { adler32 } from "../base/adler32.ts";
import { bytesOfHex, hexOf, joinBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { describeId, type SessionId, type ZXID_ZERO } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import type { Acl } from "./data.ts";
import { OpCode } from "./op-codes.ts";
import { readEntry, type Txn, type TxnEntry, writeEntry } from "./txn.ts";

type GoldenTxn = {
  readonly file: string;
  /** Of the eight bytes of checksum, then four of length, then the entry. */
  readonly offset: number;
  readonly entryLength: number;
  readonly adler32: string;
  readonly header: object;
  readonly body: object | null;
  readonly digest: object | null;
};
const FOLDER = "standalone/data/version-2";
const golden = readGoldenLines("standalone/txns.jsonl") as readonly GoldenTxn[];
const logs = new Map(
  [...new Set(golden.map(({ file }) => file))].map((file) => [
    file,
    readGolden(`${FOLDER}/${file}`),
  ]),
);
const ENTRY_OFFSET = 12;
const entries = golden.map(({ file, offset, entryLength }) => {
  const start = offset + ENTRY_OFFSET;
  return logs.get(file)!.slice(start, start + entryLength);
});

function written(entry: TxnEntry): Uint8Array {
  const to = new JuteWriter(1);
  writeEntry(to, entry);
  return to.taken();
}
const read = (bytes: Uint8Array): TxnEntry => readEntry(new JuteReader(bytes));

test("the log holds what the tests below are about", () => {
  equal(golden.length, 348);
  const types = new Set(entries.map((bytes) => describeKind(read(bytes))));
  deepEqual(
    [...types].sort(),
    "closeSession create create2 createContainer createSession createTTL delete error multi setACL setData".split(
      " ",
    ),
  );
});

const describeKind = (entry: TxnEntry): string => entry.txn.kind;

for (const file of logs.keys()) {
  test(`every record of ${file} comes out as it went in`, () => {
    golden.forEach((each, index) => {
      if (each.file !== file) return;
      const bytes = entries[index]!;
      equal(adler32(bytes), Number.parseInt(each.adler32, 16));
      equal(hexOf(written(read(bytes))), hexOf(bytes), `offset ${each.offset}`);
    });
  });

  test(`every record of ${file} means what it should`, () => {
    golden.forEach((each, index) => {
      if (each.file === file) deepEqual(plain(read(entries[index]!)), expected(each));
    });
  });
}

/** The decoding in txns.jsonl leaves out what it writes elsewhere. */
const expected = ({ header, body, digest }: GoldenTxn): object => ({ header, body, digest });

/** Our value in the words of txns.jsonl. */
function plain({ header, txn, digest }: TxnEntry): object {
  return {
    header: {
      clientId: describeId(header.clientId),
      cxid: header.cxid,
      zxid: describeId(header.zxid),
      time: header.time,
      type: OpCode[txn.kind],
    },
    body: plainBody(txn),
    digest:
      digest === undefined
        ? null
        : { version: digest.version, treeDigest: describeId(digest.tree) },
  };
}

const plainAcl = (acl: readonly Acl[]): object =>
  acl.map(({ perms, scheme, id }) => [perms, scheme, id]);
const plainData = (data: Uint8Array | null): string | null => (data === null ? null : hexOf(data));

function plainBody(txn: Txn): object {
  switch (txn.kind) {
    case "create":
    case "create2":
      return {
        path: txn.path,
        data: plainData(txn.data),
        acl: plainAcl(txn.acl),
        eph: txn.ephemeral,
        pcv: txn.parentCversion,
      };
    case "createContainer":
    case "createTTL": {
      const { path, parentCversion: pcv } = txn;
      const body = { path, data: plainData(txn.data), acl: plainAcl(txn.acl), pcv };
      return txn.kind === "createTTL" ? { ...body, ttl: Number(txn.ttl) } : body;
    }
    case "setData":
    case "reconfig":
      return { path: txn.path, data: plainData(txn.data), version: txn.version };
    case "setACL":
      return { path: txn.path, acl: plainAcl(txn.acl), version: txn.version };
    case "delete":
    case "deleteContainer":
      return { path: txn.path };
    case "check":
      return { path: txn.path, version: txn.version };
    case "createSession":
      return { timeout: txn.timeoutMs };
    case "closeSession":
      return { paths: txn.paths };
    case "error":
      return { err: txn.err };
    case "multi":
      return { txns: txn.txns.map((each) => [OpCode[each.kind], plainBody(each)]) };
  }
}

const HEADER = "0100001b00950000 00000003 0000000100000005 000001a203fa09e4";
const DIGEST = "00000002 0000000051c6d660";
const header = {
  clientId: 0x0100_001b_0095_0000n as SessionId,
  cxid: 3,
  zxid: 0x1_0000_0005n as typeof ZXID_ZERO,
  time: 0x1a203fa09e4,
};
const digest = { version: 2, tree: 0x51c6d660n };
const created = { path: "/a", data: null, acl: [], ephemeral: true };
const CREATED = "00000002 2f61 ffffffff 00000000 01";

type Row = readonly [why: string, hex: string, entry: TxnEntry];
/** Both ways. */
const tails: readonly Row[] = [
  [
    "a refused write, no digest",
    "ffffffff ffffff99",
    { header, txn: { kind: "error", err: -103 } },
  ],
  [
    "closeSession with paths",
    `fffffff5 00000001 00000002 2f61 ${DIGEST}`,
    { header, txn: { kind: "closeSession", paths: ["/a"] }, digest },
  ],
  [
    "closeSession without ephemerals",
    `fffffff5 00000000 ${DIGEST}`,
    { header, txn: { kind: "closeSession", paths: [] }, digest },
  ],
  [
    "closeSession without a body",
    "fffffff5",
    { header, txn: { kind: "closeSession", paths: null } },
  ],
  [
    "closeSession without a body, but with a digest",
    `fffffff5 ${DIGEST}`,
    { header, txn: { kind: "closeSession", paths: null }, digest },
  ],
  [
    "closeSession of one path that is as long as a digest",
    "fffffff5 00000001 00000004 2f612f62",
    { header, txn: { kind: "closeSession", paths: ["/a/b"] } },
  ],
  [
    "create",
    `00000001 ${CREATED} 00000007 ${DIGEST}`,
    { header, txn: { kind: "create", ...created, parentCversion: 7 }, digest },
  ],
  [
    "create with digests off",
    `00000001 ${CREATED} 00000007`,
    { header, txn: { kind: "create", ...created, parentCversion: 7 } },
  ],
  [
    "a failed multi",
    "0000000e 00000002 00000002 00000006 000000022f61 ffffffff 00000004 ffffff9b",
    {
      header,
      txn: {
        kind: "multi",
        txns: [
          { kind: "delete", path: "/a" },
          { kind: "error", err: -101 },
        ],
      },
    },
  ],
  [
    "check by itself, as only 3.8.0 logs it",
    "0000000d 00000002 2f61 00000000",
    { header, txn: { kind: "check", path: "/a", version: 0 } },
  ],
  [
    "an empty multi",
    `0000000e 00000000 ${DIGEST}`,
    { header, txn: { kind: "multi", txns: [] }, digest },
  ],
];
for (const [why, hex, entry] of tails) {
  test(`both ways: ${why}`, () => {
    const bytes = bytesOfHex(HEADER + hex);
    deepEqual(read(bytes), entry);
    equal(hexOf(written(entry)), hexOf(bytes));
  });
}

test("a create of an old log ends before the parent's cversion", () =>
  deepEqual(read(bytesOfHex(`${HEADER} 00000001 ${CREATED}`)).txn, {
    kind: "create",
    ...created,
    parentCversion: -1,
  }));

test("what is too short for a digest is none", () =>
  equal(read(bytesOfHex(`${HEADER} 00000002 00000002 2f61 00000002`)).digest, undefined));

const damage: ReadonlyArray<readonly [why: string, hex: string]> = [
  ["an unknown type", "00000063"],
  ["a read, which is no transaction", "00000004 00000002 2f61 00"],
  ["a null path", "00000002 ffffffff"],
  ["a null ACL list", "00000007 00000002 2f61 ffffffff 00000000"],
  ["create2 without the parent's cversion", `0000000f ${CREATED}`],
  ["a multi with a null element", "0000000e 00000001 00000002 ffffffff"],
  ["a multi with an element of unknown type", "0000000e 00000001 00000063 00000000"],
  ["a multi whose element is cut short", "0000000e 00000001 00000002 00000002 0000"],
  ["a multi in a multi", "0000000e 00000001 0000000e 00000004 00000000"],
  ["a multi of more elements than there are bytes", "0000000e 7fffffff"],
];
for (const [why, hex] of damage) {
  test(`refuses ${why}`, () => throws(() => read(bytesOfHex(HEADER + hex)), ProtocolError));
}

test("an entry cut anywhere is refused or read as one without its tail, never anything else", () => {
  const pick = fc.nat(entries.length - 1);
  fc.assert(
    fc.property(pick, fc.nat(), fc.nat(), fc.nat(255), (index, cut, place, byte) => {
      const whole = entries[index]!;
      const part = joinBytes([whole.subarray(0, cut % whole.length)]);
      if (part.length > 0) part[place % part.length] = byte;
      try {
        read(part);
      } catch (error) {
        equal(error instanceof ProtocolError, true);
      }
    }),
    { numRuns: 2000 },
  );
});
