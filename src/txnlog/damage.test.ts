/**
 * What a damaged log leads to: the table of specification 5.3, row by row, and two promises over
 * all places where damage can be: no flipped bit is silent, and no write torn at the end of the log
 * is an error.
 */
import assert from "node:assert/strict";
import test from "node:test";
import {
  cutTo,
  damage,
  diskWith,
  entryOf,
  logOf,
  putLog,
  putSnapshot,
  recovered,
  stateAfter,
  zxids,
} from "../../test/support/history.ts";
import { ModelStore } from "../../test/support/model-store.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { makeZxid, toZxid, type Zxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { logFile } from "./disk-ops.ts";
import { LogDamaged } from "./errors.ts";
import { writeRecord } from "./log-format.ts";

const RECORD_BYTES = 13 + entryOf(toZxid(1n)).length;
/** Where record number `index` (from 0) starts in a file of `logOf`. */
const recordAt = (index: number): number => 16 + index * RECORD_BYTES;
const last = logFile("log.6");

/** Transactions 1-5 in log.1 and 6-10 in log.6. */
const twoFiles = (): SimDisk => diskWith(zxids(0, 1, 5), zxids(0, 6, 10));

/** Row: why, damage done, and the last transaction recovered or the reason of the refusal. */
type Row = readonly [why: string, hurt: (disk: SimDisk) => void, want: bigint | RegExp];
const rows: readonly Row[] = [
  ["nothing is damaged", () => {}, 10n],
  ["the last record is torn, its rest zero", (d) => zero(d, recordAt(4) + 30, 4096), 9n],
  ["the last record is torn at the end of the file", (d) => cutTo(d, last, recordAt(5) - 1), 9n],
  ["the end mark of the last record is missing", (d) => zero(d, recordAt(5) - 1, 1), 9n],
  ["only the header is there", (d) => cutTo(d, last, 16), 5n],
  ["the last file has no byte", (d) => cutTo(d, last, 0), 5n],
  ["the last file has half a header", (d) => cutTo(d, last, 9), 5n],
  ["the last file is preallocated, nothing else", (d) => zero(d, 0, 9999), 5n],
  ["a file before the last has no byte", (d) => cutTo(d, logFile("log.1"), 0), /log.1 .*is empty/],
  [
    "a file before the last holds only a header",
    (d) => cutTo(d, logFile("log.1"), 16),
    /log.6 at byte 16, after 0x0: 0x6 does not follow 0x0/,
  ],
  [
    "a flipped bit in an entry",
    (d) => damage(d, last, recordAt(2) + 40),
    new RegExp(`log.6 at byte ${recordAt(2)}, after 0x7: .* follows at byte ${recordAt(3)}`),
  ],
  ["a flipped bit in the last entry", (d) => damage(d, last, recordAt(4) + 40), /checksum or end/],
  ["a wrong end mark in the middle", (d) => damage(d, last, recordAt(2) - 1), /after 0x6: the rec/],
  ["a wrong end mark at the end", (d) => damage(d, last, recordAt(5) - 1), /checksum or end mark/],
  ["a length too large in the middle", (d) => damage(d, last, recordAt(2) + 10), /after 0x7: /],
  ["a negative length", (d) => damage(d, last, recordAt(2) + 8, 0x80), /after 0x7: /],
  ["a length too large at the end", (d) => damage(d, last, recordAt(4) + 10), /length of the last/],
  ["a negative length at the end", (d) => damage(d, last, recordAt(4) + 8, 0x80), /length/],
  [
    "damage in a file before the last ends it before its last record",
    (d) => damage(d, logFile("log.1"), recordAt(1) + 11),
    /log.1 at byte .*, after 0x1: the record here cannot be read, but a whole record follows/,
  ],
  [
    "a file before the last ends early",
    (d) => cutTo(d, logFile("log.1"), recordAt(3)),
    /log.6 at byte 16, after 0x3: 0x6 does not follow 0x3: transactions are missing/,
  ],
  ["no transaction log at all", (d) => damage(d, last, 0), /is no transaction log/],
  ["a format of another version", (d) => damage(d, last, 7), /format version 18/],
];

