/**
 * Specification 7, first table: what goes wrong in the reference's synchronisation and epochs, and
 * does not here. Numbers: ZOOKEEPER-n.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  makeZxid,
  SESSION_NONE,
  toServerId,
  toSessionId,
  toZxid,
  type Zxid,
} from "../../src/base/ids.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import { Replica } from "../../src/peer/replica.ts";
import { snapshotSource } from "../../src/peer/snapshots.ts";
import { type Acl, OPEN_ACL } from "../../src/records/data.ts";
import { ErrorCode } from "../../src/records/error-codes.ts";
import { readEntry, type Txn } from "../../src/records/txn.ts";
import type { Process } from "../../src/sim/process.ts";
import { DataTree } from "../../src/tree/data-tree.ts";
import { LogWriter } from "../../src/txnlog/log-writer.ts";
import { SnapshotRows } from "../../src/txnlog/snapshot-rows.ts";
import { encodeBody } from "../../src/txnlog/snapshot-writer.ts";
import { CommittedLog } from "../../src/zab/committed-log.ts";
import { packets } from "../../src/zab/packets.ts";
import {
  diskWith,
  entryOf,
  putSnapshot,
  recovered,
  stateAfter,
  zxids,
} from "../support/history.ts";
import { RecordingSink } from "../support/recording-sink.ts";
import { statement } from "../support/statement.ts";
import { Three } from "../support/three-members.ts";
import { LeaderScript, LearnerScript, txn } from "../support/zab-script.ts";

const three = toServerId(3n);
const last = makeZxid(1, 2);
const LOG = [txn(1, 1), txn(1, 2)];
const newLeader = packets.newLeader(2, "version=0");
const both = (epoch: number, counter: number) =>
  [packets.proposal(txn(epoch, counter)), packets.commit(makeZxid(epoch, counter))] as const;
const durable = (epoch: number, counter: number) =>
  ({ kind: "durable", upTo: makeZxid(epoch, counter) }) as const;
const create = (path: string) =>
  ({ kind: "create", path, data: new Uint8Array(1), mode: 0 }) as const;
const read = (path: string) => ({ kind: "getData", path, watch: false }) as const;
const lastOf = (of: Process): Zxid => of.born!.state().tree.lastProcessed;
const rest = (world: Three): void => world.until(() => world.isWhole() && world.isEven());

/** Two members start, of which one has a transaction that only its own log holds: it leads. */
function tail() {
  const world = new Three();
  const first = world.leader()!;
  const [second, third] = world.followers();
  const client = world.client(first);
  rest(world);
  for (const other of [second!, third!]) world.cut(first, other);
  client.ask(create("/tail"), () => {});
  world.pass(50);
  for (const process of world.processes) process.crash("kill");
  world.heal();
  first.start();
  second!.start();
  world.until(() => first.born?.isLeading() === true);
  return { world, first, second: second!, third: third! };
}

statement("7", "1549: after a cut no snapshot is used whose content may pass it", () => {
  const disk = diskWith(zxids(0, 1, 10));
  putSnapshot(disk, stateAfter(zxids(0, 1, 7)), toZxid(4n)); // fuzzy: it shows up to 7
  const { store, result } = recovered(disk, { upTo: toZxid(6n) });
  equal(result.lastZxid, 6n);
  equal(store.describe(), stateAfter(zxids(0, 1, 6)).describe());
});

statement("7", "2845: what was logged and not committed is in memory before the vote", () => {
  const world = new Three();
  const first = world.leader()!;
  const client = world.client(first);
  rest(world);
  const before = lastOf(first);
  for (const other of world.followers()) world.cut(first, other);
  client.ask(create("/tail"), () => {});
  world.until(() => first.born?.isServing() === false);
  world.pass(1000);
  equal(first.born!.describe().startsWith("looking"), true);
  equal(lastOf(first), before + 1n);
  world.heal();
  rest(world);
  equal(world.ask(world.client(first), read("/tail")).err, ErrorCode.NoNode);
});

statement("7", "3023: when a follower serves, what DIFF brought is durable and applied", () => {
  const world = new Three();
  const victim = world.followers()[0]!;
  victim.crash("kill");
  const client = world.client(world.leader()!);
  for (let at = 0; at < 5; at++) world.ask(client, create(`/n${at}`));
  const before = lastOf(world.leader()!);
  victim.mood.syncMs = 50;
  victim.start();
  while (victim.born?.isServing() !== true) world.pass(0.1);
  ok(lastOf(victim) >= before);
  for (const process of world.processes) process.crash("lose");
  victim.start();
  world.until(() => victim.born !== undefined);
  ok(lastOf(victim) >= before);
});

statement("7", "3104: NEWLEADER is queued behind all that synchronises", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.step({ kind: "closed", link: 3 });
  leader.propose(txn(2, 1));
  for (const zxid of [makeZxid(1, 1), makeZxid(0, 9)]) {
    leader.dial(6, three, 2);
    const sent = leader.hear(6, packets.ackEpoch(zxid, -1));
    const end = sent.at(-1) === "again" ? leader.step({ kind: "continue" }) : sent;
    deepEqual(end.slice(-2), ["6<PROPOSAL 2.1", "6<NEWLEADER 2.0"]);
  }
});

