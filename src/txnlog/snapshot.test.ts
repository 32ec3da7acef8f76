/**
 * How snapshots are written in slices, and the forms that are read besides what this server writes.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { finish, NO_CODEC, putSnapshot, stateAfter, zxids } from "../../test/support/history.ts";
import { ModelStore } from "../../test/support/model-store.ts";
import { RecordingSink } from "../../test/support/recording-sink.ts";
import { SimDisk } from "../../test/support/sim-disk.ts";
import { adler32 } from "../base/adler32.ts";
import { toSessionId, toZxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { OPEN_ACL, READ_ACL } from "../records/data.ts";
import { type DiskOp, snapFile } from "./disk-ops.ts";
import { SnapshotDamaged } from "./errors.ts";
import { writeSeal } from "./snapshot-format.ts";
import { loadSnapshot, verifySnapshot } from "./snapshot-reader.ts";
import { SnapshotRows } from "./snapshot-rows.ts";
import { encodeBody, SnapshotWriter } from "./snapshot-writer.ts";

const NAME = { name: "snapshot.5", zxid: toZxid(5n), compression: "none" } as const;
const FILE = snapFile(NAME.name);

/** A hundred sessions, fifty ACLs, three hundred nodes, one of them with 3 MiB of data. */
function large(): RecordingSink {
  const sink = new RecordingSink();
  for (let id = 0; id < 100; id++) sink.session(toSessionId(BigInt(id) << 50n), 1000 * id);
  for (let id = 1; id <= 50; id++)
    sink.acl(id, [...OPEN_ACL, ...READ_ACL, { perms: id, scheme: null, id: "x" }]);
  const row = new JuteWriter();
  for (let node = 0; node < 300; node++) {
    row.clear();
    row.ustring(node === 0 ? "" : `/näme-${node}`);
    row.buffer(
      node === 7 ? new Uint8Array(3 << 20).fill(9) : node % 2 ? null : new Uint8Array(node),
    );
    row.long(node % 3 ? -1n : BigInt(node % 50));
    row.raw(new Uint8Array(60).fill(node));
    sink.nodes.push(row.taken());
  }
  return sink;
}

function write(disk: SimDisk, sink: RecordingSink, bytesPerSlice: number): readonly DiskOp[] {
  const source = sink.source({ zxid: toZxid(6n), tree: -3n });
  const options = { zxid: NAME.zxid, source, bytesPerSlice, lastProcessedTrailer: true };
  const writer = new SnapshotWriter(options);
  const all: DiskOp[] = [];
  for (let ops = writer.next(); ops !== undefined; ops = writer.next()) {
    all.push(...ops);
    assert.equal(writer.next(), undefined, "one slice at a time");
    disk.doAll(ops);
    writer.done();
  }
  assert.equal(writer.finished, true);
  return all;
}

for (const bytesPerSlice of [1, 300, 4096, 8 << 20]) {
  test(`slices of ${bytesPerSlice} bytes: what is written is read`, () => {
    const disk = new SimDisk(true);
    const sink = large();
    const ops = write(disk, sink, bytesPerSlice);
    const again = new RecordingSink();
    const info = finish(loadSnapshot(disk, NAME, again, NO_CODEC));
    assert.deepEqual(again.sessions, sink.sessions);
    assert.deepEqual(again.acls, sink.acls);
    assert.deepEqual(again.nodes, sink.nodes);
    assert.deepEqual(info, {
      nodeCount: 300,
      digest: { zxid: 6n, tree: -3n },
      lastProcessed: 6n,
      contentUpTo: 6n,
    });
    if (bytesPerSlice === 4096) {
      const sizes = ops.flatMap((op) => (op.kind === "write" ? [op.bytes.length] : []));
      const usual = sizes.filter((size) => size < 3 << 20);
      assert.equal(usual.length, sizes.length - 1);
      assert.ok(Math.max(...usual) < 4096 + 500);
    }
  });
}