function zero(disk: SimDisk, from: number, length: number): void {
  const bytes = disk.read(last, 0, disk.size(last));
  bytes.fill(0, from, from + length);
  disk.put(last, bytes);
}

for (const [why, hurt, want] of rows) {
  test(why, () => {
    const disk = twoFiles();
    hurt(disk);
    if (want instanceof RegExp) {
      assert.throws(() => recovered(disk), expected(want));
      return;
    }
    const { result, store } = recovered(disk);
    assert.equal(result.lastZxid, want);
    assert.equal(store.describe(), stateAfter(zxids(0, 1, Number(want))).describe());
    const again = recovered(disk);
    assert.equal(again.result.lastZxid, want);
    assert.deepEqual(again.result.notes, [], "repaired once and for all");
  });
}

const expected = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LogDamaged, String(error));
  assert.match(error.message, message);
  assert.match(error.advice, /Nothing was changed on disk/);
  return true;
};

const sequences: ReadonlyArray<
  readonly [why: string, files: readonly (readonly Zxid[])[], want: bigint | RegExp]
> = [
  [
    "a file of the sequence is missing",
    [zxids(0, 1, 3), zxids(0, 7, 9)],
    /0x7 does not follow 0x3/,
  ],
  ["the first file is missing", [zxids(0, 7, 9)], /0x7 does not follow 0x0/],
  ["a new epoch begins", [zxids(0, 1, 3), zxids(1, 1, 3)], makeZxid(1, 3)],
  ["a log spans epochs", [[...zxids(0, 1, 3), ...zxids(2, 1, 2)]], makeZxid(2, 2)],
  ["a new epoch without its first", [zxids(0, 1, 3), zxids(1, 2, 3)], /does not follow/],
  ["one is missing within a file", [[...zxids(0, 1, 3), ...zxids(0, 5, 6)]], /0x5 does not follow/],
  [
    "a transaction comes twice",
    [[...zxids(0, 1, 3), ...zxids(0, 3, 4)]],
    /0x3 does not follow 0x3/,
  ],
  ["an epoch ends after a greater one", [[...zxids(1, 1, 2), ...zxids(0, 1, 1)]], /not follow/],
];
for (const [why, files, want] of sequences) {
  test(why, () => {
    const disk = diskWith(...files);
    if (want instanceof RegExp) assert.throws(() => recovered(disk), expected(want));
    else assert.equal(recovered(disk).result.lastZxid, want);
  });
}

test("a gap that the snapshot covers is none", () => {
  const disk = diskWith(zxids(0, 1, 3), zxids(0, 9, 12));
  putSnapshot(disk, stateAfter(zxids(0, 1, 8)));
  const { result, store } = recovered(disk);
  assert.equal(result.txnsReplayed, 4);
  assert.equal(store.describe(), stateAfter(zxids(0, 1, 12)).describe());
});

test("an error transaction may repeat a zxid, and has no effect", () => {
  const disk = diskWith();
  const to = new JuteWriter();
  to.raw(logOf(zxids(0, 1, 3), 0));
  writeRecord(to, entryOf(makeZxid(0, 3), 0, { kind: "error", err: -5 }));
  writeRecord(to, entryOf(makeZxid(0, 4)));
  disk.put(logFile("log.1"), to.taken());
  const { result, store } = recovered(disk);
  assert.equal(result.txnsReplayed, 4);
  assert.equal(store.describe(), stateAfter(zxids(0, 1, 4)).describe());
});

test("an entry that is none is refused although its checksum is right", () => {
  const disk = diskWith();
  const to = new JuteWriter();
  to.raw(logOf(zxids(0, 1, 2), 0));
  const entry = entryOf(makeZxid(0, 3));
  entry[31] = 99; // the operation code's last byte
  writeRecord(to, entry);
  disk.put(logFile("log.1"), to.taken());
  assert.throws(() => recovered(disk), expected(/0x3 is unreadable \(UNKNOWN_TYPE type=99\)/));
});

