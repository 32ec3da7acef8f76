/**
 * Frames of Apache ZooKeeper 3.8.0 read by hand: what the bytes mean, not only that they come out
 * again.
 * From: specification 8; the streams they are taken from are in test/golden, but for sasl and
 * reconfig.
 */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { bytesOfHex, EMPTY_BYTES, hexOf, utf8 } from "../base/bytes.ts";
import { makeZxid, toSessionId, toZxid, ZXID_ZERO } from "../base/ids.ts";
import { type Codec, record } from "../jute/codec.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import * as client from "./client.ts";
import { ownerOf, ttlOwner } from "./constants.ts";
import { Acl, OPEN_ACL, STAT_BYTES, Stat, StatPersisted } from "./data.ts";
import { readMultiOps, readMultiResults, writeMultiOps, writeMultiResults } from "./multi.ts";

const ACL_OPEN = "00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65";
const PASSWORD = "401ef643cd928d3e1e7b28975ea823d4";
const session = toSessionId(0x0100_0013_58de_0000n);
const createdAt = 0x1a203f268b2;
const nodeStat: Stat = {
  czxid: toZxid(3n),
  mzxid: toZxid(3n),
  ctime: createdAt,
  mtime: createdAt,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 1,
  numChildren: 0,
  pzxid: toZxid(3n),
};
const STAT_HEX = `0000000000000003 0000000000000003 000001a203f268b2 000001a203f268b2 00000000
  00000000 00000000 0000000000000000 00000001 00000000 0000000000000003`;

const header = (xid: number, type: number) => ({ xid, type });
const reply = (xid: number, zxid: bigint, err: number) => ({ xid, zxid: toZxid(zxid), err });
/** A frame: a header and a body, without the length. */
const withBody = <B>(body: Codec<B>) => record({ header: client.RequestHeader, body });
const answered = <B>(body: Codec<B>) => record({ header: client.ReplyHeader, body });

