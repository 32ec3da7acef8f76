/** Which snapshot and which files recovery uses, what it refuses, and what it asks to be done. */
import assert from "node:assert/strict";
import test from "node:test";
import {
  cutTo,
  damage,
  diskWith,
  finish,
  NO_CODEC,
  putLog,
  putSnapshot,
  recovered,
  stateAfter,
  zxids,
} from "../../test/support/history.ts";
import { ModelStore } from "../../test/support/model-store.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { makeZxid, toZxid } from "../base/ids.ts";
import { logFile, snapFile } from "./disk-ops.ts";
import { DiskRefused } from "./errors.ts";
import { recover } from "./recovery.ts";

const AROUND = { sameFolder: true, beside: ["myid", "version-2"], initialize: false };

test("an empty folder is a new database, to be written at once", () => {
  const { result } = recovered(new SimDisk(true));
  assert.equal(result.lastZxid, 0n);
  assert.equal(result.snapshot, undefined);
  assert.equal(result.snapshotNeeded, true);
});

test("without autocreate an empty folder is not trusted, except by the file initialize", () => {
  const refused = recovered(new SimDisk(true), { autoCreate: false }).result;
  assert.equal(refused.lastZxid, -1n);
  assert.equal(refused.snapshotNeeded, false);
  const surroundings = { ...AROUND, initialize: true };
  const trusted = recovered(new SimDisk(true), { autoCreate: false, surroundings }).result;
  assert.equal(trusted.lastZxid, 0n);
  assert.equal(trusted.initializeUsed, true);
});

test("the newest snapshot is used, and only the log behind it", () => {
  const disk = diskWith(zxids(0, 1, 4), zxids(0, 5, 9));
  putSnapshot(disk, stateAfter(zxids(0, 1, 2)));
  putSnapshot(disk, stateAfter(zxids(0, 1, 6)));
  const { result, store } = recovered(disk);
  assert.equal(result.snapshot?.name, "snapshot.6");
  assert.equal(result.txnsReplayed, 3);
  assert.equal(store.resets, 1);
  assert.deepEqual(store.loaded, { zxid: 6n, tree: 7n });
  assert.equal(store.describe(), stateAfter(zxids(0, 1, 9)).describe());
});

test("a damaged snapshot is named, and the one before it used", () => {
  const disk = diskWith(zxids(0, 1, 9));
  putSnapshot(disk, stateAfter(zxids(0, 1, 3)));
  const newest = putSnapshot(disk, stateAfter(zxids(0, 1, 6)));
  damage(disk, snapFile(newest.name), 60);
  const { result, store } = recovered(disk);
  assert.equal(result.snapshot?.name, "snapshot.3");
  assert.match(result.notes[0]!, /^snapshot.6 is not used: wrong checksum of the nodes$/);
  assert.equal(store.resets, 2);
  assert.equal(store.describe(), stateAfter(zxids(0, 1, 9)).describe());
});

test("no older snapshot is used where the log does not reach back to it", () => {
  const disk = diskWith(zxids(0, 7, 9));
  const newest = putSnapshot(disk, stateAfter(zxids(0, 1, 6)));
  damage(disk, snapFile(newest.name), 60);
  assert.throws(
    () => recovered(disk),
    (error: unknown) => {
      assert.ok(error instanceof DiskRefused);
      assert.match(error.message, /0x7 does not follow 0x0/);
      assert.match(error.notes.join(), /snapshot.6 is not used/);
      return true;
    },
  );
});

test("a fuzzy snapshot that is ahead of the log gives way to an older one", () => {
  const disk = diskWith(zxids(0, 1, 5));
  putSnapshot(disk, stateAfter(zxids(0, 1, 8)), toZxid(4n));
  const { result, store } = recovered(disk);
  assert.equal(result.snapshot?.name, "snapshot.0");
  assert.match(result.notes[0]!, /snapshot.4 holds more than the log/);
  assert.equal(store.describe(), stateAfter(zxids(0, 1, 5)).describe());
});

