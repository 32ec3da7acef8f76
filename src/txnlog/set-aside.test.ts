/** Setting files aside: nothing is lost or overwritten, and no crash leaves half a history as whole. */
import assert from "node:assert/strict";
import test from "node:test";
import { damage, diskWith, putSnapshot, stateAfter, zxids } from "../../test/support/history.ts";
import { LOSSES, SimCrash, SimDisk } from "../../test/support/sim-disk.ts";
import { textOf, utf8 } from "../base/bytes.ts";
import { Prng } from "../base/prng.ts";
import { type DiskOp, snapFile } from "./disk-ops.ts";
import {
  planAnew,
  planIncomplete,
  planSetAside,
  planWhole,
  refuseIncomplete,
  standingOf,
} from "./set-aside.ts";

function member(): SimDisk {
  const disk = diskWith(zxids(2, 1, 5), zxids(2, 6, 10));
  putSnapshot(disk, stateAfter(zxids(2, 1, 8)));
  disk.put(snapFile("acceptedEpoch"), utf8("4"));
  disk.put(snapFile("currentEpoch"), utf8("2"));
  return disk;
}

const names = (disk: SimDisk): readonly string[] => disk.list("snap").toSorted();
const textIn = (disk: SimDisk, name: string): string => textOf(disk.read(snapFile(name), 0, 1000));

test("logs and snapshots are kept under other names, epochs stay", () => {
  const disk = member();
  const { ops, prefix, movedCount, epochs } = planSetAside(disk, "T", "log.200000001 at byte 7");
  disk.doAll(ops);
  assert.deepEqual(epochs, { accepted: 4, current: 2 });
  assert.equal(prefix, "damaged-T.");
  assert.equal(movedCount, 4);
  assert.deepEqual(names(disk), [
    "acceptedEpoch",
    "currentEpoch",
    "damaged-T.log.200000001",
    "damaged-T.log.200000006",
    "damaged-T.snapshot.0",
    "damaged-T.snapshot.200000008",
    "quoll.incomplete",
  ]);
  assert.equal(textIn(disk, "quoll.incomplete"), "log.200000001 at byte 7\n");
  assert.throws(() => refuseIncomplete(disk), { code: "INCOMPLETE" });
  disk.doAll(planWhole());
  assert.equal(standingOf(disk), "whole");
});

test("files set aside before are never replaced", () => {
  const disk = member();
  disk.doAll(planSetAside(disk, "T", "first").ops);
  putSnapshot(disk, stateAfter(zxids(2, 1, 8)));
  assert.equal(planSetAside(disk, "T", "second").prefix, "damaged-T-2.");
});

test("an epoch file that says nothing goes aside; the names of the others tell a promise", () => {
  const disk = member();
  disk.put(snapFile("acceptedEpoch"), utf8("\u0000"));
  disk.put(snapFile("currentEpoch"), utf8("x"));
  const { ops, epochs } = planSetAside(disk, "T", "why");
  disk.doAll(ops);
  assert.deepEqual(epochs, { accepted: 2, current: 0 });
  assert.equal(textIn(disk, "acceptedEpoch"), "2");
  assert.equal(textIn(disk, "currentEpoch"), "0");
  assert.equal(textIn(disk, "damaged-T.acceptedEpoch"), "\u0000");
});

test("what an incomplete server had fetched is dropped, what was set aside is not", () => {
  const disk = member();
  disk.doAll(planSetAside(disk, "T", "why").ops);
  putSnapshot(disk, stateAfter(zxids(5, 1, 3)));
  disk.doAll(planAnew(disk, "U").ops);
  assert.equal(standingOf(disk), "incomplete");
  assert.ok(!names(disk).some((name) => name.startsWith("snapshot.")));
  assert.equal(names(disk).filter((name) => name.startsWith("damaged-T.")).length, 4);
});

/** Power goes out after each number of operations, in each way; `judge` sees what is left. */
function crashEverywhere(
  plan: (disk: SimDisk) => readonly DiskOp[],
  judge: (disk: SimDisk) => void,
) {
  const total = plan(member()).length;
  for (let count = 0; count <= total; count++) {
    for (const loss of LOSSES) {
      const disk = member();
      const ops = plan(disk);
      disk.opsUntilCrash = count;
      try {
        disk.doAll(ops);
      } catch (error) {
        if (!(error instanceof SimCrash)) throw error;
      }
      disk.crash(loss, new Prng(count));
      judge(disk);
    }
  }
}

test("a crash in the middle leaves the mark wherever a file has moved, and no file is lost", () => {
  crashEverywhere(
    (disk) => planSetAside(disk, "T", "why").ops,
    (disk) => {
      const moved = names(disk).filter((name) => name.startsWith("damaged-"));
      if (moved.length > 0) assert.notEqual(standingOf(disk), "whole");
      const kept = names(disk).filter((name) => /(log|snapshot)\.[0-9a-f]+$/.test(name));
      assert.equal(kept.length, 4);
      if (standingOf(disk) === "incomplete") assert.equal(moved.length, 4);
      if (standingOf(disk) !== "setting aside") return;
      disk.doAll(planSetAside(disk, "U", "again").ops);
      assert.equal(standingOf(disk), "incomplete");
    },
  );
});

test("an empty folder is marked before it is used", () => {
  const disk = new SimDisk(false);
  disk.doAll(planIncomplete(disk, "T", "empty").ops);
  assert.equal(standingOf(disk), "incomplete");
  assert.equal(textIn(disk, "acceptedEpoch"), "0");
});

test("damage to a mark's content changes nothing", () => {
  const disk = member();
  disk.doAll(planSetAside(disk, "T", "why").ops);
  damage(disk, snapFile("quoll.incomplete"), 0);
  assert.equal(standingOf(disk), "incomplete");
});