type Vector = readonly [why: string, codec: Codec<unknown>, hex: string, value: unknown];
const greeting = { protocolVersion: 0, lastZxidSeen: ZXID_ZERO, timeoutMs: 10_000 };
const vectors: readonly Vector[] = [
  [
    "a client greets",
    client.ConnectRequest,
    "00000000 0000000000000000 00002710 0000000000000000 00000010 00000000000000000000000000000000 00",
    { ...greeting, sessionId: 0n, password: new Uint8Array(16), readOnly: false },
  ],
  [
    "an old client greets",
    client.ConnectRequest,
    "00000000 0000000000000000 00002710 0000000000000000 00000010 00000000000000000000000000000000",
    { ...greeting, sessionId: 0n, password: new Uint8Array(16), readOnly: undefined },
  ],
  [
    "the server greets",
    client.ConnectResponse,
    `00000000 00002710 0100001358de0000 00000010 ${PASSWORD} 00`,
    {
      protocolVersion: 0,
      timeoutMs: 10_000,
      sessionId: session,
      password: bytesOfHex(PASSWORD),
      readOnly: false,
    },
  ],
  [
    "the server refuses",
    client.ConnectResponse,
    "00000000 00000000 0000000000000000 00000010 00000000000000000000000000000000 00",
    {
      protocolVersion: 0,
      timeoutMs: 0,
      sessionId: 0n,
      password: new Uint8Array(16),
      readOnly: false,
    },
  ],
  [
    "create",
    withBody(client.CreateRequest),
    `00000001 00000001 00000002 2f61 00000005 68656c6c6f ${ACL_OPEN} 00000000`,
    { header: header(1, 1), body: { path: "/a", data: utf8("hello"), acl: OPEN_ACL, flags: 0 } },
  ],
  [
    "create answered",
    answered(client.CreateResponse),
    "00000001 0000000000000002 00000000 00000002 2f61",
    { header: reply(1, 2n, 0), body: { path: "/a" } },
  ],
  [
    "create2",
    withBody(client.CreateRequest),
    `00000002 0000000f 00000004 2f612f62 00000001 78 ${ACL_OPEN} 00000000`,
    { header: header(2, 15), body: { path: "/a/b", data: utf8("x"), acl: OPEN_ACL, flags: 0 } },
  ],
  [
    "create2 answered",
    answered(client.Create2Response),
    `00000002 0000000000000003 00000000 00000004 2f612f62 ${STAT_HEX}`,
    { header: reply(2, 3n, 0), body: { path: "/a/b", stat: nodeStat } },
  ],
  [
    "create refused below an ephemeral",
    client.ReplyHeader,
    "00000004 0000000000000005 ffffff94",
    reply(4, 5n, -108),
  ],
  [
    "a sequential name",
    answered(client.CreateResponse),
    "00000005 0000000000000006 00000000 0000000f 2f612f732d30303030303030303031",
    { header: reply(5, 6n, 0), body: { path: "/a/s-0000000001" } },
  ],
  [
    "getData with a watch",
    withBody(client.ReadRequest),
    "00000010 00000004 00000002 2f61 01",
    { header: header(16, 4), body: { path: "/a", watch: true } },
  ],
  [
    "auth",
    withBody(client.AuthPacket),
    "fffffffc 00000064 00000000 00000006 646967657374 00000006 626f623a7077",
    { header: header(-4, 100), body: { type: 0, scheme: "digest", auth: utf8("bob:pw") } },
  ],
  ["auth answered", client.ReplyHeader, "fffffffc 0000000000000000 00000000", reply(-4, 0n, 0)],
  ["ping", client.RequestHeader, "fffffffe 0000000b", header(-2, 11)],
  ["ping answered", client.ReplyHeader, "fffffffe 0000000000000030 00000000", reply(-2, 48n, 0)],
  ["close", client.RequestHeader, "0000001f fffffff5", header(31, -11)],
  ["close answered", client.ReplyHeader, "0000001f 0000000000000033 00000000", reply(31, 51n, 0)],
  [
    "a node was created",
    answered(client.WatcherEvent),
    "ffffffff ffffffffffffffff 00000000 00000001 00000003 00000007 2f672f6e6f7065",
    { header: reply(-1, -1n, 0), body: { type: 1, state: 3, path: "/g/nope" } },
  ],
  [
    "children changed",
    answered(client.WatcherEvent),
    "ffffffff ffffffffffffffff 00000000 00000004 00000003 00000002 2f67",
    { header: reply(-1, -1n, 0), body: { type: 4, state: 3, path: "/g" } },
  ],
  [
    "setWatches",
    withBody(client.SetWatchesRequest),
    `fffffff8 00000065 0000000000000000 00000001 00000002 2f67 00000001 00000005 2f6e6f6e65
     00000001 00000002 2f67`,
    {
      header: header(-8, 101),
      body: { relativeZxid: ZXID_ZERO, data: ["/g"], exist: ["/none"], child: ["/g"] },
    },
  ],
  [
    "sasl, which a server without SASL answers with a null token",
    withBody(client.GetSASLRequest),
    "00000001 00000066 00000003 616263",
    { header: header(1, 102), body: { token: utf8("abc") } },
  ],
  [
    "sasl answered",
    answered(client.SetSASLResponse),
    "00000001 0000000000000000 00000000 ffffffff",
    { header: reply(1, 0n, 0), body: { token: null } },
  ],
  [
    "reconfig, which a standalone server refuses",
    withBody(client.ReconfigRequest),
    "00000002 00000010 00000010 7365727665722e393d683a313a323b33 ffffffff ffffffff ffffffffffffffff",
    {
      header: header(2, 16),
      body: {
        joiningServers: "server.9=h:1:2;3",
        leavingServers: null,
        newMembers: null,
        curConfigId: toZxid(-1n),
      },
    },
  ],
  [
    "reconfig refused",
    client.ReplyHeader,
    "00000002 000000000000001d ffffff85",
    reply(2, 29n, -123),
  ],
  [
    "ACL 1 of an empty snapshot: everybody may read",
    Acl,
    "00000001 00000005 776f726c64 00000006 616e796f6e65",
    { perms: 1, scheme: "world", id: "anyone" },
  ],
  [
    "the stored Stat of /zookeeper/config",
    StatPersisted,
    `${"00".repeat(40)} ffffffff ${"00".repeat(16)}`,
    {
      czxid: ZXID_ZERO,
      mzxid: ZXID_ZERO,
      ctime: 0,
      mtime: 0,
      version: 0,
      cversion: 0,
      aversion: -1,
      ephemeralOwner: 0n,
      pzxid: ZXID_ZERO,
    },
  ],
];
for (const [why, codec, hex, value] of vectors) {
  test(`reads and writes: ${why}`, () => {
    const from = new JuteReader(bytesOfHex(hex));
    deepEqual(codec.read(from), value);
    equal(from.remaining, 0);
    const to = new JuteWriter();
    codec.write(to, value);
    equal(hexOf(to.written()), hex.replace(/\s/g, ""));
  });
}