test("the file has its name when it is whole and durable, and another one before", () => {
  const disk = new SimDisk(true);
  const kinds = write(disk, large(), 8 << 20).map((op) =>
    op.kind === "rename" ? `${op.from} -> ${op.to}` : op.kind,
  );
  const rename = "quoll.snapshot.5.tmp -> snapshot.5";
  assert.deepEqual(kinds, ["create", "write", "sync", "close", rename, "syncFolder"]);
});

test("an unfinished snapshot can be given up", () => {
  const disk = new SimDisk(true);
  const source = large().source(undefined);
  const options = { zxid: NAME.zxid, source, bytesPerSlice: 100, lastProcessedTrailer: false };
  const writer = new SnapshotWriter(options);
  disk.doAll(writer.next() ?? []);
  writer.done();
  disk.doAll(writer.abandon());
  assert.deepEqual(disk.list("snap"), []);
  assert.equal(writer.next(), undefined);
});

/** A snapshot of nothing with other sections behind its nodes; each section is sealed. */
function withTrailers(...sections: readonly ((to: JuteWriter) => void)[]): SimDisk {
  const disk = new SimDisk(true);
  putSnapshot(disk, new ModelStore(), NAME.zxid, false);
  const to = new JuteWriter();
  to.raw(disk.read(FILE, 0, 1 << 20));
  for (const section of sections) {
    section(to);
    writeSeal(to, adler32(to.written()));
  }
  disk.put(FILE, to.taken());
  return disk;
}

const oldDigest = (to: JuteWriter): void => {
  to.long(9n);
  to.int(1);
  to.ustring("51c6d660");
};
const newerDigest = (to: JuteWriter): void => {
  to.long(9n);
  to.int(3);
  to.long(77n);
};
const last = (to: JuteWriter): void => to.long(8n);

test("no section, only the last zxid, and digests of other versions", () => {
  const infoOf = (disk: SimDisk) => {
    const info = finish(verifySnapshot(disk, NAME, NO_CODEC));
    return [info?.digest, info?.lastProcessed, info?.contentUpTo];
  };
  assert.deepEqual(infoOf(withTrailers()), [undefined, undefined, undefined]);
  assert.deepEqual(infoOf(withTrailers(last)), [undefined, 8n, 8n]);
  const unknown = { zxid: 9n, tree: undefined };
  assert.deepEqual(infoOf(withTrailers(oldDigest)), [unknown, undefined, 9n]);
  assert.deepEqual(infoOf(withTrailers(oldDigest, last)), [unknown, 8n, 9n]);
  assert.deepEqual(infoOf(withTrailers(newerDigest)), [unknown, undefined, 9n]);
});

test("more behind the end is damage", () => {
  const disk = withTrailers(newerDigest, last, last);
  assert.equal(finish(verifySnapshot(disk, NAME, NO_CODEC)), undefined);
  assert.throws(
    () => finish(loadSnapshot(disk, NAME, new ModelStore(), NO_CODEC)),
    SnapshotDamaged,
  );
});

test("a row that the sink refuses makes the snapshot damaged; other errors are not hidden", () => {
  const disk = new SimDisk(true);
  putSnapshot(disk, stateAfter(zxids(0, 1, 5)));
  class Refusing extends ModelStore {
    override node(): void {
      throw new RangeError("ours");
    }
  }
  assert.throws(() => finish(loadSnapshot(disk, NAME, new Refusing(), NO_CODEC)), RangeError);
});

test("the body alone is what a leader sends, and is read from any pieces", () => {
  const sink = large();
  const stream = new JuteWriter();
  for (const _ of encodeBody(stream, sink.source(undefined), 1 << 10));
  stream.ustring("BenWasHere");
  const bytes = stream.taken();
  const view = new DataView(bytes.buffer);
  const again = new RecordingSink();
  const rows = new SnapshotRows(again);
  let at = 0;
  for (let end = 0; !rows.done; end = Math.max(end + 977, at + rows.wanted)) {
    const stop = Math.min(end, bytes.length);
    for (let next = rows.read(bytes, view, at, stop); next !== at; ) {
      at = next;
      next = rows.read(bytes, view, at, stop);
    }
  }
  assert.equal(at, bytes.length - 14);
  assert.deepEqual(again.nodes, sink.nodes);
  assert.deepEqual(again.acls, sink.acls);
});