statement("7", "3642: a SNAP that breaks off is no base of anything, on disk or in memory", () => {
  const learner = new LearnerScript().discover(2);
  deepEqual(learner.hear(packets.snap(makeZxid(1, 9))), ["loadSnapshot 1.9"]);
  deepEqual(learner.step({ kind: "closed", why: "reset" }), ["lost: link closed: reset"]);
  const whole = new LearnerScript().discover(2);
  whole.hear(packets.snap(makeZxid(1, 9)));
  whole.step({ kind: "loaded", zxid: makeZxid(1, 9) });
  deepEqual(whole.hear(newLeader), ["configured", "install 1.9"]);
  deepEqual(whole.step({ kind: "installed" }), ["save current 2"]);
});

statement("7", "3911: NEWLEADER is acknowledged when what DIFF brought is in the log", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.diff(makeZxid(1, 7)), ...both(1, 6), ...both(1, 7), newLeader);
  deepEqual(learner.step(durable(1, 6)), []);
  const later = [...learner.step(durable(1, 7)), ...learner.step({ kind: "epochSaved" })];
  deepEqual(later, ["save current 2", "ACK 2.0"]);
});

statement(
  "7",
  "4394: a COMMIT between the ACK of NEWLEADER and UPTODATE finds its proposal",
  () => {
    const learner = new LearnerScript().discover(2);
    learner.hear(packets.diff(makeZxid(1, 5)), packets.proposal(txn(2, 1)), newLeader);
    learner.step(durable(2, 1));
    learner.step({ kind: "epochSaved" });
    deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), ["commit 2.1"]);
  },
);

statement("7", "4643: currentEpoch is written when the transactions are on disk", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.diff(makeZxid(1, 6)), ...both(1, 6));
  deepEqual(learner.hear(newLeader), ["configured"]);
  deepEqual(learner.step(durable(1, 6)), ["save current 2"]);
});

statement("7", "4646: a committed transaction that came by DIFF survives a loss of power", () => {
  const { world, first, second, third } = tail();
  first.crash("lose");
  second.crash("lose");
  second.start();
  third.start();
  world.until(() => second.born?.isServing() === true && third.born?.isServing() === true);
  equal(world.ask(world.client(third), read("/tail")).err, ErrorCode.Ok);
});

statement("7", "4685: the ACK of NEWLEADER goes first; a leader takes both orders", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.diff(makeZxid(1, 5)), packets.proposal(txn(2, 1)), newLeader);
  const sent = [...learner.step(durable(2, 1)), ...learner.step({ kind: "epochSaved" })];
  deepEqual(sent, ["save current 2", "ACK 2.0"]);
  const leader = new LeaderScript(LOG).establish(last);
  leader.step({ kind: "closed", link: 3 });
  leader.propose(txn(2, 1));
  leader.dial(5, three, 2);
  leader.hear(5, packets.ackEpoch(last, -1), packets.ack(makeZxid(2, 1)));
  deepEqual(leader.hear(5, packets.ack(makeZxid(2, 0))), ["5<UPTODATE"]);
  deepEqual(leader.step(durable(2, 1)), ["2,5<COMMIT 2.1", "commit 2.1"]);
});

statement("7", "4712: a server looks for a leader when its log writer is at rest", () => {
  const world = new Three();
  const [victim, other] = world.followers();
  const client = world.client(world.leader()!);
  rest(world);
  victim!.mood.stalledUntil = world.scheduler.now + 8000;
  client.ask(create("/a"), () => {});
  world.pass(20);
  world.leader()!.crash("kill");
  // The other would have its vote at once: with two of three there is a leader.
  world.pass(6000);
  equal(other!.born!.describe().startsWith("looking"), true);
  world.until(() => other!.born!.isServing() && victim!.born!.isServing());
  equal(lastOf(victim!), lastOf(other!));
});

statement(
  "7",
  "4785: whatever the order in which the disk reports, epoch after transactions",
  () => {
    const early = new LearnerScript().discover(2);
    early.hear(packets.diff(makeZxid(1, 6)), ...both(1, 6));
    deepEqual(early.step(durable(1, 6)), []);
    deepEqual(early.hear(newLeader), ["configured", "save current 2"]);
    const late = new LearnerScript().discover(2);
    late.hear(packets.diff(makeZxid(1, 6)), ...both(1, 6), newLeader);
    deepEqual(late.step({ kind: "tick" }), []);
    deepEqual(late.step(durable(1, 5)), []);
    deepEqual(late.step(durable(1, 6)), ["save current 2"]);
    deepEqual(late.step(durable(1, 6)), []);
  },
);

