/**
 * Captured streams of the reference: test/golden/. Compiled tests run from dist/, hence the way up.
 */
import { readFileSync } from "node:fs";
import { bytesOfHex } from "../../src/base/bytes.ts";

type GoldenFrame = {
  readonly dir: "c2s" | "s2c";
  readonly note: string;
  readonly bytes: Uint8Array;
};

/** The frames of a captured connection, by its path below test/golden/. */
export function goldenStream(path: string): readonly GoldenFrame[] {
  const url = new URL(`../../../test/golden/${path}`, import.meta.url);
  const lines = readFileSync(url, "utf8").trim().split("\n").slice(1);
  return lines.map((line) => {
    const { dir, note, hex } = JSON.parse(line);
    return { dir, note, bytes: bytesOfHex(hex) };
  });
}