test("a fuzzy snapshot alone is used, and the owner is told how far it may be ahead", () => {
  const disk = new SimDisk(true);
  putSnapshot(disk, stateAfter(zxids(0, 1, 8)), toZxid(4n));
  const { result } = recovered(disk);
  assert.equal(result.lastZxid, 4n);
  assert.equal(result.digest?.zxid, 8n);
  assert.match(result.notes.join("\n"), /although the log ends at 0x4: .* up to 0x8/);
});

test("a snapshot without digest is used as it is", () => {
  const disk = diskWith(zxids(0, 1, 5));
  putSnapshot(disk, stateAfter(zxids(0, 1, 3)), toZxid(3n), false);
  const { result } = recovered(disk);
  assert.equal(result.digest, undefined);
  assert.equal(result.lastZxid, 5n);
});

test("leftovers of ours go, files of others stay", () => {
  const disk = diskWith(zxids(0, 1, 2));
  const others = ["currentEpoch.tmp", "snapshot.9.tmp", "log.7.bak", "notes.txt", "log.zz"];
  for (const name of [...others, "quoll.snapshot.5.tmp"]) {
    disk.put(snapFile(name), new Uint8Array(3));
  }
  const { result } = recovered(disk);
  assert.equal(result.lastZxid, 2n);
  assert.deepEqual([...disk.list("snap")].sort(), [...others, "log.1", "snapshot.0"].sort());
});

test("what was read is made durable before anything relies on it", () => {
  const disk = diskWith(zxids(0, 1, 2));
  cutTo(disk, logFile("log.1"), 100);
  const { result } = recovered(disk);
  assert.deepEqual(result.ops, [
    { kind: "truncate", file: logFile("log.1"), size: 16 },
    { kind: "sync", file: logFile("log.1") },
    { kind: "sync", file: snapFile("snapshot.0") },
    { kind: "syncFolder", folder: "log" },
    { kind: "syncFolder", folder: "snap" },
  ]);
});

const wrong: ReadonlyArray<readonly [why: string, put: (disk: SimDisk) => void, message: RegExp]> =
  [
    [
      "a snapshot in the log folder",
      (disk) => disk.put(logFile("snapshot.5"), new Uint8Array(20)),
      /dataLogDir holds a snapshot file, version-2\/snapshot.5/,
    ],
    [
      "a log in the snapshot folder",
      (disk) => disk.put(snapFile("log.5"), new Uint8Array(20)),
      /dataDir holds a log file, version-2\/log.5/,
    ],
  ];
for (const [why, put, message] of wrong) {
  test(`refused: ${why}`, () => {
    const disk = new SimDisk(false);
    put(disk);
    const surroundings = { ...AROUND, sameFolder: false };
    assert.throws(() => recovered(disk, { surroundings }), { code: "FOLDERS_SWAPPED", message });
  });
}

test("refused: a layout of another version beside version-2", () => {
  const surroundings = { ...AROUND, beside: ["myid", "version-2", "version-3"] };
  const disk = new SimDisk(true);
  assert.throws(() => recovered(disk, { surroundings }), { code: "UNKNOWN_VERSION" });
});

test("separate folders recover like one", () => {
  const disk = new SimDisk(false);
  putSnapshot(disk, stateAfter(zxids(0, 1, 3)));
  putLog(disk, zxids(0, 1, 3));
  putLog(disk, [...zxids(0, 4, 6), ...zxids(1, 1, 2)]);
  const surroundings = { ...AROUND, sameFolder: false };
  assert.equal(recovered(disk, { surroundings }).result.lastZxid, makeZxid(1, 2));
});

test("a long log is read in slices", () => {
  const disk = new SimDisk(true);
  putSnapshot(disk, new ModelStore(), toZxid(0n));
  putLog(disk, zxids(0, 1, 5000));
  let slices = 0;
  const options = { surroundings: AROUND, trustEmptySnapshot: false, autoCreate: true };
  const work = recover(disk, new ModelStore(), { ...options, decompress: NO_CODEC });
  while (work.next().done !== true) slices++;
  assert.ok(slices >= 5, `${slices} slices`);
  assert.equal(
    finish(recover(disk, new ModelStore(), { ...options, decompress: NO_CODEC })).txnsReplayed,
    5000,
  );
});