statement("7", "4925: what came by synchronisation goes on to others; a gap is refused", () => {
  const { world, first, second, third } = tail();
  first.crash("lose");
  third.start();
  world.until(() => second.born?.isServing() === true && third.born?.isServing() === true);
  equal(lastOf(third), lastOf(second));
  equal(world.ask(world.client(third), read("/tail")).err, ErrorCode.Ok);
  const learner = new LearnerScript().discover(2);
  match(learner.hear(packets.diff(makeZxid(1, 7)), ...both(1, 7)).join(), /^lost: /);
});

statement("7", "4352: a committed log that is empty or breaks off is no base for DIFF", () => {
  const leader = new LeaderScript([...LOG, txn(1, 3)]);
  leader.server.committed.clear();
  leader.server.committed.add(txn(1, 1));
  leader.server.disk.base = 3;
  leader.dial(2, three);
  leader.step({ kind: "epochSaved" });
  leader.hear(2, packets.ackEpoch(makeZxid(1, 1), 1));
  deepEqual(leader.step({ kind: "epochSaved" }).slice(0, 2), ["2<SNAP 1.3", "sendSnapshot"]);
});

statement("7", "3526: both ends of the committed log are those of its list", () => {
  const log = new CommittedLog();
  deepEqual([log.min, log.max], [undefined, undefined]);
  for (const each of [txn(2, 1), txn(2, 2)]) log.add(each);
  deepEqual([log.min, log.max], [makeZxid(2, 1), makeZxid(2, 2)]);
  log.add(txn(1, 9));
  deepEqual([log.min, log.max], [makeZxid(1, 9), makeZxid(1, 9)]);
  log.clear();
  deepEqual([log.min, log.max], [undefined, undefined]);
});

const OPTIONS = { hashSeed: 1, extendedTypes: true };
const header = (zxid: bigint) => ({
  ...{ clientId: SESSION_NONE, cxid: 0, zxid: toZxid(zxid), time: 1 },
});
const creation = (path: string, acl: readonly Acl[] = OPEN_ACL): Txn => ({
  ...{ kind: "create", path, data: null, acl, ephemeral: false, parentCversion: 1 },
});

statement(
  "7",
  "3144, 3306, 4689, 4846: a snapshot's tables have what its nodes need (divergences: snapshot-newer)",
  () => {
    const tree = new DataTree(OPTIONS);
    tree.apply({ header: header(1n), txn: creation("/a") }, undefined);
    const { source } = snapshotSource({ tree, sessions: new Map() }, toZxid(1n));
    const own: readonly Acl[] = [{ perms: 3, scheme: "ip", id: "10.0.0.1" }];
    tree.apply({ header: header(2n), txn: creation("/b", own) }, undefined);
    const session = toSessionId(7n);
    const txn = { ...creation("/e"), ephemeral: true } as Txn;
    tree.apply({ header: { ...header(3n), clientId: session }, txn }, undefined);
    const body = new JuteWriter();
    for (const _ of encodeBody(body, source, 64));
    const sink = new RecordingSink();
    const bytes = body.taken();
    const rows = new SnapshotRows(sink);
    rows.read(bytes, new DataView(bytes.buffer), 0, bytes.length);
    const nodes = sink.nodes.map((row) => {
      const from = new JuteReader(row);
      const path = from.ustring();
      from.buffer();
      return { path, acl: Number(from.long()) };
    });
    deepEqual(
      nodes.map(({ path }) => path).filter((path) => /^\/[abe]$/.test(path ?? "")),
      ["/a"],
    );
    const known = new Set([-1, ...sink.acls.map(([id]) => id)]);
    for (const { acl, path } of nodes) ok(known.has(acl), `${path} has ACL ${acl}`);
  },
);

statement("7", "3127: the last zxid moves when the whole of a multi is applied", () => {
  const tree = new DataTree(OPTIONS);
  const seen: Zxid[] = [];
  const changed = () => void seen.push(tree.lastProcessed);
  const txns = [creation("/a"), creation("/b")];
  tree.apply({ header: header(1n), txn: { kind: "multi", txns } }, { changed });
  ok(seen.length >= 2);
  deepEqual(new Set(seen), new Set([0n]));
  equal(tree.lastProcessed, 1n);
});

statement("7", "4537: a transaction is logged, then applied (divergences: log-then-apply)", () => {
  const tree = new DataTree(OPTIONS);
  const log = new LogWriter({
    ...{ forceSync: true, preAllocBytes: 0, fileBytesMax: 0, batchRecordsMax: 10 },
    ...{ snapshots: { records: 1000, bytes: 0 }, chance: 0, lastZxid: toZxid(0n) },
  });
  const replica = new Replica({ tree, sessions: new Map() }, log);
  const bytes = entryOf(toZxid(1n));
  replica.append(readEntry(new JuteReader(bytes)), bytes);
  replica.commit(toZxid(1n));
  const sink = { changed: () => {}, applied: () => {} };
  replica.applyCommitted(() => true, sink);
  equal(tree.lastProcessed, 0n);
  log.nextBatch();
  replica.logged();
  replica.applyCommitted(() => true, sink);
  equal(tree.lastProcessed, 1n);
});
