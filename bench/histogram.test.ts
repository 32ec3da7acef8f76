/** The histogram against sorting. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../src/base/prng.ts";
import { Histogram } from "./histogram.ts";

const RELATIVE_ERROR_MAX = 0.02;

test("quantiles are those of the sorted values", () => {
  const prng = new Prng(1);
  const histogram = new Histogram();
  const values = Array.from({ length: 20_000 }, () => 2 ** (prng.below(24_000) / 1_000));
  for (const value of values) histogram.record(value);
  values.sort((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const want = values[Math.ceil(values.length * share) - 1]!;
    const error = Math.abs(histogram.quantile(share) - want);
    ok(error <= Math.max(1, want * RELATIVE_ERROR_MAX), `${share}: off by ${error} from ${want}`);
  }
});