const multiHex = `
  00000001 00 ffffffff 00000003 2f6d31 00000001 31 ${ACL_OPEN} 00000000
  0000000d 00 ffffffff 00000003 2f6d31 00000000
  00000005 00 ffffffff 00000003 2f6d31 00000001 32 ffffffff
  00000002 00 ffffffff 00000003 2f6d31 ffffffff
  ffffffff 01 ffffffff`;
const multiOps: ReturnType<typeof readMultiOps> = [
  { kind: "create", request: { path: "/m1", data: utf8("1"), acl: OPEN_ACL, flags: 0 } },
  { kind: "check", request: { path: "/m1", version: 0 } },
  { kind: "setData", request: { path: "/m1", data: utf8("2"), version: -1 } },
  { kind: "delete", request: { path: "/m1", version: -1 } },
];
test("reads and writes: a multi of four", () => {
  deepEqual(readMultiOps(new JuteReader(bytesOfHex(multiHex)), false), multiOps);
  const to = new JuteWriter();
  writeMultiOps(to, multiOps);
  equal(hexOf(to.written()), multiHex.replace(/\s/g, ""));
});

type Results = ReturnType<typeof readMultiResults>;
const results: ReadonlyArray<readonly [why: string, hex: string, value: Results]> = [
  ["nothing", "ffffffff 01 ffffffff", []],
  [
    "four that went well",
    `00000001 00 00000000 00000003 2f6d31
     0000000d 00 00000000
     00000005 00 00000000 ${STAT_HEX}
     00000002 00 00000000
     ffffffff 01 ffffffff`,
    [
      { kind: "create", path: "/m1" },
      { kind: "check" },
      { kind: "setData", stat: nodeStat },
      { kind: "delete" },
    ],
  ],
  [
    "a failure at the second place",
    `ffffffff 00 00000000 00000000 ffffffff 00 ffffff9b ffffff9b ffffffff 00 fffffffe fffffffe
     ffffffff 00 fffffffe fffffffe ffffffff 01 ffffffff`,
    [0, -101, -2, -2].map((err) => ({ kind: "error", err })),
  ],
];
for (const [why, hex, value] of results) {
  test(`reads and writes the results of a multi: ${why}`, () => {
    deepEqual(readMultiResults(new JuteReader(bytesOfHex(hex))), value);
    const to = new JuteWriter();
    writeMultiResults(to, value);
    equal(hexOf(to.written()), hex.replace(/\s/g, ""));
  });
}

test("a Stat takes the bytes that it is said to", () => equal(Stat.bytesMin, STAT_BYTES));

test("owners: TTL nodes, containers and sessions", () => {
  const ttl = ttlOwner(600_000);
  equal(BigInt.asUintN(64, ttl), 0xff00_0000_0009_27c0n);
  deepEqual(ownerOf(ttl, true), { kind: "ttl", ttlMs: 600_000 });
  deepEqual(ownerOf(ttlOwner(2 ** 40 - 1), true), { kind: "ttl", ttlMs: 2 ** 40 - 1 });
  deepEqual(ownerOf(ttl, false), { kind: "session", session: ttl });
  deepEqual(ownerOf(-0x8000_0000_0000_0000n, true), { kind: "container" });
  deepEqual(ownerOf(0n, true), { kind: "none" });
  deepEqual(ownerOf(session, true), { kind: "session", session });
});

test("null and empty data are kept apart", () => {
  for (const [hex, data] of [
    ["ffffffff", null],
    ["00000000", EMPTY_BYTES],
  ] as const) {
    const request = { path: "/a", data, version: 7 };
    const to = new JuteWriter();
    client.SetDataRequest.write(to, request);
    equal(hexOf(to.written()), `000000022f61${hex}00000007`);
    deepEqual(client.SetDataRequest.read(new JuteReader(to.taken())), request);
  }
});

test("the zxid of a header keeps all its bits", () => {
  const to = new JuteWriter();
  client.ReplyHeader.write(to, { xid: 1, zxid: makeZxid(0x7fff_ffff, 0xffff_ffff), err: 0 });
  equal(hexOf(to.written()), "000000017fffffffffffffff00000000");
});
