/** What a member starts with, by what its disk holds. */
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
  stateAfter,
  zxids,
} from "../../test/support/history.ts";
import { ModelStore } from "../../test/support/model-store.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { utf8 } from "../base/bytes.ts";
import { makeZxid } from "../base/ids.ts";
import { logFile, snapFile } from "../txnlog/disk-ops.ts";
import { standingOf } from "../txnlog/set-aside.ts";
import { type MemberRecoveryOptions, recoverMember } from "./member-recovery.ts";

const OPTIONS: MemberRecoveryOptions = {
  surroundings: { sameFolder: true, beside: ["myid"], initialize: false },
  trustEmptySnapshot: false,
  autoCreate: true,
  decompress: NO_CODEC,
  othersSuffice: true,
  time: "T",
};

function start(disk: SimDisk, options: Partial<MemberRecoveryOptions> = {}) {
  const store = new ModelStore();
  const found = finish(recoverMember(disk, store, { ...OPTIONS, ...options }));
  disk.doAll(found.ops);
  return { ...found, store };
}

function member(): SimDisk {
  const disk = diskWith(zxids(1, 1, 5), zxids(1, 6, 9));
  disk.put(snapFile("acceptedEpoch"), utf8("3"));
  disk.put(snapFile("currentEpoch"), utf8("1"));
  return disk;
}

type Row = readonly [why: string, hurt: (disk: SimDisk) => void, told: RegExp | "whole"];
const rows: readonly Row[] = [
  ["nothing is wrong", () => {}, "whole"],
  [
    "a log is damaged",
    (disk) => damage(disk, logFile("log.100000001"), 60),
    /^transaction log version-2\/log.100000001 at byte 16, after 0x0: the record here cannot be re/,
  ],
  [
    "a log is missing",
    (disk) => disk.do({ kind: "delete", file: logFile("log.100000001") }),
    /log.100000006 at byte 16, after 0x0: 0x100000006 does not follow 0x0/,
  ],
  [
    "the only snapshot is damaged",
    (disk) => cutTo(disk, snapFile("snapshot.0"), 20),
    /^there is a transaction log but no snapshot that loads/,
  ],
  [
    "a leader's snapshot is damaged that nothing else leads to",
    (disk) => {
      const { name } = putSnapshot(disk, stateAfter(zxids(2, 1, 4)));
      damage(disk, snapFile(name), 40);
    },
    /snapshot.200000004 is damaged, and the log does not hold what led to it/,
  ],
  [
    "a snapshot from the beginning of an epoch is damaged",
    (disk) => {
      const { name } = putSnapshot(disk, stateAfter(zxids(1, 1, 20)), makeZxid(2, 0));
      damage(disk, snapFile(name), 40);
    },
    /snapshot.200000000 is damaged, and the log does not hold what led to it/,
  ],
  [
    "an epoch file says nothing",
    (disk) => disk.put(snapFile("currentEpoch"), utf8("")),
    /^currentEpoch holds no epoch/,
  ],
  [
    "the epochs contradict each other",
    (disk) => disk.put(snapFile("currentEpoch"), utf8("4")),
    /^acceptedEpoch says 3, but currentEpoch says 4/,
  ],
];
for (const [why, hurt, told] of rows) {
  test(why, () => {
    const disk = member();
    hurt(disk);
    const { incomplete, recovered, epochs, store } = start(disk);
    assert.equal(incomplete, told !== "whole");
    if (told === "whole") return;
    assert.ok(
      recovered.notes.some((note) => told.test(note)),
      recovered.notes.join("\n"),
    );
    assert.match(recovered.notes.at(-1)!, /files of version-2 are kept as damaged-T\.\*/);
    assert.equal(recovered.lastZxid, 0n);
    assert.equal(store.nodes.size, 0, "nothing of the damaged history is used");
    assert.ok(epochs.accepted >= 3, "a promise is kept");
    assert.equal(standingOf(disk), "incomplete");
    assert.equal(start(disk).incomplete, true, "and so it is at the next start");
  });
}

test("who is needed for a quorum refuses to start, and nothing is moved", () => {
  const disk = member();
  damage(disk, logFile("log.100000001"), 60);
  const before = disk.list("snap");
  assert.throws(() => start(disk, { othersSuffice: false }), { code: "LOG_DAMAGED" });
  assert.deepEqual(disk.list("snap"), before);
});

test("an operator's mistakes are not healed", () => {
  const surroundings = { ...OPTIONS.surroundings, beside: ["version-3"] };
  assert.throws(() => start(member(), { surroundings }), { code: "UNKNOWN_VERSION" });
});

test("the guard: an empty folder is trusted by default, or with the file, and else may not vote", () => {
  const surroundings = { ...OPTIONS.surroundings, initialize: true };
  assert.equal(start(new SimDisk(true)).incomplete, false);
  assert.equal(start(new SimDisk(true), { autoCreate: false, surroundings }).incomplete, false);
  const guarded = new SimDisk(true);
  assert.equal(start(guarded, { autoCreate: false }).incomplete, true);
  putLog(guarded, zxids(1, 1, 3));
  assert.equal(start(guarded).incomplete, true, "half of a fetched state is not trusted either");
});

test("epochs without any history tell of a loss, unless the operator says otherwise", () => {
  const disk = (): SimDisk => {
    const lost = new SimDisk(true);
    lost.put(snapFile("acceptedEpoch"), utf8("2"));
    lost.put(snapFile("currentEpoch"), utf8("2"));
    return lost;
  };
  assert.equal(start(disk()).incomplete, true);
  const surroundings = { ...OPTIONS.surroundings, initialize: true };
  assert.equal(start(disk(), { surroundings }).incomplete, false);
});
