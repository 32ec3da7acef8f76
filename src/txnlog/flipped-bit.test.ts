/** Data full of zeros looks as if sectors were missing: a flipped bit in it must not pass for that. */
import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { diskWith, entryOf, recovered, zxids } from "../../test/support/history.ts";
import type { SimDisk } from "../../test/support/sim-disk.ts";
import { JuteWriter } from "../jute/writer.ts";
import { logFile } from "./disk-ops.ts";
import { LogDamaged } from "./errors.ts";
import { writeLogHeader, writeRecord } from "./log-format.ts";

const file = logFile("log.1");
const list = zxids(0, 1, 3);
const BYTES_EACH = 2000;

function zeros(): { readonly bytes: Uint8Array; readonly starts: readonly number[] } {
  const to = new JuteWriter();
  writeLogHeader(to);
  const starts: number[] = [];
  for (const zxid of list) {
    starts.push(to.at);
    const data = new Uint8Array(BYTES_EACH);
    writeRecord(to, entryOf(zxid, 0, { kind: "setData", path: "/a", data, version: 1 }));
  }
  starts.push(to.at);
  to.raw(new Uint8Array(4096));
  return { bytes: to.taken(), starts };
}

function diskOf(bytes: Uint8Array): SimDisk {
  const disk = diskWith(zxids(0, 1, 1));
  disk.put(file, bytes);
  return disk;
}

test("no flipped bit in records full of zeros is taken for a torn write", () => {
  const { bytes, starts } = zeros();
  equal(recovered(diskOf(bytes)).result.lastZxid, 3n);
  for (let at = starts[0]!; at < starts.at(-1)!; at += 3) {
    const hurt = bytes.slice();
    hurt[at]! ^= 1 << ((at / 3) % 8);
    throws(() => recovered(diskOf(hurt)), LogDamaged, `byte ${at}`);
  }
});

test("a sector that is missing still is a torn write", () => {
  const { bytes, starts } = zeros();
  const hurt = bytes.slice();
  // The first sector of the last record: what stood in it is gone.
  const sector = Math.ceil(starts[1]! / 512) * 512;
  hurt.fill(0, starts[1]!, sector);
  equal(recovered(diskOf(hurt)).result.lastZxid, 1n);
});
