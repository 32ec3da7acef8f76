/** A short run of the fuzzing with fixed seeds; `npm run test:fuzz` is the long one. */
import { deepEqual, equal, notDeepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../../src/base/prng.ts";
import { fuzzCodecs } from "./codecs.ts";
import { fuzzMachine } from "./machine.ts";
import { Mutator, serverSeeds } from "./mutator.ts";

const FRAMES = 20_000;

test("damaged frames are read as values or as ProtocolError", () => {
  const { passed, failure } = fuzzCodecs(FRAMES, 1, () => {});
  deepEqual([passed, failure], [FRAMES, undefined]);
});

test("damaged frames do not disturb another session of the server", () =>
  deepEqual(
    fuzzMachine(FRAMES, 2, () => {}),
    { passed: FRAMES },
  ));

test("equal seeds make equal frames, and most of them are damaged", () => {
  const draw = (seed: number): readonly Uint8Array[] => {
    const mutator = new Mutator(serverSeeds(), new Prng(seed));
    return Array.from({ length: 100 }, () => mutator.next());
  };
  deepEqual(draw(3), draw(3));
  notDeepEqual(draw(3), draw(4));
  const real = new Set(serverSeeds().map((bytes) => bytes.join()));
  equal(draw(3).filter((bytes) => real.has(bytes.join())).length < 20, true);
});
