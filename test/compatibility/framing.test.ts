/** Specification 2.1: frames, and what becomes of a connection that sends wrong ones. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { bytesOfHex, hexOf, utf8 } from "../../src/base/bytes.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { create, exists } from "../support/asking.ts";
import { configOf } from "../support/config.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

/** The specification's own request for a session of 10 s. */
const HELLO = `0000002d ${"00".repeat(12)} 00002710 ${"00".repeat(8)} 00000010 ${"00".repeat(16)} 00`;
const say = (at: WorldClient, hex: string): void => at.send(bytesOfHex(hex));

/** Sends bytes in a session; the same connection must end without a word, and no other. */
function closesAlone(hex: string): void {
  const world = new MachineWorld();
  const [a, b] = [world.open(), world.open()];
  a.frames.length = 0;
  say(a, hex);
  notEqual(a.closed, undefined);
  deepEqual(a.frames, []);
  equal(world.notes.length, 1);
  equal(b.err(exists(b, "/")), 0);
}

statement("2.1", "Every message in both directions is a length and so many bytes", () => {
  const world = new MachineWorld();
  const a = world.connect();
  for (const byte of bytesOfHex(HELLO)) a.send(Uint8Array.of(byte));
  for (const byte of bytesOfHex("00000008 fffffffe 0000000b")) a.send(Uint8Array.of(byte));
  deepEqual(
    a.frames.map((frame) => frame.length),
    [37, 16],
  );
});

statement("2.1", "Nothing is sent by a server before the first client message", () => {
  const a = new MachineWorld().connect();
  deepEqual([a.frames.length, a.closed], [0, undefined]);
});

statement("2.1", "First 4 bytes that are a four-letter command are answered as one", () => {
  const world = new MachineWorld();
  const a = world.connect();
  a.send(utf8("ruok"));
  equal(a.word, "ruok");
});

statement("2.1", "Four-letter commands are checked only until the session handshake", () => {
  const a = new MachineWorld().open();
  a.send(utf8("ruok"));
  equal(a.word, undefined);
  notEqual(a.closed, undefined);
});

statement("2.1", "A length below 0 closes without a reply", () => closesAlone("ffffffff"));

statement("2.1", "A length above jute.maxbuffer, 0xfffff, closes without a reply", () => {
  equal(configOf().maxFrameBytes, 0xf_ffff);
  closesAlone("00100000");
  const a = new MachineWorld().open();
  say(a, "000fffff");
  equal(a.closed, undefined);
});

statement("2.1", "A length of 0 closes without a reply", () => closesAlone("00000000"));

statement("2.1", "A frame shorter than a RequestHeader closes without a reply", () => {
  closesAlone("00000007 00000001 000000");
});

statement("2.1", "A first frame that cannot be decoded as ConnectRequest closes", () => {
  const world = new MachineWorld();
  for (const hex of ["00000004 00000000", `0000001c ${"00".repeat(24)} 7fffffff`]) {
    const a = world.connect();
    say(a, hex);
    notEqual(a.closed, undefined);
    deepEqual(a.frames, []);
  }
});

const NAMES = [
  ...(["create", "create2", "createContainer", "createTTL", "delete", "exists"] as const),
  ...(["getData", "setData", "getACL", "setACL", "getChildren", "getChildren2"] as const),
  ...(["sync", "multi", "multiRead", "setWatches", "setWatches2", "addWatch"] as const),
  ...(["checkWatches", "removeWatches", "getAllChildrenNumber"] as const),
];

/** Every operation with a body answers these bodies with -5 and keeps the connection. */
function malformed(body: string): void {
  for (const name of NAMES) {
    const a = new MachineWorld().open();
    a.send(a.framed(77, OpCode[name], bytesOfHex(body)));
    equal(a.err(77), -5, name);
    equal(a.reply(77).body.length, 0, name);
    equal(a.closed, undefined, name);
  }
}

statement("2.1", "A body shorter than its record is answered -5, the connection stays open", () => {
  malformed("");
  malformed("00");
});

statement("2.1", "A string length out of range is answered -5, the connection stays open", () => {
  malformed("7fffffff");
  malformed("fffffffe");
});

statement("2.1", "A null vector where one is needed is answered -5, the connection stays", () => {
  const a = new MachineWorld().open();
  for (const code of [OpCode.setWatches, OpCode.setWatches2]) {
    a.came.length = 0;
    a.send(a.framed(77, code, bytesOfHex(`0000000000000000 ffffffff ${"00".repeat(16)}`)));
    equal(a.err(77), -5);
  }
  equal(a.closed, undefined);
});

statement("2.1", "Bytes after the record are ignored", () => {
  const a = new MachineWorld().open();
  a.send(a.framed(5, OpCode.exists, bytesOfHex("00000001 2f 00 deadbeef")));
  a.send(a.framed(6, OpCode.delete, bytesOfHex("00000002 2f61 ffffffff deadbeef")));
  deepEqual([a.err(5), a.err(6)], [0, -101]);
  equal(a.closed, undefined);
});

/** The reply to an operation that is not for clients, as bytes: xid 77, zxid -1, err -6. */
const UNIMPLEMENTED = "0000004dfffffffffffffffffffffffa";

function unimplemented(...codes: readonly number[]): void {
  for (const code of codes) {
    const world = new MachineWorld();
    const a = world.open();
    const before = world.loaded.tree.lastProcessed;
    a.send(a.framed(77, code, bytesOfHex("00000002 2f61 ffffffff")));
    equal(hexOf(a.frames.at(-1)!), UNIMPLEMENTED, `code ${code}`);
    notEqual(a.closed, undefined);
    equal(world.loaded.tree.lastProcessed, before);
  }
}

statement("2.1", "An unknown opcode, or 0, is answered -6 with zxid -1, then closed", () => {
  unimplemented(0, 10, 4242, -12);
});

statement(
  "2.1",
  "Opcodes -1, 20 and -10 of a client are refused, -6 and close (divergences: internal-opcodes)",
  () => unimplemented(-1, 20, -10),
);

statement("2.1", "check outside a multi is answered -6 (divergences: check-alone)", () => {
  unimplemented(13);
});

statement("2.1", "A malformed request keeps its place in the session's reply order", () => {
  const world = new MachineWorld();
  const a = world.open();
  world.diskIsQuick = false;
  create(a, "/a");
  a.send(a.framed(50, OpCode.getData, new Uint8Array(0)));
  a.send(a.framed(51, OpCode.setData, new Uint8Array(0)));
  const last = exists(a, "/a");
  deepEqual(a.story, []);
  while (world.batchesHeld > 0) world.sync();
  deepEqual(a.story, ["reply 1", "reply 50", "reply 51", `reply ${last}`]);
});

statement(
  "2.1",
  "A write whose body cannot be decoded takes a fresh zxid (divergences: malformed-write)",
  () => {
    const world = new MachineWorld();
    const a = world.open();
    const before = a.reply(create(a, "/a")).header.zxid;
    a.send(a.framed(50, OpCode.setData, new Uint8Array(0)));
    deepEqual(a.reply(50).header, { xid: 50, zxid: before + 1n, err: -5 });
    equal(a.reply(create(a, "/b")).header.zxid, before + 2n);
  },
);
