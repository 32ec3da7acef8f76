/**
 * The tools that are called as the reference's: their text against a golden one, and what they ask.
 * On equal files the interop test runs both.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import test from "node:test";
import { EVERY_TXN, logOf } from "../../../test/support/every-txn.ts";
import { readGolden } from "../../../test/support/golden.ts";
import type { CommandStreams } from "../output.ts";

// Before what formats times is loaded.
process.env["TZ"] = "UTC";
const { runTxnLogToolkit } = await import("./txn-log-toolkit.ts");
const { runSnapshotFormatter } = await import("./snapshot-formatter.ts");
const { runSnapshotComparer } = await import("./snapshot-comparer.ts");

type Tool = (argv: readonly string[], streams: CommandStreams) => Promise<number>;

async function run(tool: Tool, argv: readonly string[], input = "") {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const code = await tool(argv, { stdin: Readable.from([input]), stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quoll-tools-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const utf8 = new TextDecoder();

test("every kind of transaction is printed as the reference prints it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.1");
    writeFileSync(path, logOf(EVERY_TXN));
    const { code, out } = await run(runTxnLogToolkit, ["-d", path]);
    assert.equal(code, 0);
    assert.equal(out, utf8.decode(readGolden("tools/txn-log-toolkit.txt")));
  }));

/** log.90 with two wrong checksums, at the third record and at the fourth. */
function damaged(): Uint8Array {
  const bytes = readGolden("standalone/data/version-2/log.90");
  for (const at of [292, 404]) bytes[at]! ^= 1;
  return bytes;
}

test("recovery asks for each record, mends a copy and leaves the log alone", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.90");
    writeFileSync(path, damaged());
    const { code, out } = await run(runTxnLogToolkit, ["-r", path], "what\nno\nYes\n");
    assert.equal(code, 0);
    assert.equal(out.match(/CRC ERROR/g)?.length, 2);
    assert.equal(out.match(/\(Yes\/No\/Abort\) \?/g)?.length, 3);
    assert.match(out, /log\.90\.fixed has been written with 1 fixed CRC error\(s\)\n$/);
    assert.deepEqual(new Uint8Array(readFileSync(path)), damaged());
    const after = await run(runTxnLogToolkit, [`${path}.fixed`]);
    assert.equal(after.out.match(/CRC ERROR/g)?.length, 1);
    const again = await run(runTxnLogToolkit, ["-r", "-y", path]);
    assert.deepEqual([again.code, again.out], [1, ""]);
    assert.match(again.err, /already exists or not writable/);
  }));

test("recovery that is broken off writes no more", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.90");
    writeFileSync(path, damaged());
    const { code, err } = await run(runTxnLogToolkit, ["-r", path], "a\n");
    assert.deepEqual([code, err], [0, "Recovery aborted.\n"]);
    const { out } = await run(runTxnLogToolkit, [`${path}.fixed`]);
    assert.match(out, /EOF reached after 2 txns\.\n$/);
  }));

test("chopping keeps everything up to a zxid", () =>
  inFolder(async (folder) => {
    const path = join(folder, "log.90");
    writeFileSync(path, readGolden("standalone/data/version-2/log.90"));
    const { out } = await run(runTxnLogToolkit, ["-c", "-z", "0x95", path]);
    assert.match(out, /Chopping at 95 new log has 6 records\n$/);
    assert.ok(existsSync(`${path}.chopped149`));
    const chopped = await run(runTxnLogToolkit, [`${path}.chopped149`]);
    assert.match(chopped.out, /EOF reached after 6 txns\.\n$/);
  }));

test("a snapshot's dump has its nodes, its sessions and the last zxid it shows", () =>
  inFolder(async (folder) => {
    const path = join(folder, "snapshot.3f");
    writeFileSync(path, readGolden("standalone/data/version-2/snapshot.3f"));
    const { code, out } = await run(runSnapshotFormatter, ["-d", path]);
    assert.equal(code, 0);
    assert.match(out, /^ZNode Details \(count=66\):\n----\n\/\n {2}cZxid = 0x00000000000000\n/);
    assert.match(out, /\n {2}ctime = Sun Nov 22 15:53:14 UTC 2026\n/);
    assert.match(out, /0x1000017a8de0001, 30000, 0\n.*----\nLast zxid: 0x40\n$/s);
    const json = JSON.parse((await run(runSnapshotFormatter, ["-json", path])).out) as unknown[];
    assert.deepEqual(json.slice(0, 2), [1, 0]);
    const names = JSON.stringify(json[3]).match(/"name":/g);
    assert.equal(names?.length, 65);
  }));

test("a comparison can be walked through", () =>
  inFolder(async (folder) => {
    const [left, right] = ["snapshot.3f", "snapshot.8e"].map((name) => {
      const path = join(folder, name);
      writeFileSync(path, readGolden(`standalone/data/version-2/${name}`));
      return path;
    });
    const flags = ["-l", left!, "-r", right!, "-b", "20", "-n", "2"];
    const { code, out } = await run(runSnapshotComparer, [...flags, "-i"], "/m\n4\nx\n\n");
    assert.equal(code, 0);
    assert.match(out, /Analysis for node \/m\nFiltered right node \/m\/c of size 1\n/);
    assert.match(out, /Analysis for depth 4\n.*Input x is not valid\..*All layers compared\.\n$/s);
    const refused = await run(runSnapshotComparer, ["-l", left!]);
    assert.deepEqual([refused.code, refused.err], [2, "Missing required options: r, b, n\n"]);
  }));
