/** Specification 4.1, 4.3, 4.5 and 4.11: packets' layouts, what is kept to synchronise, dialing. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { hexOf } from "../../src/base/bytes.ts";
import { makeZxid, toZxid } from "../../src/base/ids.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import { historyOf, proposalsOnDisk } from "../../src/peer/past.ts";
import { snapshotSource } from "../../src/peer/snapshots.ts";
import { QuorumPacket } from "../../src/records/quorum.ts";
import { DataTree } from "../../src/tree/data-tree.ts";
import { SnapshotRows } from "../../src/txnlog/snapshot-rows.ts";
import { encodeBody } from "../../src/txnlog/snapshot-writer.ts";
import { CommittedLog } from "../../src/zab/committed-log.ts";
import { PacketCutter } from "../../src/zab/packet-cutter.ts";
import { readStream, streamNames } from "../support/golden.ts";
import { diskWith, putLog, putSnapshot, stateAfter, zxids } from "../support/history.ts";
import { RecordingSink } from "../support/recording-sink.ts";
import { statement } from "../support/statement.ts";
import { Three } from "../support/three-members.ts";
import { txn } from "../support/zab-script.ts";

statement("4.1", "Every captured packet, read and written again, is the same bytes", () => {
  let count = 0;
  for (const name of streamNames("learner")) {
    for (const { note, bytes } of readStream(name).frames) {
      if (note.startsWith("SNAPSHOT-STREAM")) continue;
      const again = new JuteWriter();
      for (const packet of new PacketCutter().push(bytes)) QuorumPacket.write(again, packet);
      equal(hexOf(again.taken()), hexOf(bytes), `${name}: ${note}`);
      count++;
    }
  }
  ok(count > 100);
});

statement("4.3", "At least the last 500 committed transactions are kept", () => {
  const log = new CommittedLog();
  for (let counter = 1; counter <= 3000; counter++) {
    log.add(txn(1, counter));
    ok(log.all.length >= Math.min(counter, 500));
    equal(log.max, makeZxid(1, counter));
  }
});

statement("4.3", "The committed log has no hole: a new beginning instead", () => {
  const log = new CommittedLog();
  for (const each of [txn(1, 1), txn(1, 2), txn(1, 4)]) log.add(each);
  deepEqual(
    log.all.map(({ zxid }) => zxid),
    [makeZxid(1, 4)],
  );
  for (const each of [txn(1, 5), txn(2, 1), txn(3, 2)]) log.add(each);
  equal(log.min, makeZxid(3, 2));
});

/** The zxids that the log on disk gives a learner at 3. `bytes`: of each node of the snapshot. */
function onDisk(bytes: number, from = 3n): readonly bigint[] | undefined {
  const disk = diskWith();
  putLog(disk, zxids(0, 2, 5), 0);
  putSnapshot(disk, stateAfter(zxids(0, 1, 5), bytes));
  const found = proposalsOnDisk(disk, toZxid(from));
  if (found === undefined) return undefined;
  const told: bigint[] = [];
  for (let step = found.next(); step.done !== true; step = found.next()) {
    if (step.value !== undefined) told.push(step.value.zxid);
  }
  return told;
}

statement(
  "4.3",
  "The log on disk is used from a transaction on that is not after the peer's",
  () => {
    deepEqual(onDisk(10_000), [3n, 4n, 5n]);
    equal(onDisk(10_000, 1n), undefined);
  },
);

statement("4.3", "The log on disk is used only as far back as it has no hole", () => {
  const folder = diskWith();
  // This server had 1 and 2, then took over a leader's state with 3 and 4, which it never logged.
  putLog(folder, zxids(0, 1, 2), 0);
  putSnapshot(folder, stateAfter(zxids(0, 1, 4), 10_000));
  putLog(folder, zxids(0, 5, 6), 0);
  const tree = new DataTree({ hashSeed: 1, extendedTypes: true });
  const loaded = { tree, sessions: new Map() };
  const store = { loaded, history: new CommittedLog(), logFrom: toZxid(4n) };
  const { fromDisk } = historyOf({ store, folder });
  equal(fromDisk(toZxid(2n)), undefined);
  notEqual(fromDisk(toZxid(5n)), undefined);
});

statement("4.3", "Only while its files are at most 0.33 of the newest snapshot's size", () => {
  equal(onDisk(20), undefined);
});

statement("4.5", "A leader that cannot be reached is dialed 5 times, 1 s apart", () => {
  const world = new Three();
  const follower = world.followers()[0]!;
  follower.crash("kill");
  const dials: number[] = [];
  const { dial } = world.network;
  world.network.dial = (from, to, door, handlers) => {
    if (from !== follower.host || door !== 2888) {
      return dial.call(world.network, from, to, door, handlers);
    }
    dials.push(world.scheduler.now);
    return dial.call(world.network, from, to, 1, handlers);
  };
  follower.start();
  world.until(() => dials.length >= 6);
  const pauses = dials.slice(1, 5).map((at, index) => at - dials[index]!);
  for (const pause of pauses) ok(pause >= 1000 && pause < 1600, `${pause}`);
});

statement("4.11", "SNAP: parents before children, one end, every ACL in the map", () => {
  const world = new Three();
  const leader = world.leader()!;
  const client = world.client(leader);
  for (const path of ["/b", "/b/a", "/b/a/c", "/a", "/a/z"]) {
    world.ask(client, { kind: "create", path, data: new Uint8Array(1), mode: 0 });
  }
  const loaded = leader.born!.state();
  const { source } = snapshotSource(loaded, loaded.tree.lastProcessed);
  const body = new JuteWriter();
  for (const _ of encodeBody(body, source, 64));
  const bytes = body.taken();
  const sink = new RecordingSink();
  const rows = new SnapshotRows(sink);
  equal(rows.read(bytes, new DataView(bytes.buffer), 0, bytes.length), bytes.length);
  ok(rows.done);
  const seen = new Set<string>();
  const acls = new Set([-1, ...sink.acls.map(([id]) => id)]);
  for (const row of sink.nodes) {
    const from = new JuteReader(row);
    const path = from.ustring()!;
    from.buffer();
    ok(acls.has(Number(from.long())), path);
    ok(path === "" || seen.has(path.slice(0, path.lastIndexOf("/"))), path);
    seen.add(path);
  }
  ok(seen.has("/b/a/c") && seen.has("/a/z"));
});
