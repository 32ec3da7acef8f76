/** A leader alone: what it waits for, and what it commits. Numbers: ZOOKEEPER-n. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LeaderScript, LearnerScript, TIMING, txn } from "../../test/support/zab-script.ts";
import { makeZxid, type SessionId, toServerId, toZxid } from "../base/ids.ts";
import { epochZxid, packets } from "./packets.ts";

const two = toServerId(2n);
const three = toServerId(3n);
const last = makeZxid(1, 2);
const LOG = [txn(1, 1), txn(1, 2)];
const ack = (epoch: number, counter: number) => packets.ack(makeZxid(epoch, counter));

test("an ensemble of one needs no link", () => {
  const leader = new LeaderScript(LOG, undefined, [1n]);
  deepEqual(leader.step({ kind: "tick" }), ["save accepted 2"]);
  deepEqual(leader.step({ kind: "epochSaved" }), ["save current 2"]);
  deepEqual(leader.step({ kind: "epochSaved" }), ["established"]);
  deepEqual(leader.propose(txn(2, 1)), []);
  deepEqual(leader.step({ kind: "durable", upTo: makeZxid(2, 1) }), ["commit 2.1"]);
});

test("the epoch is greater than any accepted, saved before LEADERINFO, entered by a quorum", () => {
  const leader = new LeaderScript(LOG);
  deepEqual(leader.step({ kind: "tick" }), []);
  deepEqual(leader.dial(4, toServerId(4n), 9, "observer"), [], "raises, does not count");
  deepEqual(leader.dial(2, two, 5), ["save accepted 10"]);
  deepEqual(leader.dial(3, three, 1), []);
  deepEqual(leader.step({ kind: "epochSaved" }), [
    "4<LEADERINFO 10.0",
    "2<LEADERINFO 10.0",
    "3<LEADERINFO 10.0",
  ]);
  deepEqual(leader.hear(4, packets.ackEpoch(last, 1)), [], "an observer promises nothing");
  deepEqual(leader.hear(2, packets.ackEpoch(last, -1)), [], "nor one that had accepted it");
  deepEqual(leader.hear(3, packets.ackEpoch(makeZxid(1, 1), 1)), ["save current 10"]);
  deepEqual(leader.step({ kind: "epochSaved" }), [
    "4<DIFF 1.2",
    "4<NEWLEADER 10.0",
    "2<DIFF 1.2",
    "2<NEWLEADER 10.0",
    "3<DIFF 1.2",
    "3<PROPOSAL 1.2",
    "3<COMMIT 1.2",
    "3<NEWLEADER 10.0",
  ]);
  deepEqual(leader.hear(4, packets.ack(epochZxid(10))), [], "an observer is no quorum");
  deepEqual(leader.hear(2, ack(10, 0)), ["established", "4<UPTODATE", "2<UPTODATE"]);
  deepEqual(leader.hear(3, ack(10, 0)), ["3<UPTODATE"]);
  deepEqual(leader.hear(3, ack(10, 0)), [], "the answer to UPTODATE");
});

const ahead: ReadonlyArray<readonly [why: string, current: number, zxid: bigint]> = [
  ["a later epoch", 2, makeZxid(1, 1)],
  ["a later transaction", 1, makeZxid(1, 3)],
];
for (const [why, current, zxid] of ahead) {
  test(`a follower that is ahead does not count: ${why}`, () => {
    const leader = new LeaderScript(LOG);
    leader.dial(2, two);
    leader.step({ kind: "epochSaved" });
    deepEqual(
      leader.hear(
        2,
        packets.ackEpoch(makeZxid(0, 0) === zxid ? last : (zxid as typeof last), current),
      ),
      ["close 2: its history is ahead of the leader's", "stepDown: server 2 has a later history"],
    );
  });
}

test("a leader that is outdone makes room, once no quorum is in sight without the better one", () => {
  const later = packets.ackEpoch(makeZxid(1, 3), 1);
  const leader = new LeaderScript(LOG);
  leader.dial(2, two);
  leader.step({ kind: "epochSaved" });
  leader.dial(3, three);
  deepEqual(leader.hear(2, later), ["close 2: its history is ahead of the leader's"]);
  deepEqual(leader.hear(3, packets.ackEpoch(last, -1)), [
    "close 3: leading ends: server 2 has a later history",
    "stepDown: server 2 has a later history",
  ]);
});

test("4685: a proposal's ACK before NEWLEADER's is no such, and counts from then on", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.step({ kind: "closed", link: 3 });
  leader.propose(txn(2, 1));
  leader.dial(5, three, 2);
  deepEqual(leader.hear(5, packets.ackEpoch(last, -1)), [
    "5<DIFF 1.2",
    "5<PROPOSAL 2.1",
    "5<NEWLEADER 2.0",
  ]);
  leader.step({ kind: "durable", upTo: makeZxid(2, 1) });
  deepEqual(leader.hear(5, ack(2, 1)), [], "its current epoch is not on disk");
  deepEqual(leader.hear(5, ack(2, 0)), ["2,5<COMMIT 2.1", "commit 2.1", "5<UPTODATE"]);
});

test("3104: NEWLEADER is behind all that is committed or proposed, and nothing is between", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.step({ kind: "closed", link: 3 });
  leader.propose(txn(2, 1), txn(2, 2));
  leader.hear(2, ack(2, 1));
  leader.server.disk.log = LOG; // the leader's own disk is slow: 2.1 will be committed, not applied
  leader.step({ kind: "durable", upTo: makeZxid(2, 1) });
  leader.dial(5, three, 2);
  deepEqual(leader.hear(5, packets.ackEpoch(makeZxid(1, 1), -1)), [
    "5<DIFF 2.1",
    "5<PROPOSAL 1.2",
    "5<COMMIT 1.2",
    "5<PROPOSAL 2.1",
    "5<COMMIT 2.1",
    "5<PROPOSAL 2.2",
    "5<NEWLEADER 2.0",
  ]);
  deepEqual(leader.propose(txn(2, 3)), ["2,5<PROPOSAL 2.3"]);
});

test("commits are in order, each with a quorum; late, repeated and unknown ACKs are nothing", () => {
  const leader = new LeaderScript(LOG).establish(last);
  deepEqual(leader.propose(txn(2, 1), txn(2, 2)), ["2,3<PROPOSAL 2.1", "2,3<PROPOSAL 2.2"]);
  deepEqual(leader.hear(2, ack(2, 2)), []);
  deepEqual(leader.hear(3, ack(2, 2)), [], "2.1 is not committed");
  deepEqual(leader.hear(2, ack(2, 1), ack(2, 1), ack(2, 0), ack(2, 7), ack(1, 1)), []);
  deepEqual(leader.step({ kind: "durable", upTo: makeZxid(2, 1) }), [
    "2,3<COMMIT 2.1",
    "2,3<COMMIT 2.2",
    "commit 2.2",
  ]);
  deepEqual(leader.hear(3, ack(2, 1)), []);
});

test("a learner that connects again has acknowledged nothing: its log may be cut", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.propose(txn(2, 1));
  leader.hear(2, ack(2, 1));
  deepEqual(leader.dial(5, two, 2), ["close 2: it has connected again", "5<LEADERINFO 2.0"]);
  deepEqual(leader.hear(5, packets.ackEpoch(makeZxid(2, 1), -1)), [
    "5<SNAP 1.2",
    "sendSnapshot",
    "5<PROPOSAL 2.1",
    "5<NEWLEADER 2.0",
  ]);
  deepEqual(leader.step({ kind: "durable", upTo: makeZxid(2, 1) }), [], "one server has it");
  deepEqual(leader.hear(5, ack(2, 0), ack(2, 1)), ["5<UPTODATE", "3,5<COMMIT 2.1", "commit 2.1"]);
  deepEqual(leader.hear(2, ack(2, 1)), [], "of a link that is closed");
});

test("the same within an epoch: TRUNC, and no commit before the new ACK", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.propose(txn(2, 1), txn(2, 2));
  leader.step({ kind: "durable", upTo: makeZxid(2, 1) });
  leader.hear(2, ack(2, 1), ack(2, 2));
  leader.dial(5, two, 2);
  deepEqual(leader.hear(5, packets.ackEpoch(makeZxid(2, 2), -1)), [
    "5<TRUNC 2.1",
    "5<PROPOSAL 2.2",
    "5<NEWLEADER 2.0",
  ]);
  deepEqual(leader.step({ kind: "durable", upTo: makeZxid(2, 2) }), []);
});

test("observers are informed of what is committed, and their ACKs do not count", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.dial(4, toServerId(4n), 2, "observer");
  leader.hear(4, packets.ackEpoch(last, -1), ack(2, 0));
  deepEqual(leader.propose(txn(2, 1)), ["2,3<PROPOSAL 2.1"]);
  deepEqual(leader.hear(4, ack(2, 1)), []);
  leader.hear(2, ack(2, 1));
  deepEqual(leader.hear(3, ack(2, 1)), ["2,3<COMMIT 2.1", "4<INFORM 2.1", "commit 2.1"]);
});

test("the log on disk in slices, while the committed log moves on", () => {
  const log = Array.from({ length: 6 }, (_, index) => txn(1, index + 1));
  const end = makeZxid(1, 6);
  const leader = new LeaderScript(log).establish(end);
  leader.server.recover(2); // 1.5 and 1.6 are in memory
  leader.step({ kind: "closed", link: 3 });
  leader.dial(5, three, 2);
  deepEqual(leader.hear(5, packets.ackEpoch(makeZxid(1, 2), -1)), ["again"]);
  deepEqual(leader.step({ kind: "continue" }), [
    "5<DIFF 1.6",
    "5<PROPOSAL 1.3",
    "5<COMMIT 1.3",
    "5<PROPOSAL 1.4",
    "5<COMMIT 1.4",
    "again",
  ]);
  leader.propose(txn(2, 1), txn(2, 2));
  leader.hear(2, ack(2, 1));
  leader.step({ kind: "durable", upTo: makeZxid(2, 1) });
  deepEqual(leader.step({ kind: "continue" }), [
    ...["5<PROPOSAL 1.5", "5<COMMIT 1.5", "5<PROPOSAL 1.6", "5<COMMIT 1.6"],
    ...["5<PROPOSAL 2.1", "5<COMMIT 2.1", "5<PROPOSAL 2.2", "5<NEWLEADER 2.0"],
  ]);
});

test("a log on disk without the learner's end, or broken off, makes a snapshot", () => {
  const log = [txn(1, 1), txn(1, 2), txn(2, 1), txn(2, 2), txn(2, 3)];
  const leader = new LeaderScript(log, { accepted: 2, current: 2 });
  leader.dial(2, two);
  leader.server.recover(1);
  leader.step({ kind: "epochSaved" });
  leader.hear(2, packets.ackEpoch(makeZxid(1, 9), 1));
  deepEqual(leader.step({ kind: "epochSaved" }), ["again"]);
  deepEqual(leader.step({ kind: "continue" }), ["2<SNAP 2.3", "sendSnapshot", "2<NEWLEADER 3.0"]);
  leader.dial(3, three);
  leader.server.disk.log = log.slice(0, 3);
  deepEqual(leader.hear(3, packets.ackEpoch(makeZxid(1, 1), 1)).slice(-1), ["again"]);
  deepEqual(leader.step({ kind: "continue" }).slice(-1), [
    "close 3: the log on disk breaks off: it needs a snapshot",
  ]);
  leader.dial(6, three);
  deepEqual(leader.hear(6, packets.ackEpoch(makeZxid(1, 1), -1)), [
    "6<SNAP 2.3",
    "sendSnapshot",
    "6<NEWLEADER 3.0",
  ]);
});

const pong = (round: bigint) => packets.pong(toZxid(round), []);

test("sync is answered when a quorum has said since that it still follows", () => {
  const leader = new LeaderScript(LOG).establish(last);
  deepEqual(leader.step({ kind: "sync", asker: 2 }), ["2,3<PING -1.4294967293"]);
  deepEqual(leader.hear(2, packets.pong(epochZxid(2), [])), [], "that was an older PING");
  deepEqual(leader.hear(3, pong(-3n)), ["2<SYNC 0.0"]);
  deepEqual(leader.hear(2, pong(-3n)), []);
  deepEqual(leader.step({ kind: "sync", asker: "self" }), ["2,3<PING -1.4294967292"]);
  deepEqual(leader.step({ kind: "sync", asker: 3 }), [], "the next round is for it");
  deepEqual(leader.hear(2, pong(-4n)), ["synced", "2,3<PING -1.4294967291"]);
  deepEqual(leader.hear(3, pong(-5n)), ["3<SYNC 0.0"]);
});

test("that a session does not live is told when a quorum has said since that it follows", () => {
  const leader = new LeaderScript(LOG).establish(last);
  const denied = { kind: "revalidated", session: 5n as SessionId, valid: false } as const;
  deepEqual(leader.step({ ...denied, asker: 2 }), ["2,3<PING -1.4294967293"]);
  deepEqual(leader.step({ ...denied, asker: "self" }), []);
  deepEqual(leader.hear(3, pong(-3n)), ["2<REVALIDATE", "2,3<PING -1.4294967292"]);
  deepEqual(leader.hear(3, pong(-4n)), ["unknownSession"]);
});

test("sync is answered behind the commit of what was proposed before", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.propose(txn(2, 1));
  leader.step({ kind: "sync", asker: 2 });
  deepEqual(leader.hear(2, pong(-3n)), []);
  leader.propose(txn(2, 2));
  leader.hear(2, ack(2, 1));
  deepEqual(leader.hear(3, ack(2, 1)), ["2,3<COMMIT 2.1", "commit 2.1", "2<SYNC 0.0"]);
});

test("a sync of the leader's own client is answered with what was committed for it", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.propose(txn(2, 1));
  leader.step({ kind: "sync", asker: "self" });
  leader.hear(2, pong(-3n));
  leader.hear(2, ack(2, 1));
  deepEqual(leader.hear(3, ack(2, 1)), ["2,3<COMMIT 2.1", "commit 2.1", "synced"]);
});

test("requests, sessions and their answers", () => {
  const leader = new LeaderScript(LOG).establish(last);
  const session = 5n as SessionId;
  const request = { session, cxid: 1, opcode: 1, body: new Uint8Array(3), ids: [] };
  deepEqual(leader.hear(2, packets.request(request)), ["forwarded"]);
  deepEqual(leader.hear(2, packets.revalidate(session, 4000)), ["revalidate"]);
  deepEqual(leader.step({ kind: "revalidated", asker: 2, session, valid: true }), ["2<REVALIDATE"]);
  deepEqual(leader.hear(2, packets.pong(epochZxid(2), [[session, 4000]])), ["touched"]);
});

const wrong: ReadonlyArray<readonly [why: string, heard: Parameters<LeaderScript["hear"]>[1]]> = [
  ["ACKEPOCH while serving", packets.ackEpoch(last, 1)],
  [
    "a second FOLLOWERINFO",
    packets.info("follower", 1, { serverId: two, protocolVersion: 1, configVersion: 0n }),
  ],
  ["a packet only leaders send", packets.upToDate()],
  ["a REQUEST without data", { ...packets.upToDate(), type: 1 }],
  ["a torn list of sessions", { ...packets.ping(last), data: new Uint8Array(13) }],
];
for (const [why, packet] of wrong) {
  test(`one link ends at ${why}`, () => {
    const leader = new LeaderScript(LOG).establish(last);
    match(leader.hear(2, packet).join(), /^close 2: /);
    deepEqual(leader.propose(txn(2, 1)), ["3<PROPOSAL 2.1"]);
  });
}

test("steps down without a quorum that is heard", () => {
  const leader = new LeaderScript(LOG).establish(last);
  const { tickMs, syncLimit } = TIMING;
  for (leader.now = 0; leader.now <= tickMs * syncLimit; leader.now += tickMs / 2) {
    deepEqual(leader.step({ kind: "tick" }), ["2,3<PING 2.0"]);
  }
  const late = leader.step({ kind: "tick" });
  deepEqual(late.slice(0, 2), [
    "close 2: silent for 500 ms (serving)",
    "close 3: silent for 500 ms (serving)",
  ]);
  leader.now += tickMs;
  const end = [...late, ...leader.step({ kind: "tick" })].at(-1);
  equal(end, "stepDown: no quorum has been heard for 5 ticks");
});

test("steps down when no quorum comes", () => {
  const leader = new LeaderScript(LOG);
  leader.step({ kind: "tick" });
  leader.now = TIMING.tickMs * TIMING.initLimit + 1;
  deepEqual(leader.step({ kind: "tick" }), ["stepDown: no quorum for 10 ticks while discovering"]);
});

test("a follower that answers pings and acknowledges nothing is given up", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.propose(txn(2, 1));
  leader.hear(3, ack(2, 1));
  leader.now = TIMING.tickMs * TIMING.syncLimit + 1;
  for (const link of [2, 3]) leader.hear(link, packets.pong(epochZxid(2), []));
  deepEqual(leader.step({ kind: "tick" }), [
    "close 2: a proposal is unacknowledged for 500 ms",
    "3<PING 2.1",
  ]);
});

test("1277, 4882: the counter does not come to its end", () => {
  const leader = new LeaderScript(LOG, undefined, [1n]);
  for (const kind of ["tick", "epochSaved", "epochSaved"] as const) leader.step({ kind });
  const broadcast = leader.machine as unknown as { broadcast: { establish(zxid: bigint): void } };
  broadcast.broadcast.establish(makeZxid(2, 0xffff_ffee));
  deepEqual(leader.propose(txn(2, 0xffff_ffef)), []);
  deepEqual(leader.propose(txn(2, 0xffff_fff0)), [
    "stepDown: the epoch's counter comes to its end",
  ]);
});

test("no epoch follows the last one that there can be", () => {
  const last = 0x7fff_ffff;
  const next = new LeaderScript(LOG, { accepted: last - 1, current: 1 }, [1n]);
  deepEqual(next.step({ kind: "tick" }), [`save accepted ${last}`]);
  const beyond = new LeaderScript(LOG, { accepted: last, current: 1 }, [1n]);
  deepEqual(beyond.step({ kind: "tick" }), ["stepDown: there is no epoch after the last one"]);
});

test("resigns at once", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.propose(txn(2, 1));
  deepEqual(leader.step({ kind: "resign", why: "stop" }), [
    "close 2: leading ends: stop",
    "close 3: leading ends: stop",
    "stepDown: stop",
  ]);
  equal(leader.machine.wakeAt, undefined);
});

test("an accepted epoch behind which there is none ends the link", () => {
  const leader = new LeaderScript(LOG);
  deepEqual(leader.dial(2, two, 0x7fff_ffff), ["close 2: its accepted epoch is 2147483647"]);
  deepEqual(leader.dial(3, three, -1), ["close 3: its accepted epoch is -1"]);
});

test("whatever a learner sends, at most its own link ends", () => {
  const byte = fc.integer({ min: 0, max: 3 });
  const packet = fc.record({
    type: fc.integer({ min: 0, max: 20 }),
    zxid: fc.constantFrom(...[-1n, 0n, last, epochZxid(2), makeZxid(2, 1)].map(toZxid)),
    data: fc.option(fc.array(byte, { maxLength: 24 }).map((bytes) => new Uint8Array(bytes))),
    authinfo: fc.constant(null),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 12 }), fc.boolean(), (heard, serving) => {
      const leader = new LeaderScript(LOG);
      if (serving) leader.establish(last);
      else leader.step({ kind: "accepted", link: 2 });
      for (const told of leader.hear(2, ...heard)) ok(!/^stepDown|^close 3/.test(told), told);
      for (const told of new LearnerScript().discover(2).hear(...heard)) ok(told !== "");
      if (serving) for (const told of new LearnerScript().serve(2).hear(...heard)) ok(told !== "");
    }),
  );
});

test("one that has acknowledged NEWLEADER may be silent while others have not", () => {
  const leader = new LeaderScript(LOG, undefined, [1n, 2n, 3n, 4n, 5n]);
  for (const link of [2, 3]) leader.dial(link, toServerId(BigInt(link)));
  leader.step({ kind: "epochSaved" });
  for (const link of [2, 3]) leader.hear(link, packets.ackEpoch(last, 1));
  leader.step({ kind: "epochSaved" });
  leader.hear(2, ack(2, 0));
  leader.now = TIMING.tickMs * (TIMING.syncLimit + 1);
  deepEqual(leader.step({ kind: "tick" }), []);
  deepEqual(leader.hear(3, ack(2, 0)), ["established", "2<UPTODATE", "3<UPTODATE"]);
  leader.now += TIMING.tickMs;
  deepEqual(leader.step({ kind: "tick" }), ["2,3<PING 2.0"]);
});

test("4352, 4925: a committed log that ends before the state is no base for DIFF", () => {
  const log = [txn(1, 1), txn(1, 2), txn(1, 3)];
  const leader = new LeaderScript(log);
  leader.server.committed.clear();
  leader.server.committed.add(txn(1, 1));
  leader.server.disk.base = 3; // nothing in the log
  leader.dial(2, two);
  leader.step({ kind: "epochSaved" });
  leader.hear(2, packets.ackEpoch(makeZxid(1, 1), 1));
  deepEqual(leader.step({ kind: "epochSaved" }), ["2<SNAP 1.3", "sendSnapshot", "2<NEWLEADER 2.0"]);
});

test("what says nothing of a history is no promise: -1 as the epoch, or as the zxid", () => {
  for (const ack of [packets.ackEpoch(makeZxid(1, 1), -1), packets.ackEpoch(toZxid(-1n), 1)]) {
    const leader = new LeaderScript([txn(1, 1)]);
    leader.dial(2, toServerId(2n));
    leader.step({ kind: "epochSaved" });
    deepEqual(leader.hear(2, ack), [], "no quorum, so no epoch is entered");
  }
});

test("an observer of a voting member's number counts in no quorum", () => {
  const leader = new LeaderScript([txn(1, 1)]);
  deepEqual(leader.dial(2, toServerId(2n), 1, "observer"), []);
  leader.dial(3, toServerId(3n));
  leader.step({ kind: "epochSaved" });
  deepEqual(leader.hear(2, packets.ackEpoch(makeZxid(1, 1), 1)), []);
  deepEqual(leader.hear(3, packets.ackEpoch(makeZxid(1, 1), 1)), ["save current 2"]);
  leader.step({ kind: "epochSaved" });
  deepEqual(leader.hear(2, packets.ack(epochZxid(2))), []);
  ok(leader.hear(3, packets.ack(epochZxid(2))).includes("established"));
});
