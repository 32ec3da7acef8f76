/** The histogram against sorting. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../src/base/prng.ts";
import { Histogram } from "./histogram.ts";

const RELATIVE_ERROR_MAX = 0.008;

test("quantiles are those of the sorted values", () => {
  const prng = new Prng(1);
  const histogram = new Histogram();
  const values = Array.from({ length: 20_000 }, () => 2 ** (prng.below(24_000) / 1_000));
  for (const value of values) histogram.record(value);
  values.sort((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
    const want = values[Math.ceil(values.length * share) - 1]!;
    const error = Math.abs(histogram.quantile(share) - want);
    ok(error <= Math.max(1, want * RELATIVE_ERROR_MAX), `${share}: off by ${error} from ${want}`);
  }
});

test("every value is told within the promised error, up to the largest", () => {
  for (let value = 0; value < 2 ** 32; value = value < 2_000 ? value + 1 : value * 1.01) {
    const histogram = new Histogram();
    histogram.record(value);
    histogram.max = 2 ** 33; // what is asked for is the bucket
    const error = Math.abs(histogram.quantile(0.5) - value);
    ok(error <= Math.max(0.5, value * RELATIVE_ERROR_MAX), `${value}: off by ${error}`);
  }
});

test("no quantile is above the maximum, and of nothing all are 0", () => {
  const histogram = new Histogram();
  equal(histogram.figures().p99Micros, 0);
  histogram.record(2 ** 40);
  equal(histogram.figures().maxMicros, 2 ** 40);
  ok(histogram.quantile(0.5) > 2 ** 31);
  histogram.clear();
  histogram.record(1_000);
  equal(histogram.quantile(1), 1_000);
});
