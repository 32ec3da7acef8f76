/** Large batches of a log take another way to the disk than small ones; the file must not tell. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Prng } from "../base/prng.ts";
import { type DiskOp, logFile } from "../txnlog/disk-ops.ts";
import { SHARED_FLIGHT_BYTES_MAX } from "../txnlog/log-writer.ts";
import { BLOCK_BYTES, DirectWrites } from "./direct-writes.ts";
import { RealDisk } from "./disk.ts";

const LARGE = SHARED_FLIGHT_BYTES_MAX + 1;
const FILE = logFile("log.1");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quoll-disk-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const diskHere = (): RealDisk => new RealDisk({ log: folder, snap: folder }, () => {});

function randomBytes(prng: Prng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => prng.below(256));
}

test("batches of all sizes stand behind each other in the file", async () => {
  const prng = new Prng(7);
  const disk = diskHere();
  const size = 16 << 20;
  await disk.run([
    { kind: "create", file: FILE },
    { kind: "extend", file: FILE, size },
  ]);
  const expected = new Uint8Array(size);
  const lengths = [1, LARGE, 5, 3 << 20, BLOCK_BYTES, LARGE + 4091, LARGE, 100, 1 << 20, LARGE];
  let offset = 0;
  for (const length of lengths) {
    const bytes = randomBytes(prng, length);
    const write: DiskOp = { kind: "write", file: FILE, offset, bytes };
    await disk.run([write, { kind: "sync", file: FILE }]);
    expected.set(bytes, offset);
    offset += length;
    deepEqual(disk.read(FILE, 0, size), expected, `after a batch of ${length}`);
  }
  disk.close();
});

test("without preallocation the file ends where the batch ends", async () => {
  const disk = diskHere();
  const bytes = randomBytes(new Prng(8), 2 * LARGE + 17);
  const write: DiskOp = { kind: "write", file: FILE, offset: 0, bytes };
  await disk.run([{ kind: "create", file: FILE }, write, { kind: "sync", file: FILE }]);
  disk.close();
  deepEqual(new Uint8Array(readFileSync(join(folder, FILE.name))), bytes);
});

test("only one is written at a time, the other is left to the page cache", async () => {
  const path = join(folder, "file");
  writeFileSync(path, new Uint8Array(0));
  const bytes = new Uint8Array(2 << 20);
  const direct = new DirectWrites();
  const [first, second] = await Promise.all([
    direct.write(path, bytes, 0),
    direct.write(path, bytes, bytes.length),
  ]);
  equal(second, 0);
  equal(await direct.write(path, bytes, 0), first);
});

test("a file system that cannot do it is asked once", async () => {
  const direct = new DirectWrites();
  equal(await direct.write("/proc/self/comm", new Uint8Array(BLOCK_BYTES), 0), 0);
  equal(await direct.write(join(folder, "missing"), new Uint8Array(BLOCK_BYTES), 0), 0);
});

test("any other failure is told", { skip: constants.O_DIRECT === undefined }, async () => {
  const direct = new DirectWrites();
  await rejects(direct.write(join(folder, "missing"), new Uint8Array(BLOCK_BYTES), 0), {
    code: "ENOENT",
  });
});
