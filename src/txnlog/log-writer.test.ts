/** Batches, files, padding and the snapshot trigger of the log writer. */
import assert from "node:assert/strict";
import test from "node:test";
import { entryOf, logOf, zxids } from "../../test/support/history.ts";
import { makeZxid, toZxid, type Zxid } from "../base/ids.ts";
import type { DiskOp } from "./disk-ops.ts";
import { paddedSize } from "./log-format.ts";
import { LogWriter, type LogWriterOptions, SHARED_FLIGHT_BYTES_MAX } from "./log-writer.ts";
import { SnapshotTrigger } from "./snapshot-trigger.ts";

const make = (options: Partial<LogWriterOptions> = {}): LogWriter =>
  new LogWriter({
    forceSync: true,
    preAllocBytes: 65536,
    fileBytesMax: 0,
    batchRecordsMax: 1000,
    snapshots: { records: 100, bytes: 0 },
    chance: 0,
    lastZxid: toZxid(0n),
    ...options,
  });

const appendAll = (writer: LogWriter, list: readonly Zxid[]): void => {
  for (const zxid of list) writer.append(entryOf(zxid), zxid);
};

/** `write log.1 0` and the like: all of an operation but its bytes. */
const told = (ops: readonly DiskOp[] | undefined): readonly string[] | undefined =>
  ops?.map((op) => {
    if (op.kind === "syncFolder") return `syncFolder ${op.folder}`;
    if (op.kind === "rename") return `rename ${op.from} ${op.to}`;
    const number = op.kind === "write" ? op.offset : "size" in op ? op.size : "";
    return `${op.kind} ${op.file.name} ${number}`.trim();
  });

test("many transactions are one write and one sync", () => {
  const writer = make();
  assert.equal(writer.nextBatch(), undefined);
  appendAll(writer, zxids(0, 1, 3));
  const ops = writer.nextBatch()?.ops;
  const after = logOf(zxids(0, 1, 3), 0).length;
  assert.deepEqual(told(ops), [
    "create log.1",
    "extend log.1 65552",
    "write log.1 0",
    `write log.1 ${after}`,
    "sync log.1",
    "syncFolder log",
  ]);
  const zeros = ops?.[3];
  assert.ok(zeros?.kind === "write");
  assert.equal(zeros.bytes.length, 65552 - after, "zeros ahead, up to the file's size");
  assert.ok(zeros.bytes.every((byte) => byte === 0));
  const write = ops?.[2];
  assert.ok(write?.kind === "write");
  assert.deepEqual(write.bytes.slice(), logOf(zxids(0, 1, 3), 0));
  appendAll(writer, zxids(0, 4, 5));
  assert.equal(writer.nextBatch(), undefined, "one batch at a time");
  assert.equal(writer.done(), 3n);
  assert.deepEqual(told(writer.nextBatch()?.ops), [`write log.1 ${after}`, "sync log.1"]);
  assert.equal(writer.busy, true);
  assert.equal(writer.done(), 5n);
  assert.equal(writer.busy, false);
});

/** A file is there, zeros lie ahead, and nothing is in flight. */
function begun(options: Partial<LogWriterOptions> = {}): LogWriter {
  const writer = make(options);
  appendAll(writer, zxids(0, 1, 1));
  writer.nextBatch();
  writer.done();
  return writer;
}

test("two batches fly side by side; what is durable has no gap", () => {
  const writer = begun();
  appendAll(writer, zxids(0, 2, 3));
  const older = writer.nextBatch()!;
  appendAll(writer, zxids(0, 4, 4));
  const newer = writer.nextBatch()!;
  assert.deepEqual([older.records, newer.records], [2, 1]);
  assert.deepEqual(told(newer.ops)?.[1], "sync log.1");
  appendAll(writer, zxids(0, 5, 5));
  assert.equal(writer.ready, false);
  assert.equal(writer.nextBatch(), undefined, "not three");
  assert.equal(writer.done(newer.number), 1n, "the older one is not done");
  assert.throws(() => writer.done(newer.number), /the batch is in flight/);
  assert.equal(writer.done(older.number), 4n);
  assert.equal(writer.ready, true);
  assert.equal(writer.nextBatch()?.records, 1);
});

test("a batch that is large, begins a file or writes zeros ahead flies alone", () => {
  const follows = (writer: LogWriter): boolean => {
    appendAll(writer, zxids(0, 900, 900));
    return writer.nextBatch() !== undefined;
  };
  const file = make();
  appendAll(file, zxids(0, 1, 1));
  file.nextBatch();
  assert.equal(follows(file), false);
  const zeros = begun({ preAllocBytes: 4 << 20 });
  const many = zxids(0, 2, 60);
  for (const zxid of many) zeros.append(new Uint8Array(17 << 10), zxid);
  assert.ok(
    zeros.nextBatch()!.ops.some((op) => op.kind === "write" && op.bytes.every((x) => x === 0)),
  );
  assert.equal(follows(zeros), false);
  const large = begun({ preAllocBytes: 0 });
  large.append(new Uint8Array(SHARED_FLIGHT_BYTES_MAX + 1), toZxid(2n));
  large.nextBatch();
  assert.equal(follows(large), false);
  const small = begun({ preAllocBytes: 0 });
  appendAll(small, zxids(0, 2, 2));
  small.nextBatch();
  assert.equal(follows(small), true);
});

