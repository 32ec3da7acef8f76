/**
 * Files of Apache ZooKeeper 3.8.0: every record and snapshot reads, and comes out again byte for
 * byte. Origin of the files: test/golden/apache-3.8.0/README.md.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { RecordingSink } from "../../test/support/recording-sink.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { compressorFor, decompress } from "../../test/support/snapshot-codecs.ts";
import { joinBytes } from "../base/bytes.ts";
import { describeId, makeZxid, toZxid, ZXID_ZERO } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { readEntry, writeEntry } from "../records/txn.ts";
import { logFile, snapFile } from "./disk-ops.ts";
import { logsAmong, snapshotsAmong } from "./file-names.ts";
import { planCut } from "./log-cut.ts";
import { writeLogHeader, writeRecord } from "./log-format.ts";
import { LogReader } from "./log-reader.ts";
import { recover } from "./recovery.ts";
import { loadSnapshot } from "./snapshot-reader.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";

/** The compiled test lies as deep in dist/ as its source in the project. */
const GOLDEN = fileURLToPath(new URL("../../../test/golden/apache-3.8.0/", import.meta.url));
const FOLDERS = [
  "standalone/data",
  "ensemble-a/server2/data",
  "ensemble-a/server3-before-trunc/data",
  "ensemble-a/server3-after-trunc/data",
  "ensemble-a/server4-observer/data",
];

type LoggedLine = {
  readonly file: string;
  readonly offset: number;
  readonly entryLength: number;
  readonly header: { readonly zxid: string; readonly type: number };
};

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(GOLDEN + path));
const linesOf = (path: string): readonly LoggedLine[] =>
  readFileSync(GOLDEN + path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as LoggedLine);

function diskOf(folder: string): SimDisk {
  const disk = new SimDisk(true);
  for (const name of readdirSync(`${GOLDEN}${folder}/version-2`)) {
    disk.put(snapFile(name), bytesOf(`${folder}/version-2/${name}`));
  }
  return disk;
}

function finish<T>(work: Generator<void, T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

for (const folder of FOLDERS) {
  test(`${folder}: every log record encodes to the bytes it was read from`, () => {
    const disk = diskOf(folder);
    const lines = linesOf(`${folder}/../txns.jsonl`);
    let count = 0;
    for (const log of logsAmong(disk.list("log"))) {
      const first = makeZxid(Number(log.zxid >> 32n), Number(log.zxid & 0xffffffffn) - 1);
      const again = new JuteWriter();
      writeLogHeader(again);
      for (const record of new LogReader(disk, [log], first).records()) {
        if (record === undefined) continue;
        const line = lines[count++]!;
        assert.equal(record.file.name, line.file);
        assert.equal(record.offset, line.offset);
        assert.equal(record.end - record.start, line.entryLength);
        assert.equal(describeId(record.zxid), line.header.zxid);
        assert.equal(record.type, line.header.type);
        const entry = readEntry(new JuteReader(record.bytes, record.start, record.end));
        const encoded = new JuteWriter();
        writeEntry(encoded, entry);
        writeRecord(again, encoded.written());
      }
      const original = disk.read(logFile(log.name), 0, again.at);
      assert.deepEqual(again.taken(), original, log.name);
    }
    assert.equal(count, lines.length);
  });

  test(`${folder}: every snapshot reads and is written again byte for byte`, () => {
    const disk = diskOf(folder);
    for (const snapshot of snapshotsAmong(disk.list("snap"))) {
      const sink = new RecordingSink();
      const info = finish(loadSnapshot(disk, snapshot, sink, decompress));
      const digest = info.digest ?? { zxid: ZXID_ZERO, tree: 0n };
      for (const bytesPerSlice of [100, 1 << 20]) {
        const source = sink.source({ zxid: digest.zxid, tree: digest.tree ?? 0n });
        const options = { zxid: snapshot.zxid, source, bytesPerSlice, lastProcessedTrailer: false };
        const writer = new SnapshotWriter(options);
        const copy = new SimDisk(true);
        for (let ops = writer.next(); ops !== undefined; ops = writer.next()) {
          copy.doAll(ops);
          writer.done();
        }
        assert.deepEqual(copy.list("snap"), [snapshot.name]);
        const original = bytesOf(`${folder}/version-2/${snapshot.name}`);
        assert.deepEqual(copy.read(snapFile(snapshot.name), 0, 1 << 20), original, snapshot.name);
      }
    }
  });
}

test("the empty tree's snapshot tells no digest, a fuzzy one tells how far it goes", () => {
  const disk = diskOf("standalone/data");
  const [empty, fuzzy] = snapshotsAmong(disk.list("snap"));
  const sink = new RecordingSink();
  const first = finish(loadSnapshot(disk, empty!, sink, decompress));
  assert.equal(first.digest, undefined);
  assert.equal(first.nodeCount, 4);
  assert.equal(first.contentUpTo, 0n);
  const second = finish(loadSnapshot(disk, fuzzy!, sink, decompress));
  assert.equal(second.digest?.zxid, 0x40n);
  assert.equal(second.contentUpTo, 0x40n);
});

test("plain, gz and snappy snapshots of one state read the same", () => {
  const disk = new SimDisk(true);
  for (const name of readdirSync(`${GOLDEN}snapshots`)) {
    disk.put(snapFile(name), bytesOf(`snapshots/${name}`));
  }
  const found = snapshotsAmong(disk.list("snap"));
  assert.deepEqual(
    found.map(({ compression }) => compression),
    ["none", "gz", "snappy"],
  );
  const rows = found.map((snapshot) => {
    const sink = new RecordingSink();
    const info = finish(loadSnapshot(disk, snapshot, sink, decompress));
    return [info, sink.sessions, sink.acls, sink.nodes];
  });
  assert.deepEqual(rows[1], rows[0]);
  assert.deepEqual(rows[2], rows[0]);
});

test("what the snappy framing writes, it reads, however it is cut", () => {
  const content = bytesOf("snapshots/snapshot.15c");
  const compressor = compressorFor("snappy")!();
  const stream = joinBytes([
    compressor.push(content.subarray(0, 1)),
    compressor.push(joinBytes([content.subarray(1), content, content])),
    compressor.finish(),
  ]);
  for (const piece of [1, 7, 4096, stream.length]) {
    const codec = decompress("snappy");
    const parts: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += piece) {
      parts.push(codec.push(stream.subarray(at, at + piece)));
    }
    parts.push(codec.finish());
    assert.deepEqual(joinBytes(parts), joinBytes([content, content, content]));
  }
});

