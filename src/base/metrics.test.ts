/** Instruments: what is recorded and how it is read out. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { describeDecimal, describeReading, Metrics, Percentiles, Summary } from "./metrics.ts";

const printed = (metrics: Metrics): string[] =>
  [...metrics.readings()].map((reading) => `${reading.name} ${describeReading(reading)}`);

test("a summary before the first record is all 0", () => {
  const metrics = new Metrics();
  metrics.summary("fsynctime");
  deepEqual(printed(metrics), [
    "avg_fsynctime 0.0",
    "min_fsynctime 0",
    "max_fsynctime 0",
    "cnt_fsynctime 0",
    "sum_fsynctime 0",
  ]);
});

test("an average is rounded to four digits, as the reference prints it", () => {
  // zk_*_updatelatency of golden mntr.txt: 54 records, sum 118.
  const metrics = new Metrics();
  for (let at = 0; at < 52; at++) metrics.summary("u").record(2);
  metrics.summary("u").record(10);
  metrics.summary("u").record(4);
  deepEqual(printed(metrics), ["avg_u 2.1852", "min_u 2", "max_u 10", "cnt_u 54", "sum_u 118"]);
});

test("sets put the key before the name", () => {
  const metrics = new Metrics();
  metrics.summarySet("read_per_namespace").of("app").record(74);
  metrics.counterSet("quota_exceeded_error_per_namespace").of("app").add();
  deepEqual(printed(metrics), [
    "app_quota_exceeded_error_per_namespace 1",
    "avg_app_read_per_namespace 74.0",
    "min_app_read_per_namespace 74",
    "max_app_read_per_namespace 74",
    "cnt_app_read_per_namespace 1",
    "sum_app_read_per_namespace 74",
  ]);
});

test("keys beyond the limit share one", () => {
  const metrics = new Metrics();
  const set = metrics.counterSet("x");
  for (let at = 0; at < 1500; at++) set.of(`key${at}`).add();
  equal([...set.entries()].length, 1001);
  equal(set.of("other").value, 500);
});

test("the same name is the same instrument, and reset keeps names", () => {
  const metrics = new Metrics();
  metrics.counter("c").add(3);
  metrics.counter("c").add();
  equal(metrics.counter("c").value, 4);
  metrics.percentiles("p").record(5);
  metrics.reset();
  equal(metrics.counter("c").value, 0);
  equal(metrics.percentiles("p").percentile(0.5), 0);
  ok(printed(metrics).includes("p999_p 0"));
});

test("a gauge is asked for when it is read, and a reset leaves it", () => {
  const metrics = new Metrics();
  let value = 3;
  metrics.gauge("g", () => value);
  metrics.reset();
  ok(printed(metrics).includes("g 3"));
  value = 4;
  ok(printed(metrics).includes("g 4"));
});

test("percentiles are those of the latest 1024 records", () => {
  const percentiles = new Percentiles();
  for (let at = 0; at < 5000; at++) percentiles.record(1_000_000);
  for (let at = 1; at <= 1024; at++) percentiles.record(at);
  equal(percentiles.percentile(0.5), 512);
  equal(percentiles.percentile(0.999), 1023);
  equal(percentiles.percentile(1), 1024);
});

test("a summary agrees with the plain sums", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1 }), (values) => {
      const summary = new Summary();
      for (const value of values) summary.record(value);
      equal(summary.min, Math.min(...values));
      equal(summary.max, Math.max(...values));
      equal(summary.count, values.length);
      equal(
        summary.sum,
        values.reduce((sum, value) => sum + value, 0),
      );
    }),
  );
});

for (const [value, want] of [
  [0, "0.0"],
  [2, "2.0"],
  [1.566, "1.566"],
  [0.04716981, "0.0472"],
  [0.00004, "0.0"],
  [12_345_678, "12345678.0"],
] as const) {
  test(`${value} is printed ${want}`, () => equal(describeDecimal(value), want));
}
