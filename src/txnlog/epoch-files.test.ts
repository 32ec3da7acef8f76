/** Reading and replacing epoch files, over crashes and contradictions. */
import assert from "node:assert/strict";
import test from "node:test";
import { LOSSES, SimCrash, SimDisk } from "../../test/support/sim-disk.ts";
import { textOf, utf8 } from "../base/bytes.ts";
import { makeZxid, toZxid, type Zxid } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { snapFile } from "./disk-ops.ts";
import { parseEpoch, readEpochs, writeEpoch } from "./epoch-files.ts";

function diskOf(files: Readonly<Record<string, string>>): SimDisk {
  const disk = new SimDisk(true);
  for (const [name, text] of Object.entries(files)) disk.put(snapFile(name), utf8(text));
  return disk;
}

const contentOf = (disk: SimDisk, name: string): string => textOf(disk.read(snapFile(name), 0, 99));

type Files = Readonly<Record<string, string>>;
type Row = readonly [
  why: string,
  files: Files,
  last: Zxid,
  want: readonly [number, number] | RegExp,
];
const rows: readonly Row[] = [
  ["none there: the log's epoch", {}, makeZxid(3, 9), [3, 3]],
  ["none there, and nothing else", {}, toZxid(-1n), [0, 0]],
  ["both there", { acceptedEpoch: "5", currentEpoch: "4" }, makeZxid(4, 1), [5, 4]],
  ["a newline is allowed", { acceptedEpoch: "5\n", currentEpoch: "5\n" }, makeZxid(4, 1), [5, 5]],
  [
    "behind the log: a synchronisation was interrupted",
    { acceptedEpoch: "5", currentEpoch: "3" },
    makeZxid(4, 1),
    [5, 3],
  ],
  [
    "behind the log, written but not renamed",
    { acceptedEpoch: "5", currentEpoch: "3", "currentEpoch.tmp": "4" },
    makeZxid(4, 1),
    [5, 4],
  ],
  [
    "behind the log, half written",
    { acceptedEpoch: "5", currentEpoch: "3", "currentEpoch.tmp": "" },
    makeZxid(4, 1),
    [5, 3],
  ],
  ["accepted before current", { acceptedEpoch: "3", currentEpoch: "4" }, makeZxid(4, 1), /Epoch/],
  ["no number", { acceptedEpoch: "x", currentEpoch: "4" }, makeZxid(4, 1), /no epoch: "x"/],
  ["nothing in it", { acceptedEpoch: "4", currentEpoch: "" }, makeZxid(4, 1), /holds no epoch/],
];
for (const [why, files, last, want] of rows) {
  test(why, () => {
    const disk = diskOf(files);
    if (want instanceof RegExp) {
      assert.throws(() => readEpochs(disk, last), { code: "EPOCHS_DISAGREE", message: want });
      return;
    }
    const found = readEpochs(disk, last);
    assert.deepEqual(found.epochs, { accepted: want[0], current: want[1] });
    disk.doAll(found.ops);
    assert.equal(contentOf(disk, "acceptedEpoch").trim(), String(want[0]));
    assert.equal(contentOf(disk, "currentEpoch").trim(), String(want[1]));
    assert.deepEqual(readEpochs(disk, last).ops, []);
  });
}

test("a crash while a file is replaced leaves the old epoch or the new", () => {
  for (const loss of LOSSES) {
    for (let at = 0; at < 6; at++) {
      const disk = diskOf({ currentEpoch: "41" });
      disk.opsUntilCrash = at;
      assert.throws(
        () => disk.doAll([...writeEpoch("currentEpoch", 42), ...writeEpoch("currentEpoch", 43)]),
        SimCrash,
      );
      disk.crash(loss, new Prng(at));
      assert.match(contentOf(disk, "currentEpoch"), /^4[12]$/);
    }
  }
});

test("texts that are no epoch", () => {
  for (const text of ["", "-1", "1.5", "0x4", "99999999999", "2147483648", "4 5"]) {
    assert.equal(parseEpoch(text), undefined, text);
  }
  assert.equal(parseEpoch("2147483647"), 2147483647);
});
