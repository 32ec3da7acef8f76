/** The disk in memory does what the real one does: one list of operations on both. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { type DiskOp, logFile, snapFile } from "../txnlog/disk-ops.ts";
import { type Disk, RealDisk } from "./disk.ts";
import { MemoryDisk } from "./memory-disk.ts";

const log = logFile("log.1");
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

const ROWS: ReadonlyArray<readonly [why: string, ops: readonly DiskOp[]]> = [
  ["a file is made empty", [{ kind: "create", file: log }]],
  ["it is written", [{ kind: "write", file: log, offset: 0, bytes: bytes(1, 2, 3) }]],
  ["zeros fill a gap", [{ kind: "write", file: log, offset: 6, bytes: bytes(7) }]],
  ["it grows by zeros", [{ kind: "extend", file: log, size: 9000 }]],
  ["it is overwritten", [{ kind: "write", file: log, offset: 1, bytes: bytes(9, 9) }]],
  ["a cut end does not come back", [{ kind: "truncate", file: log, size: 2 }]],
  ["it grows again, by zeros", [{ kind: "truncate", file: log, size: 5 }]],
  [
    "syncs and closing change nothing",
    [
      { kind: "sync", file: log },
      { kind: "syncFolder", folder: "log" },
      { kind: "close", file: log },
    ],
  ],
  [
    "a rename replaces what is there",
    [
      { kind: "create", file: snapFile("new") },
      { kind: "write", file: snapFile("new"), offset: 0, bytes: bytes(5) },
      { kind: "close", file: snapFile("new") },
      { kind: "create", file: snapFile("snapshot.1") },
      { kind: "close", file: snapFile("snapshot.1") },
      { kind: "rename", folder: "snap", from: "new", to: "snapshot.1" },
    ],
  ],
  ["a new file of an old name is empty", [{ kind: "create", file: log }]],
  ["a file is gone", [{ kind: "delete", file: log }]],
];

const state = (disk: Disk): readonly unknown[] =>
  disk
    .list("log")
    .toSorted()
    .map((name) => {
      const file = logFile(name);
      return [name, disk.size(file), disk.read(file, 0, 1 << 20), disk.read(file, 1, 3)];
    });

test("memory and file system hold the same after every operation", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quoll-disk-"));
  mkdirSync(join(folder, "version-2"));
  const path = join(folder, "version-2");
  const real = new RealDisk({ log: path, snap: path }, () => {});
  const memory = new MemoryDisk();
  try {
    for (const [why, ops] of ROWS) {
      await real.run(ops);
      await memory.run(ops);
      assert.deepEqual(state(memory), state(real), why);
    }
    await assert.rejects(memory.run([{ kind: "delete", file: log }]), /no file log\.1/);
  } finally {
    real.close();
    rmSync(folder, { recursive: true });
  }
});

test("what is written and what is read are copies", async () => {
  const memory = new MemoryDisk();
  const mine = bytes(1, 2);
  await memory.run([
    { kind: "create", file: log },
    { kind: "write", file: log, offset: 0, bytes: mine },
  ]);
  mine[0] = 8;
  memory.read(log, 0, 2)[1] = 8;
  assert.deepEqual(memory.read(log, 0, 2), bytes(1, 2));
});
