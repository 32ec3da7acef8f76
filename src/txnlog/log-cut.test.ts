/** Where TRUNC cuts, which snapshots it takes along, and that a crash during it does no harm. */
import assert from "node:assert/strict";
import test from "node:test";
import {
  damage,
  diskWith,
  entryOf,
  finish,
  NO_CODEC,
  putLog,
  putSnapshot,
  recovered,
  stateAfter,
  zxids,
} from "../../test/support/history.ts";
import { LOSSES, SimCrash, SimDisk } from "../../test/support/sim-disk.ts";
import { makeZxid, toZxid, type Zxid } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { logFile, snapFile } from "./disk-ops.ts";
import { planCut } from "./log-cut.ts";

const RECORD_BYTES = 13 + entryOf(toZxid(1n)).length;
const plan = (disk: SimDisk, zxid: Zxid) => finish(planCut(disk, zxid, NO_CODEC));

/**
 * Transactions 1-5, 6-10, 1.1-1.3 in three files; snapshots of 0 and 3, a fuzzy 4 (up to 7), and 8.
 */
function sample(): SimDisk {
  const disk = diskWith(zxids(0, 1, 5), zxids(0, 6, 10), zxids(1, 1, 3));
  putSnapshot(disk, stateAfter(zxids(0, 1, 3)));
  putSnapshot(disk, stateAfter(zxids(0, 1, 7)), toZxid(4n));
  putSnapshot(disk, stateAfter(zxids(0, 1, 8)));
  return disk;
}

type Row = readonly [why: string, at: Zxid, last: Zxid, files: string, size: [string, number]];
const rows: readonly Row[] = [
  [
    "within the last file",
    makeZxid(1, 2),
    makeZxid(1, 2),
    "log.1 log.100000001 log.6 snapshot.0 snapshot.3 snapshot.4 snapshot.8",
    ["log.100000001", 16 + 2 * RECORD_BYTES],
  ],
  [
    "at the end of an epoch",
    makeZxid(0, 10),
    makeZxid(0, 10),
    "log.1 log.6 snapshot.0 snapshot.3 snapshot.4 snapshot.8",
    ["log.6", 16 + 5 * RECORD_BYTES],
  ],
  [
    "a zxid that no record has",
    makeZxid(0, 77),
    makeZxid(0, 10),
    "log.1 log.6 snapshot.0 snapshot.3 snapshot.4 snapshot.8",
    ["log.6", 16 + 5 * RECORD_BYTES],
  ],
  [
    "before a snapshot",
    makeZxid(0, 7),
    makeZxid(0, 7),
    "log.1 log.6 snapshot.0 snapshot.3 snapshot.4",
    ["log.6", 16 + 2 * RECORD_BYTES],
  ],
  [
    "within what a fuzzy snapshot may show",
    makeZxid(0, 6),
    makeZxid(0, 6),
    "log.1 log.6 snapshot.0 snapshot.3",
    ["log.6", 16 + RECORD_BYTES],
  ],
  [
    "at the zxid of a snapshot",
    makeZxid(0, 3),
    makeZxid(0, 3),
    "log.1 snapshot.0 snapshot.3",
    ["log.1", 16 + 3 * RECORD_BYTES],
  ],
];
for (const [why, at, last, files, [name, size]] of rows) {
  test(`cut ${why}`, () => {
    const disk = sample();
    const cut = plan(disk, at);
    assert.equal(cut.kind, "cut");
    if (cut.kind !== "cut") return;
    assert.equal(cut.lastZxid, last);
    disk.doAll(cut.ops);
    assert.equal([...disk.list("log")].sort().join(" "), files);
    assert.equal(disk.size(logFile(name)), size);
    const { result } = recovered(disk);
    assert.equal(result.lastZxid, last);
    assert.deepEqual(result.notes, []);
  });
}

test("before everything: all is to be discarded", () => {
  const disk = new SimDisk(true);
  putSnapshot(disk, stateAfter(zxids(0, 1, 8)));
  putLog(disk, zxids(0, 9, 12));
  assert.equal(plan(disk, toZxid(7n)).kind, "discard");
  assert.equal(plan(disk, toZxid(8n)).kind, "cut");
});

test("where the log does not lead from the snapshot to the cut: all is to be discarded", () => {
  const disk = diskWith(zxids(0, 7, 12));
  const cut = plan(disk, toZxid(9n));
  assert.equal(cut.kind, "discard");
  assert.match(cut.kind === "discard" ? cut.reason : "", /0x7 does not follow 0x0/);
});

test("a snapshot that tells nothing about its end is not kept, nor a damaged one", () => {
  const disk = diskWith(zxids(0, 1, 9));
  putSnapshot(disk, stateAfter(zxids(0, 1, 2)), toZxid(2n), false);
  const other = putSnapshot(disk, stateAfter(zxids(0, 1, 3)));
  damage(disk, snapFile(other.name), 50);
  const cut = plan(disk, toZxid(6n));
  if (cut.kind !== "cut") assert.fail();
  disk.doAll(cut.ops);
  assert.deepEqual([...disk.list("snap")].sort(), ["log.1", "snapshot.0"]);
});

test("a crash at any operation of a cut leaves a history that ends at the cut or behind it", () => {
  for (const loss of LOSSES) {
    for (let at = 0, crashed = true; crashed; at++) {
      // Only the snapshot bridges what is missing between 9 and 12.
      const disk = diskWith(zxids(0, 1, 5), zxids(0, 6, 8), zxids(0, 9, 9), zxids(0, 13, 14));
      putSnapshot(disk, stateAfter(zxids(0, 1, 8)));
      putSnapshot(disk, stateAfter(zxids(0, 1, 12)));
      const cut = plan(disk, toZxid(7n));
      if (cut.kind !== "cut") assert.fail();
      crashed = crashesAt(disk, at, () => disk.doAll(cut.ops));
      disk.crash(loss, new Prng(at));
      const { result, store } = recovered(disk);
      if (!crashed) assert.equal(result.lastZxid, 7n);
      const want = stateAfter(zxids(0, 1, Number(result.lastZxid)));
      assert.equal(store.describe(), want.describe());
      assert.ok(result.lastZxid >= 7n);
    }
  }
});

function crashesAt(disk: SimDisk, at: number, act: () => void): boolean {
  disk.opsUntilCrash = at;
  try {
    act();
    return false;
  } catch (error) {
    if (!(error instanceof SimCrash)) throw error;
    return true;
  }
}
