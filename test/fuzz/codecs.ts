/**
 * Damaged frames against the codec: cut out of random chunks and read as every kind of record.
 * Nothing but `ProtocolError` may come out, in time, and no value larger than its bytes explain.
 */
import { hexOf, sameBytes } from "../../src/base/bytes.ts";
import { ProtocolError } from "../../src/base/errors.ts";
import { Prng } from "../../src/base/prng.ts";
import type { Codec } from "../../src/jute/codec.ts";
import { FrameCutter } from "../../src/jute/frames.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
} from "../../src/records/client.ts";
import { StatPersisted } from "../../src/records/data.ts";
import { readEntry, writeEntry } from "../../src/records/txn.ts";
import { BODIES, NOTHING } from "../support/bodies.ts";
import { logEntries, Mutator, streamFrames } from "./mutator.ts";
import { blame, type Outcome, type Progress } from "./outcome.ts";

/** Largest frame that is cut, in bytes: the cutter makes room as soon as it is told a length. */
const FRAME_BYTES_MAX = 1 << 16;
/** Frames between two looks at the clock. */
const LAP = 1000;
/** A lap takes some 10 ms; a machine may be busy. */
const LAP_MS_MAX = 20_000;
/** No record makes more elements, fields and characters than this of a byte. */
const WEIGHT_PER_BYTE = 2;
const WEIGHT_FIXED = 32;

type Reading = {
  read(from: JuteReader): unknown;
  write(to: JuteWriter, value: never): void;
};
const counts = { decoded: 0, refused: 0 };

/** A record behind its header, as one. */
const behind = (header: Codec<unknown>, body: Codec<unknown>): Codec<readonly unknown[]> => ({
  bytesMin: header.bytesMin + body.bytesMin,
  read: (from) => [header.read(from), body.read(from)],
  write(to, [first, second]) {
    header.write(to, first);
    body.write(to, second);
  },
});

const bodyOf = (header: unknown): Codec<unknown> =>
  BODIES.get((header as { readonly type: number }).type)?.[0] ?? NOTHING;
const REQUEST: Codec<readonly unknown[]> = {
  bytesMin: RequestHeader.bytesMin,
  read(from) {
    const header = RequestHeader.read(from);
    return [header, bodyOf(header).read(from)];
  },
  write(to, [header, body]) {
    (RequestHeader as Codec<unknown>).write(to, header);
    bodyOf(header).write(to, body);
  },
};
const ENTRY: Reading = { read: readEntry, write: writeEntry };

/** Every record that a peer may send, whatever the header says. */
const READINGS: readonly Reading[] = [
  ConnectRequest,
  ConnectResponse,
  StatPersisted,
  behind(ReplyHeader, WatcherEvent),
  ...[...BODIES.values()].flatMap(([request, reply]) => [
    behind(RequestHeader, request),
    behind(ReplyHeader, reply),
  ]),
];

export function fuzzCodecs(frames: number, seed: number, progress: Progress): Outcome {
  const prng = new Prng(seed);
  const mutator = new Mutator([...streamFrames(), ...logEntries()], prng);
  counts.decoded = 0;
  counts.refused = 0;
  let lapAt = performance.now();
  for (let index = 0; index < frames; index++) {
    const frame = mutator.next();
    try {
      cut(frame, prng);
      readAll(frame, prng);
      if (index % LAP === 0) lapAt = checkLap(lapAt);
    } catch (error) {
      return { passed: index, failure: blame(error, index, frame) };
    }
    if (index % LAP === 0) progress(index);
  }
  return { passed: frames, figures: `${counts.decoded} values, ${counts.refused} refusals` };
}

/** Now. What never ends is ended by whoever runs this. */
function checkLap(since: number): number {
  const now = performance.now();
  if (now - since > LAP_MS_MAX) throw new Error(`${LAP} frames took ${now - since} ms`);
  return now;
}

/** The frame in chunks: what came in has come out, or is kept and no more than that. */
function cut(frame: Uint8Array, prng: Prng): void {
  const cutter = new FrameCutter(FRAME_BYTES_MAX);
  let out = 0;
  onlyProtocolErrors(() => {
    for (let at = 0; at < frame.length; ) {
      const end = Math.min(frame.length, at + 1 + prng.below(frame.length));
      cutter.push(frame.subarray(at, end), (_bytes, start, stop) => {
        out += 4 + stop - start;
        return true;
      });
      at = end;
      if (out + cutter.held !== at) throw new Error(`${at} in, ${out} out, ${cutter.held} held`);
    }
  });
}

/** Reads `frame`, its length in front, as records of every kind; throws where that does harm. */
export function readAsAll(frame: Uint8Array): void {
  for (const reading of [REQUEST, ...READINGS, ENTRY]) readAs(reading, frame);
}

function readAll(frame: Uint8Array, prng: Prng): void {
  for (const reading of [REQUEST, prng.pick(READINGS), ENTRY]) readAs(reading, frame);
}

function readAs(reading: Reading, frame: Uint8Array): void {
  onlyProtocolErrors(() => {
    const from = new JuteReader(frame, Math.min(4, frame.length));
    const value = reading.read(from);
    counts.decoded++;
    const weight = weightOf(value);
    if (from.at > frame.length) throw new Error(`read up to ${from.at} of ${frame.length}`);
    if (weight > frame.length * WEIGHT_PER_BYTE + WEIGHT_FIXED) {
      throw new Error(`a value of weight ${weight} from ${frame.length} bytes`);
    }
    if (from.remaining === 0) checkAgain(reading, value);
  });
}

const first = new JuteWriter();
const second = new JuteWriter();

/** What was read whole can be written, and read and written again to the same bytes. */
function checkAgain(reading: Reading, value: unknown): void {
  first.clear();
  second.clear();
  try {
    reading.write(first, value as never);
    reading.write(second, reading.read(new JuteReader(first.written())) as never);
  } catch (error) {
    throw new Error(`what was read cannot be written and read: ${error}`);
  }
  if (!sameBytes(first.written(), second.written())) {
    throw new Error(`written ${hexOf(first.written())}, then ${hexOf(second.written())}`);
  }
}

function onlyProtocolErrors(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    counts.refused++;
  }
}

/** How much was made: elements, fields and characters. Bytes count as one: they are borrowed. */
function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return 1;
  let sum = 1;
  for (const inner of Object.values(value)) sum += weightOf(inner);
  return sum;
}
