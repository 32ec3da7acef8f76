/** Cutting a link's bytes into packets: limits. The captured links are cut in golden.test.ts. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../base/errors.ts";
import { makeZxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { QuorumPacket } from "../records/quorum.ts";
import { PacketCutter } from "./packet-cutter.ts";
import { packets } from "./packets.ts";

function bytesOf(...sent: readonly QuorumPacket[]): Uint8Array {
  const writer = new JuteWriter();
  for (const packet of sent) QuorumPacket.write(writer, packet);
  return writer.taken();
}

/** type and zxid, then these ints. */
function head(...ints: readonly number[]): Uint8Array {
  const writer = new JuteWriter();
  writer.int(2);
  writer.long(1n);
  for (const int of ints) writer.int(int);
  return writer.taken();
}

const BYTES_MAX = 100;
const wrong: ReadonlyArray<readonly [why: string, bytes: Uint8Array]> = [
  ["data above the limit", head(BYTES_MAX + 1)],
  ["a length below null", head(-2)],
  ["more ids than a connection has", head(-1, 1025)],
  ["a count below null", head(-1, -2)],
  ["ids that are too long together", head(-1, 1, 256 * 1024 + 1)],
];
for (const [why, bytes] of wrong) {
  test(`refuses ${why}, before it has come`, () => {
    throws(() => new PacketCutter(BYTES_MAX).push(bytes), ProtocolError);
  });
}

test("a packet owns its bytes", () => {
  const bytes = bytesOf(packets.newLeader(1, "text"));
  const [packet] = new PacketCutter().push(bytes);
  bytes.fill(0);
  deepEqual(packet, packets.newLeader(1, "text"));
});

test("stops behind SNAP, and goes on", () => {
  const cutter = new PacketCutter();
  const snap = packets.snap(makeZxid(1, 1));
  deepEqual(cutter.push(bytesOf(snap, packets.upToDate())), [snap]);
  equal(cutter.isStopped, true);
  const rest = cutter.takeRest();
  cutter.resume();
  deepEqual(cutter.push(rest), [packets.upToDate()]);
});

test("any bytes make packets, wait for more, or are a ProtocolError", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (chunks) => {
      const cutter = new PacketCutter(BYTES_MAX);
      try {
        for (const chunk of chunks) if (!cutter.isStopped) cutter.push(chunk);
      } catch (error) {
        equal(error instanceof ProtocolError, true);
      }
    }),
  );
});
