/** Election messages: the captured ones come out again, older and broken ones are told apart. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { readStream, streamNames } from "../../test/support/golden.ts";
import { bytesOfHex, hexOf, utf8 } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { makeZxid, toServerId, toZxid } from "../base/ids.ts";
import {
  decodeInitial,
  decodeNotification,
  encodeInitial,
  encodeNotification,
  INITIAL_V1,
  INITIAL_V2,
  type Notification,
} from "./election.ts";

for (const name of streamNames("fle")) {
  const { frames } = readStream(name);
  test(`${name}: initial message and notifications come out as they went in`, () => {
    const [first, ...others] = frames;
    const initial = decodeInitial(first!.bytes)!;
    const version = initial.addresses.length === 1 ? INITIAL_V1 : INITIAL_V2;
    equal(hexOf(encodeInitial(initial, version)), hexOf(first!.bytes));
    equal(initial.byteLength, first!.bytes.length);
    for (const { bytes } of others) {
      equal(hexOf(encodeNotification(decodeNotification(bytes, 4)!)), hexOf(bytes));
    }
  });
}

test("a captured notification means what it says", () => {
  const { frames } = readStream("fle/a-2-to-1-old-leader-returns");
  const { config, ...told } = decodeNotification(frames[4]!.bytes, 4)!;
  deepEqual(told, {
    leader: 3n,
    zxid: makeZxid(1, 0x1b),
    peerEpoch: 2n,
    state: "following",
    electionEpoch: 2n,
    version: 2,
  });
  equal(config.split("\n").at(-1), "version=0");
});

test("an observer's vote is the smallest there is", () => {
  const { frames } = readStream("fle/a-4-to-3-observer");
  const { leader, zxid, peerEpoch } = decodeNotification(frames[1]!.bytes, 4)!;
  deepEqual([leader, zxid, peerEpoch], [-(2n ** 63n), -(2n ** 63n), -(2n ** 63n)]);
});

const HEAD = "00000002 0000000000000003 0000000500000007 0000000000000009";
const base = { leader: toServerId(3n), zxid: makeZxid(5, 7), electionEpoch: 9n } as const;
const leading: Notification = { ...base, peerEpoch: 5n, state: "leading", version: 0, config: "" };
type Row = readonly [why: string, hex: string, want: Notification | undefined];
const forms: readonly Row[] = [
  ["27 bytes", HEAD.slice(0, -2), undefined],
  ["28 bytes: the epoch is the zxid's", HEAD, leading],
  ["36 bytes: an epoch, but nothing behind it", `${HEAD} 0000000000000006`, undefined],
  [
    "40 bytes: an epoch, the rest has no meaning",
    `${HEAD} 0000000000000006 00000002`,
    { ...leading, peerEpoch: 6n },
  ],
  [
    "version 1 has no configuration",
    `${HEAD} 0000000000000006 00000001 00`,
    { ...leading, peerEpoch: 6n, version: 1 },
  ],
  [
    "version 2, empty configuration",
    `${HEAD} 0000000000000006 00000002 00000000`,
    { ...leading, peerEpoch: 6n, version: 2 },
  ],
  [
    "a later version, with a configuration and more",
    `${HEAD} 0000000000000006 00000003 00000002 c3a9 ffff`,
    { ...leading, peerEpoch: 6n, version: 3, config: "é" },
  ],
  ["no length of a configuration", `${HEAD} 0000000000000006 00000002 0000`, undefined],
  ["a negative one", `${HEAD} 0000000000000006 00000002 ffffffff`, undefined],
  ["one beyond the message", `${HEAD} 0000000000000006 00000002 00000003 c3a9`, undefined],
  ["a state that is none", HEAD.replace("00000002", "00000004"), undefined],
  ["a negative state", HEAD.replace("00000002", "ffffffff"), undefined],
];
for (const [why, hex, want] of forms) {
  test(`notification: ${why}`, () => {
    deepEqual(decodeNotification(bytesOfHex(hex)), want);
    const inside = bytesOfHex(`ffff ${hex} ffff`);
    deepEqual(decodeNotification(inside, 2, inside.length - 2), want);
  });
}

const V1 = "ffffffffffff0000 0000000000000002";
const initials: ReadonlyArray<readonly [why: string, hex: string, want: object | undefined]> = [
  [
    "an older server tells its id alone",
    "0000000000000007 00",
    { sid: 7n, addresses: [], byteLength: 8 },
  ],
  [
    "a notification behind it is not touched",
    `${V1} 00000003 613a31 000000de`,
    { sid: 2n, addresses: ["a:1"], byteLength: 23 },
  ],
  [
    "several addresses, one of IPv6",
    `ffffffffffff0001 7fffffffffffffff 0000000b 613a317c5b3a3a315d3a32`,
    { sid: 2n ** 63n - 1n, addresses: ["a:1", "[::1]:2"], byteLength: 31 },
  ],
  ["no byte yet", "", undefined],
  ["its first long is not whole", "ffffffffffff00", undefined],
  ["no id yet", "ffffffffffff0000 00000000", undefined],
  ["the address is not whole", `${V1} 00000003 613a`, undefined],
];
for (const [why, hex, want] of initials) {
  test(`initial message: ${why}`, () => deepEqual(decodeInitial(bytesOfHex(hex)), want));
}

const refused: ReadonlyArray<readonly [why: string, hex: string]> = [
  ["another version", "ffffffffffff0002"],
  ["-1", "ffffffffffffffff"],
  ["no address", `${V1} 00000000`],
  ["a negative length", `${V1} ffffffff`],
  ["2049 bytes of addresses", `${V1} 00000801`],
  ["an address without port", `${V1} 00000001 61`],
  ["an empty address behind a bar", `${V1} 00000004 613a317c`],
  ["IPv6 without brackets", `${V1} 00000005 3a3a313a32`],
];
for (const [why, hex] of refused) {
  test(`initial message refused: ${why}`, () => {
    throws(() => decodeInitial(bytesOfHex(hex)), ProtocolError);
  });
}

test("a frame's length counts bytes, not characters", () => {
  const told: Notification = {
    ...leading,
    zxid: toZxid(-1n),
    peerEpoch: -1n,
    version: 2,
    config: "é",
  };
  const frame = encodeNotification(told);
  equal(new DataView(frame.buffer).getInt32(0), frame.length - 4);
  equal(frame.length, 4 + 44 + utf8("é").length);
  deepEqual(decodeNotification(frame, 4), told);
});
