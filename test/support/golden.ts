/**
 * Reads the golden files: bytes that Apache ZooKeeper 3.8.0 and its clients wrote or sent. What
 * they are is told in test/golden/README.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import { bytesOfHex } from "../../src/base/bytes.ts";

/** Seen from dist/test/support. */
const FOLDER = new URL("../../../test/golden/apache-3.8.0/", import.meta.url);

export type GoldenFrame = {
  /** Seconds since the connection opened. */
  readonly at: number;
  /** Who sent it: the side that dialed, or the one that listened. */
  readonly from: "dialer" | "listener";
  /** What a script made of it: for readers of failures only. */
  readonly note: string;
  /** With its length prefix, where the protocol has one. */
  readonly bytes: Uint8Array;
};

export type GoldenStream = {
  readonly name: string;
  readonly about: string;
  readonly frames: readonly GoldenFrame[];
};

/** The bytes of a file, for example `standalone/data/version-2/log.1`. */
export function readGolden(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(path, FOLDER)));
}

/** The objects of a file with one JSON object a line, for example `standalone/txns.jsonl`. */
export function readGoldenLines(path: string): readonly unknown[] {
  const lines = readFileSync(new URL(path, FOLDER), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): unknown => JSON.parse(line));
}

/** The names of the streams of one protocol, sorted: `client/kazoo` for the protocol `client`. */
export function streamNames(protocol: string): readonly string[] {
  return readdirSync(new URL(`streams/${protocol}/`, FOLDER))
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => `${protocol}/${file.slice(0, -".jsonl".length)}`)
    .sort();
}

type Line = {
  readonly t: number;
  readonly dir: "c2s" | "s2c";
  readonly note: string;
  readonly hex: string;
};

/** One captured connection, for example `client/kazoo`. */
export function readStream(name: string): GoldenStream {
  const [head, ...lines] = readGoldenLines(`streams/${name}.jsonl`);
  const frames = (lines as readonly Line[]).map(
    (line): GoldenFrame => ({
      at: line.t,
      from: line.dir === "c2s" ? "dialer" : "listener",
      note: line.note,
      bytes: bytesOfHex(line.hex),
    }),
  );
  return { name, about: (head as { readonly about: string }).about, frames };
}