test("a snapshot compressed while it is written reads again", () => {
  const disk = diskOf("standalone/data");
  const sink = new RecordingSink();
  const [, fuzzy] = snapshotsAmong(disk.list("snap"));
  finish(loadSnapshot(disk, fuzzy!, sink, decompress));
  for (const compress of [compressorFor("gz")!(), compressorFor("snappy")!()]) {
    const source = sink.source({ zxid: toZxid(0x3fn), tree: 5n });
    const zxid = toZxid(0x3fn);
    const options = { zxid, source, bytesPerSlice: 512, lastProcessedTrailer: true, compress };
    const writer = new SnapshotWriter(options);
    for (let ops = writer.next(); ops !== undefined; ops = writer.next()) {
      disk.doAll(ops);
      writer.done();
    }
    const written = snapshotsAmong(disk.list("snap")).find(({ name }) =>
      name.endsWith(compress.extension),
    );
    const again = new RecordingSink();
    const info = finish(loadSnapshot(disk, written!, again, decompress));
    assert.deepEqual(again.nodes, sink.nodes);
    assert.equal(info.lastProcessed, 0x3fn);
    assert.equal(info.digest?.tree, 5n);
  }
});

const RECOVERED: ReadonlyArray<readonly [folder: string, from: string]> = [
  ["standalone/data", "snapshot.fd"],
  ["ensemble-a/server2/data", "snapshot.200000007"],
  ["ensemble-a/server3-before-trunc/data", "snapshot.10000001b"],
  ["ensemble-a/server3-after-trunc/data", "snapshot.200000007"],
  ["ensemble-a/server4-observer/data", "snapshot.10000000d"],
];
for (const [folder, from] of RECOVERED) {
  test(`${folder} recovers as in the reference`, () => {
    const lines = linesOf(`${folder}/../txns.jsonl`);
    const disk = diskOf(folder);
    const sink = new RecordingSink();
    const recovered = finish(
      recover(disk, sink, {
        surroundings: { sameFolder: true, beside: ["myid"], initialize: false },
        trustEmptySnapshot: false,
        autoCreate: true,
        decompress,
      }),
    );
    assert.equal(recovered.snapshot?.name, from);
    const start = recovered.snapshot?.zxid ?? 0n;
    const behind = lines.map(({ header }) => BigInt(header.zxid)).filter((zxid) => zxid > start);
    assert.deepEqual(
      sink.applied.map(({ header }) => header.zxid),
      behind,
    );
    assert.equal(recovered.lastZxid, behind.at(-1) ?? start);
    assert.deepEqual(recovered.notes, []);
    assert.ok(recovered.ops.every(({ kind }) => kind === "sync" || kind === "syncFolder"));
  });
}

test("TRUNC 0x200000007 cuts the log to the bytes that the reference left", () => {
  const before = "ensemble-a/server3-before-trunc/data";
  const disk = diskOf(before);
  const cut = finish(planCut(disk, toZxid(0x200000007n), decompress));
  assert.equal(cut.kind, "cut");
  if (cut.kind !== "cut") return;
  assert.equal(cut.lastZxid, 0x200000007n);
  disk.doAll(cut.ops);
  const log = logFile("log.100000001");
  assert.equal(disk.size(log), 2917);
  const after = bytesOf("ensemble-a/server3-after-trunc/data/version-2/log.100000001");
  assert.deepEqual(disk.read(log, 0, 1 << 20), after);
  assert.equal(statSync(`${GOLDEN}${before}/version-2/log.100000001`).size, 65552);
});
