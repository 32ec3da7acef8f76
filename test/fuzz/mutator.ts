/**
 * Damaged frames: real ones of Apache ZooKeeper and its clients (test/golden), changed by chance.
 * Equal seeds give equal frames.
 */
import { joinBytes } from "../../src/base/bytes.ts";
import type { Prng } from "../../src/base/prng.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { RECORD_HEAD_BYTES } from "../../src/txnlog/log-format.ts";
import { readGolden, readGoldenLines, readStream, streamNames } from "../support/golden.ts";
import { frame } from "../support/raw-session.ts";

const CHANGES_MAX = 3;
/** How often the length in front is made true again, so that what lies behind is looked at. */
const LENGTH_TRUE = 0.9;
const INSERTED_BYTES_MAX = 16;
/** Splices and inserts let no frame grow beyond this. */
const FRAME_BYTES_MAX = 4096;
/** Where a request has its operation code. */
const CODE_AT = 8;
const CODES = Object.values(OpCode);

/** Lengths, counts and numbers at the edges. */
const EXTREMES: readonly number[] = [
  ...[0, 1, 2, -1, -2, 0x7f, 0xff, 0xffff, 0xf_fffe, 0xf_ffff, 0x10_0000, 0x1000_0000],
  ...[0x2000_0000, 0x3fff_ffff, 0x7fff_fffc, 0x7fff_ffff, -0x8000_0000, -0x7fff_ffff],
];

/** The frames of the client streams, with their lengths: of one side, or both. */
export function streamFrames(side?: "dialer"): readonly Uint8Array[] {
  const frames = streamNames("client").flatMap((name) => readStream(name).frames);
  return frames.filter(({ from }) => side === undefined || from === side).map(({ bytes }) => bytes);
}

/** What is sent to a server: mostly requests, for replies are soon taken for nonsense. */
export function serverSeeds(): readonly Uint8Array[] {
  const requests = streamFrames("dialer");
  return [...requests, ...requests, ...requests, ...requests, ...streamFrames()];
}

type EntryLine = { readonly file: string; readonly offset: number; readonly entryLength: number };

/** The entries of the standalone server's logs, each as a frame. */
export function logEntries(): readonly Uint8Array[] {
  const files = new Map<string, Uint8Array>();
  return (readGoldenLines("standalone/txns.jsonl") as readonly EntryLine[]).map((line) => {
    const bytes = files.get(line.file) ?? readGolden(`standalone/data/version-2/${line.file}`);
    files.set(line.file, bytes);
    const start = line.offset + RECORD_HEAD_BYTES;
    return frame(bytes.subarray(start, start + line.entryLength));
  });
}

export class Mutator {
  private readonly seeds: readonly Uint8Array[];
  private readonly prng: Prng;

  /** `seeds`: frames with their lengths; not empty. */
  constructor(seeds: readonly Uint8Array[], prng: Prng) {
    this.seeds = seeds;
    this.prng = prng;
  }

  /** A frame; the caller owns it. */
  next(): Uint8Array {
    const { prng } = this;
    let bytes = prng.pick(this.seeds).slice();
    for (let count = 1 + prng.below(CHANGES_MAX); count > 0; count--) bytes = this.changed(bytes);
    if (bytes.length >= 4 && prng.chance(LENGTH_TRUE)) setInt(bytes, 0, bytes.length - 4);
    return bytes;
  }

  private changed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const { prng } = this;
    const place = prng.below(bytes.length + 1);
    switch (prng.below(7)) {
      case 0:
        if (place < bytes.length) bytes[place] = bytes[place]! ^ (1 << prng.below(8));
        return bytes;
      case 1:
        return bytes.slice(0, place);
      case 2:
        return withoutSome(bytes, place, prng.below(INSERTED_BYTES_MAX));
      case 3:
        return setInt(bytes, place, prng.pick(EXTREMES));
      case 4:
        return setInt(bytes, CODE_AT, prng.pick(CODES));
      case 5: {
        const tail = prng.pick(this.seeds);
        return joined(bytes.subarray(0, place), tail.subarray(prng.below(tail.length + 1)));
      }
      default: {
        const fresh = new Uint8Array(prng.below(INSERTED_BYTES_MAX)).map(() => prng.below(256));
        return joined(bytes.subarray(0, place), fresh, bytes.subarray(place));
      }
    }
  }
}

/** Changes `bytes` themselves, if four of them are there. */
function setInt(bytes: Uint8Array<ArrayBuffer>, at: number, value: number) {
  if (at + 4 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setInt32(at, value);
  return bytes;
}

const withoutSome = (bytes: Uint8Array, at: number, count: number): Uint8Array<ArrayBuffer> =>
  joined(bytes.subarray(0, at), bytes.subarray(at + count));

const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  joinBytes(parts).subarray(0, FRAME_BYTES_MAX);
