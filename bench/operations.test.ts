/** The frames of a load, read back. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { JuteReader } from "../src/jute/reader.ts";
import { CreateRequest, DeleteRequest, RequestHeader } from "../src/records/client.ts";
import { OpCode } from "../src/records/op-codes.ts";
import type { RequestsJob } from "./jobs.ts";
import { NumberedFrames, OPERATION_NAMES, OPERATIONS } from "./operations.ts";

const JOB: RequestsJob = {
  ...{ kind: "requests", ports: [], serverPids: [], pauses: [], operation: "get" },
  ...{
    connections: 2,
    pace: { kind: "closed", inFlight: 1 },
    dataBytes: 7,
    children: undefined,
    warmupMs: 0,
    measureMs: 0,
  },
};
const typeOf = (bytes: Uint8Array): number =>
  RequestHeader.read(new JuteReader(bytes.subarray(4))).type;
const lengthOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getInt32(0);

test("every frame holds as many bytes as it says", () => {
  for (const name of OPERATION_NAMES) {
    const card = OPERATIONS[name];
    if (card.kind === "cycle") continue;
    for (const bytes of card.frames(JOB, 3)) equal(lengthOf(bytes), bytes.length - 4, name);
  }
});

test("mixes have their share of sets, at different places for different connections", () => {
  const sets = (name: "mix 90/10" | "mix 70/30", index: number): readonly number[] =>
    OPERATIONS[name]
      .frames(JOB, index)
      .flatMap((bytes, at) => (typeOf(bytes) === OpCode.setData ? [at] : []));
  deepEqual(sets("mix 90/10", 0), [9]);
  deepEqual(sets("mix 90/10", 4), [5]);
  equal(sets("mix 70/30", 1).length, 3);
});

test("numbered frames name one node each", () => {
  for (const [kind, codec] of [
    ["create", CreateRequest],
    ["delete", DeleteRequest],
  ] as const) {
    const bytes = new NumberedFrames(kind, "/bench/c0001", 5).of(99, 2);
    const size = bytes.length / 2;
    const paths = [0, 1].map((at) => {
      const reader = new JuteReader(bytes.subarray(at * size + 4, (at + 1) * size));
      equal(RequestHeader.read(reader).type, OpCode[kind]);
      const { path } = codec.read(reader);
      equal(reader.remaining, 0);
      return path;
    });
    deepEqual(paths, ["/bench/c0001/0000000099", "/bench/c0001/0000000100"]);
  }
});