test("what the reference left torn before a new epoch is no gap", () => {
  const disk = diskWith(zxids(0, 1, 5), zxids(1, 1, 2));
  cutTo(disk, logFile("log.1"), recordAt(5) - 7);
  const { result } = recovered(disk);
  assert.equal(result.lastZxid, makeZxid(1, 2));
  assert.match(result.notes.join(), /log.1 was torn at byte .*; left as it is/);
});

test("records behind a hole are refused when more was written later", () => {
  const disk = diskWith();
  const file = putLog(disk, zxids(0, 1, 5), 4096, 700);
  putLog(disk, zxids(1, 1, 2));
  const bytes = disk.read(file, 0, disk.size(file));
  bytes.fill(0, 1024, 1536);
  disk.put(file, bytes);
  assert.throws(() => recovered(disk), expected(/records are missing here, and log.100000001 was/));
});

test("a sector missing from the last write is a torn write, whatever came behind it", () => {
  const disk = diskWith();
  const file = putLog(disk, zxids(0, 1, 8), 4096, 700);
  const bytes = disk.read(file, 0, disk.size(file));
  bytes.fill(0, 2048, 2560);
  disk.put(file, bytes);
  const { result } = recovered(disk);
  assert.equal(result.lastZxid, 2n);
  assert.match(result.notes.join(), /torn at byte/);
});

test("no flipped bit of the log is silent", () => {
  const want = stateAfter(zxids(0, 1, 10)).describe();
  let refused = 0;
  for (const file of [logFile("log.1"), last]) {
    for (let offset = 0; offset < recordAt(5); offset++) {
      const disk = twoFiles();
      damage(disk, file, offset, 1 << (offset % 8));
      try {
        assert.equal(recovered(disk).store.describe(), want, `${file.name} at ${offset}`);
      } catch (error) {
        if (!(error instanceof LogDamaged)) throw error;
        refused++;
      }
    }
  }
  // Only the eight bytes of the database id, which nobody uses, may be anything.
  assert.equal(refused, 2 * (recordAt(5) - 8));
});

test("a log that ends anywhere is no error", () => {
  for (let size = 0; size <= recordAt(5); size++) {
    const disk = twoFiles();
    cutTo(disk, last, size);
    const whole = Math.max(0, Math.floor((size - 16) / RECORD_BYTES));
    assert.equal(recovered(disk).result.lastZxid, BigInt(5 + whole), `cut to ${size}`);
  }
});

test("a snapshot with any flipped bit, or cut anywhere, is not used", () => {
  const make = (): SimDisk => {
    const disk = diskWith(zxids(0, 1, 5));
    putSnapshot(disk, stateAfter(zxids(0, 1, 3)));
    return disk;
  };
  const file = { folder: "snap", name: "snapshot.3" } as const;
  const size = make().size(file);
  const want = stateAfter(zxids(0, 1, 5)).describe();
  for (let offset = 0; offset < size; offset++) {
    const [flipped, cut] = [make(), make()];
    damage(flipped, file, offset, 1 << (offset % 8));
    cutTo(cut, file, offset);
    for (const disk of [flipped, cut]) {
      const { result, store } = recovered(disk);
      assert.equal(store.describe(), want);
      // Cut behind the first seal it is a whole snapshot of the time before digests.
      const isOld = disk === cut && offset === size - 33;
      assert.equal(result.snapshot?.name, isOld ? "snapshot.3" : "snapshot.0", `at ${offset}`);
      if (!isOld) assert.match(result.notes.join(), /snapshot.3 is not used: /);
    }
  }
});

test("the oldest log is refused when no snapshot is left", () => {
  const disk = new SimDisk(true);
  putLog(disk, zxids(0, 1, 3));
  assert.throws(() => recovered(disk), { code: "NO_SNAPSHOT" });
  const { result, store } = recovered(disk, { trustEmptySnapshot: true });
  assert.equal(result.snapshotNeeded, true);
  assert.equal(store.describe(), stateAfter(zxids(0, 1, 3)).describe());
  assert.equal(new ModelStore().describe() === store.describe(), false);
});
