/** What the shell tells about servers and machines, and what it keeps between runs. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { addressesOf } from "./ask-server.ts";
import { appendHistory, readHistory } from "./history-file.ts";
import { latenciesOf } from "./latencies.ts";
import { paintFor } from "./paint.ts";
import { Progress } from "./progress.ts";
import { parseSrvr } from "./server-answers.ts";

test("the servers of a connect string", () => {
  assert.deepEqual(addressesOf("a:1, b,[::1]:3,c:/x/y:z"), [
    { host: "a", port: 1 },
    { host: "b", port: 2181 },
    { host: "::1", port: 3 },
    { host: "c", port: Number.NaN },
  ]);
});

test("an answer to srvr", () => {
  const hash = "a".repeat(40);
  const answer =
    `Zookeeper version: 3.8.0-${hash}, built on 2022\nLatency min/avg/max: 0/1.5/9\n` +
    "Received: 3\nConnections: 2\nOutstanding: 1\nZxid: 0x1f\nMode: leader\nNode count: 5\n";
  assert.deepEqual(parseSrvr(answer), {
    mode: "leader",
    version: "3.8.0",
    connections: 2,
    outstanding: 1,
    latency: "0/1.5/9",
    nodes: 5,
    zxid: "0x1f",
    epoch: 0,
  });
  assert.deepEqual(parseSrvr("srvr is not executed\n"), { trouble: "srvr is not executed" });
  assert.deepEqual(parseSrvr(""), { trouble: "closed without an answer" });
});

test("latencies", () => {
  const times = Array.from({ length: 200 }, (_, at) => 200 - at);
  assert.deepEqual(latenciesOf(times), { meanMs: 100.5, medianMs: 100, p99Ms: 198, maxMs: 200 });
  assert.deepEqual(latenciesOf([3]), { meanMs: 3, medianMs: 3, p99Ms: 3, maxMs: 3 });
});

describe("the history", () => {
  const folder = mkdtempSync(join(tmpdir(), "quoll-history-"));
  test("is kept without secrets, for its owner alone", () => {
    const file = join(folder, "history");
    assert.deepEqual(readHistory(file), []);
    assert.equal(appendHistory(file, ["ls /", "addauth digest a:b"]), true);
    assert.equal(appendHistory(file, ["get /a"]), true);
    assert.deepEqual(readHistory(file), ["ls /", "get /a"]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });
  test("has a bound", () => {
    const file = join(folder, "long");
    appendHistory(
      file,
      Array.from({ length: 1500 }, (_, at) => `ls /${at}`),
    );
    assert.equal(readFileSync(file, "utf8").split("\n").length, 1001);
    assert.equal(readHistory(file).at(-1), "ls /1499");
  });
  test("is none where it cannot be written", () => {
    assert.equal(appendHistory(join(folder, "no", "such"), ["ls /"]), false);
    assert.equal(appendHistory(undefined, ["ls /"]), false);
    rmSync(folder, { recursive: true });
  });
});

test("colours are for terminals whose users want them", () => {
  assert.equal(paintFor(true, {})("error", "x"), "\u001b[31mx\u001b[0m");
  assert.equal(paintFor(false, {})("error", "x"), "x");
  assert.equal(paintFor(true, { NO_COLOR: "1" })("error", "x"), "x");
  assert.equal(paintFor(true, { NO_COLOR: "" })("error", "x"), "\u001b[31mx\u001b[0m");
  assert.equal(paintFor(true, { TERM: "dumb" })("error", "x"), "x");
});

test("progress is told after a second, ten times a second at most, and taken away", () => {
  let now = 0;
  const told: string[] = [];
  const progress = new Progress(
    (text) => told.push(text),
    () => now,
  );
  const at = (time: number): void => {
    now = time;
    progress.tell("ms", time, 2200);
  };
  progress.clear();
  [0, 999, 1000, 1099, 1100].forEach(at);
  progress.clear();
  progress.clear();
  const start = "\r\u001b[K";
  assert.deepEqual(told, [
    `${start}[#########-----------] 1000 of 2200 ms`,
    `${start}[##########----------] 1100 of 2200 ms`,
    start,
  ]);
});