test("a batch in flight keeps its bytes while more is appended", () => {
  const writer = make();
  appendAll(writer, zxids(0, 1, 2));
  const write = writer.nextBatch()?.ops[2];
  assert.ok(write?.kind === "write");
  appendAll(writer, zxids(0, 3, 900));
  assert.deepEqual(write.bytes.slice(), logOf(zxids(0, 1, 2), 0));
});

test("roll begins a file with the next transaction, after the old one is durable", () => {
  const writer = make({ preAllocBytes: 0 });
  appendAll(writer, zxids(0, 1, 2));
  writer.roll();
  writer.roll();
  appendAll(writer, [makeZxid(1, 1), makeZxid(1, 2)]);
  assert.deepEqual(told(writer.nextBatch()?.ops), [
    "create log.1",
    "write log.1 0",
    "sync log.1",
    "syncFolder log",
    "close log.1",
    "create log.100000001",
    "write log.100000001 0",
    "sync log.100000001",
    "syncFolder log",
  ]);
  assert.equal(writer.done(), makeZxid(1, 2));
});

test("a file beyond its limit is the last of its batches", () => {
  const writer = make({ preAllocBytes: 0, fileBytesMax: 100 });
  appendAll(writer, zxids(0, 1, 3));
  writer.nextBatch();
  appendAll(writer, zxids(0, 4, 4));
  writer.done();
  assert.deepEqual(told(writer.nextBatch()?.ops)?.slice(0, 2), ["close log.1", "create log.4"]);
});

test("forceSync=no leaves out every sync", () => {
  const writer = make({ forceSync: false });
  appendAll(writer, zxids(0, 1, 3));
  assert.deepEqual(told(writer.nextBatch()?.ops), [
    "create log.1",
    "extend log.1 65552",
    "write log.1 0",
  ]);
});

test("after a failed batch nothing is written any more", () => {
  const writer = make();
  appendAll(writer, zxids(0, 1, 1));
  writer.nextBatch();
  writer.failed();
  assert.equal(writer.nextBatch(), undefined);
  assert.throws(() => writer.append(entryOf(toZxid(2n)), toZxid(2n)), /nothing is appended/);
  assert.throws(() => writer.done(), /the batch is in flight/);
});

test("a file never begins with an error transaction that repeats a zxid", () => {
  const error = entryOf(toZxid(2n), 0, { kind: "error", err: -5 });
  const restarted = make({ lastZxid: toZxid(2n) });
  restarted.append(error, toZxid(2n));
  assert.equal(restarted.nextBatch(), undefined);
  const writer = make({ preAllocBytes: 0 });
  appendAll(writer, zxids(0, 1, 2));
  writer.roll();
  writer.append(error, toZxid(2n));
  appendAll(writer, zxids(0, 3, 3));
  const created = told(writer.nextBatch()?.ops)?.filter((op) => op.startsWith("create"));
  assert.deepEqual(created, ["create log.1", "create log.3"]);
});

const paddings: ReadonlyArray<readonly [why: string, size: number, end: number, want: number]> = [
  ["a new file, as in the reference", 16, 77, 65552],
  ["far from the end", 65552, 60000, 65552],
  ["4096 bytes would remain", 65552, 61456, 131088],
  ["one more byte would remain", 65552, 61455, 65552],
  ["a batch larger than the padding", 16, 200000, 262144],
];
for (const [why, size, end, want] of paddings) {
  test(`padding: ${why}`, () => assert.equal(paddedSize(size, end, 65536), want));
}

test("the snapshot trigger draws between half and all of the limit", () => {
  const rows: ReadonlyArray<readonly [chance: number, records: number]> = [
    [0, 50],
    [0.5, 75],
    [0.999, 99],
  ];
  for (const [chance, records] of rows) {
    const trigger = new SnapshotTrigger({ records: 100, bytes: 0 }, 0);
    trigger.restart(chance);
    for (let count = 0; count < records; count++) trigger.count(1_000_000);
    assert.equal(trigger.due, false, `${records} at ${chance}`);
    trigger.count(1);
    assert.equal(trigger.due, true, `${records} + 1 at ${chance}`);
  }
  const bySize = new SnapshotTrigger({ records: 100, bytes: 1000 }, 0);
  bySize.count(500);
  assert.equal(bySize.due, false);
  bySize.count(1);
  assert.equal(bySize.due, true);
});

test("a snapshot begins: counting starts anew, and so does the file", () => {
  const writer = make({ snapshots: { records: 4, bytes: 0 } });
  appendAll(writer, zxids(0, 1, 3));
  assert.equal(writer.snapshotDue, true);
  writer.snapshotBegins(0);
  assert.equal(writer.snapshotDue, false);
  appendAll(writer, zxids(0, 4, 4));
  assert.ok(told(writer.nextBatch()?.ops)?.includes("create log.4"));
});
