/** Which files purging deletes. */
import assert from "node:assert/strict";
import test from "node:test";
import { planPurge } from "./purge.ts";

const split = (names: string): readonly string[] => (names === "" ? [] : names.split(" "));

type Row = readonly [why: string, snaps: string, whole: string, logs: string, deleted: string];
const rows: readonly Row[] = [
  ["fewer than are kept", "snapshot.1 snapshot.5", "snapshot.1 snapshot.5", "log.1", ""],
  [
    "the log that may hold the next transaction stays",
    "snapshot.1 snapshot.5 snapshot.9 snapshot.f",
    "snapshot.1 snapshot.5 snapshot.9 snapshot.f",
    "log.1 log.3 log.6 log.a",
    "snapshot.1 log.1",
  ],
  [
    "a log that begins with the snapshot's zxid stays alone",
    "snapshot.1 snapshot.5 snapshot.9 snapshot.f",
    "snapshot.1 snapshot.5 snapshot.9 snapshot.f",
    "log.1 log.3 log.5 log.a",
    "snapshot.1 log.1 log.3",
  ],
  [
    "snapshots that are not known to be whole do not count",
    "snapshot.1 snapshot.2 snapshot.5 snapshot.9 snapshot.f",
    "snapshot.2 snapshot.5 snapshot.f",
    "log.1 log.2",
    "snapshot.1 log.1",
  ],
  [
    "order is that of zxids, not of text, and compressed ones count",
    "snapshot.9 snapshot.10.gz snapshot.100 snapshot.f.snappy",
    "snapshot.9 snapshot.10.gz snapshot.100 snapshot.f.snappy",
    "log.1 log.a log.11",
    "snapshot.9 log.1",
  ],
  [
    "other files stay",
    "snapshot.1 snapshot.5 snapshot.9 snapshot.f currentEpoch snapshot.1.tmp",
    "snapshot.1 snapshot.5 snapshot.9 snapshot.f",
    "log.1.bak",
    "snapshot.1",
  ],
];
for (const [why, snaps, whole, logs, deleted] of rows) {
  test(why, () => {
    const ops = planPurge({
      logNames: split(logs),
      snapNames: split(snaps),
      validated: new Set(split(whole)),
      keep: 3,
    });
    const names = ops.flatMap((op) => (op.kind === "delete" ? [op.file.name] : []));
    assert.deepEqual(names, split(deleted));
  });
}

test("fewer than three are never asked for", () => {
  const input = { logNames: [], snapNames: [], validated: new Set<string>(), keep: 2 };
  assert.throws(() => planPurge(input), /at least three/);
});
