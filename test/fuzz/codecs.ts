/**
 * Damaged frames against the codec: cut out of random chunks and read as every kind of record.
 * Nothing but `ProtocolError` may come out, in time, and no value larger than its bytes explain.
 */
import { ProtocolError } from "../../src/base/errors.ts";
import { Prng } from "../../src/base/prng.ts";
import { FrameCutter } from "../../src/jute/frames.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
} from "../../src/records/client.ts";
import { StatPersisted } from "../../src/records/data.ts";
import { readEntry } from "../../src/records/txn.ts";
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

type Reading = (from: JuteReader) => unknown;
type Body = { readonly read: Reading };

const requestByCode: Reading = (from) => {
  const { type } = RequestHeader.read(from);
  return (BODIES.get(type)?.[0] ?? NOTHING).read(from);
};
const requestOf = (body: Body): Reading => {
  return (from) => [RequestHeader.read(from), body.read(from)];
};
const replyOf = (body: Body): Reading => {
  return (from) => [ReplyHeader.read(from), body.read(from)];
};

/** Every record that a peer may send, whatever the header says. */
const READINGS: readonly Reading[] = [
  ConnectRequest.read,
  ConnectResponse.read,
  StatPersisted.read,
  replyOf(WatcherEvent),
  ...[...BODIES.values()].flatMap(([request, reply]) => [requestOf(request), replyOf(reply)]),
];

export function fuzzCodecs(frames: number, seed: number, progress: Progress): Outcome {
  const prng = new Prng(seed);
  const mutator = new Mutator([...streamFrames(), ...logEntries()], prng);
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
  return { passed: frames };
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

function readAll(frame: Uint8Array, prng: Prng): void {
  for (const reading of [requestByCode, prng.pick(READINGS), readEntry]) {
    onlyProtocolErrors(() => {
      const from = new JuteReader(frame, Math.min(4, frame.length));
      const weight = weightOf(reading(from));
      if (from.at > frame.length) throw new Error(`read up to ${from.at} of ${frame.length}`);
      if (weight > frame.length * WEIGHT_PER_BYTE + WEIGHT_FIXED) {
        throw new Error(`a value of weight ${weight} from ${frame.length} bytes`);
      }
    });
  }
}

function onlyProtocolErrors(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
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
