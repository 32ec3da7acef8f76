/** Cutting a stream into frames: however it arrives, the same frames come out. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfHex, hexOf, joinBytes } from "../base/bytes.ts";
import { ProtocolError, type ProtocolErrorCode } from "../base/errors.ts";
import { FrameCutter } from "./frames.ts";
import { JuteWriter } from "./writer.ts";

const LIMIT = 40;

/** Pushes the chunks in turn; the frames as hexadecimal. */
function cut(chunks: readonly Uint8Array[], cutter = new FrameCutter(LIMIT)): readonly string[] {
  const frames: string[] = [];
  for (const chunk of chunks) {
    cutter.push(chunk, (bytes, start, end) => {
      frames.push(hexOf(bytes.subarray(start, end)));
      return true;
    });
  }
  return frames;
}

function framed(bodies: readonly Uint8Array[]): Uint8Array {
  const to = new JuteWriter();
  for (const body of bodies) to.buffer(body);
  return to.taken();
}

/** `bytes` cut at each of `places`, taken modulo its length. */
function split(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.slice(cuts[index - 1] ?? 0, end));
}

test("every cut of a stream of three frames into two chunks", () => {
  const bodies = ["0102030405", "", "06"].map(bytesOfHex);
  const stream = framed(bodies);
  for (let at = 0; at <= stream.length; at++) {
    deepEqual(cut([stream.slice(0, at), stream.slice(at)]), bodies.map(hexOf));
  }
});

test("any frames in any chunks", () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: LIMIT }));
  fc.assert(
    fc.property(bodies, fc.array(fc.nat()), (frames, places) => {
      const cutter = new FrameCutter(LIMIT);
      deepEqual(cut(split(framed(frames), places), cutter), frames.map(hexOf));
      equal(cutter.held, 0);
    }),
  );
});

test("one byte at a time", () => {
  const bodies = ["00", "0102"].map(bytesOfHex);
  deepEqual(cut(split(framed(bodies), [...framed(bodies).keys()])), bodies.map(hexOf));
});

test("an unfinished frame is held, no more", () => {
  const cutter = new FrameCutter(LIMIT);
  deepEqual(cut([bytesOfHex("00000001 41 00000003 4243")], cutter), ["41"]);
  equal(cutter.held, 6);
  deepEqual(cut([bytesOfHex("44 0000")], cutter), ["424344"]);
  equal(cutter.held, 2);
});

test("a whole frame is handed out in place, a mended one is the cutter's own", () => {
  const cutter = new FrameCutter(LIMIT);
  const chunk = bytesOfHex("00000001 41 0000");
  cutter.push(chunk, (bytes, start) => bytes === chunk && start === 4);
  chunk.fill(0xff);
  deepEqual(cut([bytesOfHex("0001 42")], cutter), ["42"]);
});

test("a sink that says stop gets no more of the chunk, and nothing is held of it", () => {
  for (const chunks of [
    ["00000001 41 00000001 42 00"],
    ["00", "000001 41 00000001 42"],
    ["00000001", "41 00000001 42"],
  ]) {
    const cutter = new FrameCutter(LIMIT);
    const frames: string[] = [];
    for (const chunk of chunks.map(bytesOfHex)) {
      cutter.push(chunk, (bytes, start, end) => {
        frames.push(hexOf(bytes.subarray(start, end)));
        return false;
      });
    }
    deepEqual(frames, ["41"]);
    equal(cutter.held, 0);
  }
});

const bad: ReadonlyArray<readonly [why: string, length: number, code: ProtocolErrorCode]> = [
  ["one past the limit", LIMIT + 1, "FRAME_TOO_LARGE"],
  ["the largest", 0x7fff_ffff, "FRAME_TOO_LARGE"],
  ["below 0", -1, "FRAME_NEGATIVE"],
  ["the smallest", -0x8000_0000, "FRAME_NEGATIVE"],
];
for (const [why, length, code] of bad) {
  test(`refuses a length ${why}, after the frames before it, however it arrives`, () => {
    const to = new JuteWriter();
    to.buffer(bytesOfHex("41"));
    to.int(length);
    const stream = to.taken();
    for (let at = 0; at < stream.length; at++) {
      const frames: string[] = [];
      const cutter = new FrameCutter(LIMIT);
      const push = (chunk: Uint8Array): void =>
        cutter.push(chunk, (bytes, start, end) => {
          frames.push(hexOf(bytes.subarray(start, end)));
          return true;
        });
      push(stream.slice(0, at));
      throws(
        () => push(stream.slice(at)),
        (error) => error instanceof ProtocolError && error.code === code,
      );
      deepEqual(frames, ["41"]);
    }
  });
}

test("a frame of just the limit passes", () => {
  const body = new Uint8Array(LIMIT).fill(7);
  deepEqual(cut([joinBytes([framed([body])])]), [hexOf(body)]);
});
