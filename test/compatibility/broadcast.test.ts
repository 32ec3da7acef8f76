/** Specification 4.6, 4.7, 4.8 and 4.11: a leader that is established, and what it is told. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { makeZxid, type SessionId, toServerId, toZxid } from "../../src/base/ids.ts";
import { int, long, record } from "../../src/jute/codec.ts";
import { packets, readRequest } from "../../src/zab/packets.ts";
import { readStream } from "../support/golden.ts";
import { encoded } from "../support/raw-session.ts";
import { statement } from "../support/statement.ts";
import { LeaderScript, LearnerScript, TIMING, txn } from "../support/zab-script.ts";

const [two, four] = [2n, 4n].map(toServerId);
const LOG = [txn(1, 1), txn(1, 2)];
const last = makeZxid(1, 2);
const session = 5n as SessionId;
const ack = (epoch: number, counter: number) => packets.ack(makeZxid(epoch, counter));
const durable = (counter: number) => ({ kind: "durable", upTo: makeZxid(2, counter) }) as const;
/** Servers 2 and 3 follow in epoch 2, by the links of these numbers. */
const established = (): LeaderScript => new LeaderScript(LOG).establish(last);
/** The same, and observer 4. */
function observed(): LeaderScript {
  const leader = established();
  leader.dial(4, four!, 2, "observer");
  leader.hear(4, packets.ackEpoch(last, -1), ack(2, 0));
  return leader;
}

statement(
  "4.6",
  "A transaction is the one before plus 1, and goes as PROPOSAL to followers",
  () => {
    const leader = observed();
    deepEqual(leader.propose(txn(2, 1), txn(2, 2)), ["2,3<PROPOSAL 2.1", "2,3<PROPOSAL 2.2"]);
    throws(() => leader.propose(txn(2, 4)));
  },
);

statement("4.6", "A participant without a vote gets PROPOSALs; its ACKs do not count", () => {
  const leader = established();
  leader.dial(7, toServerId(7n), 2);
  leader.hear(7, packets.ackEpoch(last, -1), ack(2, 0));
  deepEqual(leader.propose(txn(2, 1)), ["2,3,7<PROPOSAL 2.1"]);
  deepEqual(leader.hear(7, ack(2, 1)), []);
  deepEqual(leader.step(durable(1)), []);
  deepEqual(leader.hear(2, ack(2, 1)), ["2,3,7<COMMIT 2.1", "commit 2.1"]);
});

statement("4.6", "The leader's own ACK counts when its log has the transaction on disk", () => {
  const leader = established();
  leader.propose(txn(2, 1));
  deepEqual(leader.hear(2, ack(2, 1)), []);
  deepEqual(leader.step(durable(1)), ["2,3<COMMIT 2.1", "commit 2.1"]);
});

statement("4.6", "A transaction is committed when a quorum has it and the one before is", () => {
  const leader = established();
  leader.propose(txn(2, 1), txn(2, 2));
  deepEqual(leader.hear(2, ack(2, 2)), []);
  deepEqual(leader.hear(3, ack(2, 2)), []);
  leader.hear(2, ack(2, 1));
  deepEqual(leader.hear(3, ack(2, 1)), ["2,3<COMMIT 2.1", "2,3<COMMIT 2.2", "commit 2.2"]);
});

statement("4.6", "COMMIT goes to followers, INFORM to observers", () => {
  const leader = observed();
  leader.propose(txn(2, 1));
  leader.hear(2, ack(2, 1));
  deepEqual(leader.hear(3, ack(2, 1)), ["2,3<COMMIT 2.1", "4<INFORM 2.1", "commit 2.1"]);
});

statement("4.6", "An observer's ACK does not count", () => {
  const leader = observed();
  leader.propose(txn(2, 1));
  deepEqual([...leader.hear(4, ack(2, 1)), ...leader.step(durable(1))], []);
});

statement("4.6", "The leader steps down before the counter ends, and never lets it wrap", () => {
  const leader = new LeaderScript(LOG, undefined, [1n]);
  for (const kind of ["tick", "epochSaved", "epochSaved"] as const) leader.step({ kind });
  const { broadcast } = leader.machine as unknown as {
    broadcast: { establish(zxid: bigint): void };
  };
  broadcast.establish(makeZxid(2, 0xffff_ffee));
  deepEqual(leader.propose(txn(2, 0xffff_ffef)), []);
  match(leader.propose(txn(2, 0xffff_fff0)).join(), /^stepDown: the epoch's counter/);
});

statement("4.6", "ACKs with counter 0, of what is committed, or unknown change nothing", () => {
  const leader = established();
  leader.propose(txn(2, 1));
  deepEqual(leader.hear(2, ack(2, 0), ack(3, 0), ack(1, 2), ack(2, 9)), []);
  deepEqual(leader.step(durable(1)), []);
  deepEqual(leader.hear(2, ack(2, 1)), ["2,3<COMMIT 2.1", "commit 2.1"]);
  deepEqual(leader.hear(3, ack(2, 1)), []);
});

statement(
  "4.6",
  "Each full tick: no quorum heard from in syncLimit ticks, and it steps down",
  () => {
    const leader = observed();
    const { tickMs, syncLimit } = TIMING;
    for (leader.now = 0; leader.now <= tickMs * syncLimit; leader.now += tickMs / 2) {
      leader.hear(4, packets.pong(makeZxid(2, 0), [])); // an observer's liveness does not count
      deepEqual(leader.step({ kind: "tick" }), ["2,3,4<PING 2.0"]);
    }
    const told = [...leader.step({ kind: "tick" })];
    leader.now += tickMs / 2;
    told.push(...leader.step({ kind: "tick" }));
    equal(told.at(-1), "stepDown: no quorum has been heard for 5 ticks");
  },
);

statement("4.6", "Any packet of a follower keeps it, and the leader with it", () => {
  const leader = established();
  const { tickMs, syncLimit } = TIMING;
  for (leader.now = 0; leader.now <= tickMs * syncLimit * 3; leader.now += tickMs / 2) {
    leader.hear(2, packets.revalidate(session, 4000));
    match(leader.step({ kind: "tick" }).at(-1)!, /<PING 2.0$/);
  }
});

statement("4.6", "Every half tick PING with the last zxid proposed to all that are joined", () => {
  const leader = observed();
  leader.propose(txn(2, 1));
  deepEqual(leader.step({ kind: "tick" }), ["2,3,4<PING 2.1"]);
  deepEqual(leader.step({ kind: "tick" }), []);
  leader.now += TIMING.tickMs / 2;
  deepEqual(leader.step({ kind: "tick" }), ["2,3,4<PING 2.1"]);
});

statement(
  "4.6",
  "A follower that does not ACK the oldest proposal in syncLimit ticks is dropped",
  () => {
    const leader = established();
    leader.propose(txn(2, 1));
    leader.hear(3, ack(2, 1));
    leader.now = TIMING.tickMs * TIMING.syncLimit;
    for (const link of [2, 3]) leader.hear(link, packets.pong(makeZxid(2, 0), []));
    deepEqual(leader.step({ kind: "tick" }), ["2,3<PING 2.1"]);
    leader.now += TIMING.tickMs / 2;
    match(leader.step({ kind: "tick" }).join(), /^close 2: a proposal is unacknowledged/);
  },
);

statement("4.6", "A silent observer is dropped, nothing else", () => {
  const leader = observed();
  leader.now = TIMING.tickMs * TIMING.syncLimit + 1;
  for (const link of [2, 3]) leader.hear(link, packets.pong(makeZxid(2, 0), []));
  deepEqual(leader.step({ kind: "tick" }), [
    "close 4: silent for 500 ms (serving)",
    "2,3<PING 2.0",
  ]);
});

statement("4.6", "Back on a new link, its ACKs begin anew (divergences: forgotten-acks)", () => {
  const leader = established();
  leader.propose(txn(2, 1));
  leader.hear(2, ack(2, 1));
  leader.dial(5, two!, 2);
  leader.hear(5, packets.ackEpoch(last, -1));
  deepEqual(leader.step(durable(1)), []);
  deepEqual(leader.hear(5, ack(2, 0), ack(2, 1)), ["5<UPTODATE", "3,5<COMMIT 2.1", "commit 2.1"]);
});

statement(
  "4.2",
  "A later epoch promised elsewhere gets its turn (divergences: promised-epoch)",
  () => {
    const leader = established();
    leader.step({ kind: "closed", link: 3 });
    match(leader.dial(5, toServerId(3n), 9).at(-1)!, /^stepDown: server 3 has accepted epoch 9/);
  },
);

const Head = record({ session: long<SessionId>(), cxid: int, opcode: int });
statement("4.7", "REQUEST is session, cxid, opcode, the client's body and the identities", () => {
  const body = Uint8Array.of(9, 8, 7);
  const ids = [{ scheme: "ip", id: "10.0.0.1" }];
  const { data, authinfo, zxid } = packets.request({ session, cxid: 3, opcode: 5, body, ids });
  deepEqual(data, Uint8Array.of(...encoded(Head, { session, cxid: 3, opcode: 5 }), ...body));
  deepEqual([authinfo, zxid], [ids, -1n]);
  equal(packets.request({ session, cxid: 0, opcode: -10, body, ids: null }).authinfo, null);
  deepEqual(readRequest(packets.request({ session, cxid: 3, opcode: 5, body, ids })), {
    ...{ session, cxid: 3, opcode: 5, body, ids },
  });
});

statement("4.7", "The leader answers REVALIDATE with the session and whether it lives", () => {
  const leader = established();
  deepEqual(leader.hear(2, packets.revalidate(session, 4000)), ["revalidate"]);
  const told = { kind: "revalidated", asker: 2, session, valid: true } as const;
  deepEqual(leader.step(told), ["2<REVALIDATE"]);
  const answered = new LearnerScript().serve(2);
  deepEqual(answered.step({ kind: "revalidate", session, timeoutMs: 4000 }), ["REVALIDATE"]);
  deepEqual(answered.hear(packets.revalidated(session, true)), ["revalidated"]);
});

statement("4.7", "A PING's sessions were used: the leader hears of them", () => {
  const leader = established();
  deepEqual(leader.hear(2, packets.pong(makeZxid(2, 0), [[session, 4000]])), ["touched"]);
  deepEqual(leader.hear(2, packets.pong(makeZxid(2, 0), [])), []);
});

const round = packets.pong(toZxid(-3n), []);
statement("4.7", "sync waits for the commit of what was last proposed", () => {
  const leader = established();
  leader.propose(txn(2, 1));
  leader.step({ kind: "sync", asker: 2 });
  deepEqual(leader.hear(3, round), []);
  leader.propose(txn(2, 2));
  leader.hear(2, ack(2, 1));
  deepEqual(leader.hear(3, ack(2, 1)), ["2,3<COMMIT 2.1", "commit 2.1", "2<SYNC 0.0"]);
});

statement("4.7", "sync also waits for word of a quorum since (divergences: sync-quorum)", () => {
  const leader = established();
  deepEqual(leader.step({ kind: "sync", asker: 2 }), ["2,3<PING -1.4294967293"]);
  deepEqual(leader.hear(3, packets.pong(makeZxid(2, 0), [])), []);
  deepEqual(leader.hear(3, round), ["2<SYNC 0.0"]);
});

statement("4.7", "A learner answers the oldest waiting sync at SYNC", () => {
  deepEqual(new LearnerScript().serve(2).hear(packets.sync()), ["synced"]);
});

statement("4.8", "A learner leaves at an error, a timeout or a wrong packet, for good", () => {
  const ends: ReadonlyArray<(learner: LearnerScript) => readonly string[]> = [
    (learner) => learner.step({ kind: "closed", why: "reset" }),
    (learner) => {
      learner.now = TIMING.tickMs * TIMING.syncLimit;
      return learner.step({ kind: "tick" });
    },
    (learner) => learner.hear(packets.leaderInfo(3)),
  ];
  for (const end of ends) {
    const learner = new LearnerScript().serve(2);
    learner.hear(packets.proposal(txn(2, 1)));
    match(end(learner).join(), /^lost: /);
    deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), []);
    deepEqual(learner.step(durable(1)), []);
  }
});

statement("4.8", "Logged and never committed: a leader that has it commits it by leading", () => {
  // 1.2 was never committed; the new leader's history has it, and a learner without it gets it.
  const leader = new LeaderScript(LOG);
  leader.dial(2, two!);
  leader.step({ kind: "epochSaved" });
  leader.hear(2, packets.ackEpoch(makeZxid(1, 1), 1));
  deepEqual(leader.step({ kind: "epochSaved" }).slice(0, 3), [
    "2<DIFF 1.2",
    "2<PROPOSAL 1.2",
    "2<COMMIT 1.2",
  ]);
});

statement("4.11", "COMMITs go in the order of PROPOSALs, none skipped, all proposed there", () => {
  const leader = established();
  leader.propose(txn(2, 1), txn(2, 2), txn(2, 3));
  leader.hear(3, ack(2, 1));
  leader.step(durable(1));
  leader.dial(5, two!, 2);
  // What is committed comes with its proposal on the new link, and the rest is proposed again.
  deepEqual(leader.hear(5, packets.ackEpoch(makeZxid(1, 2), -1)), [
    ...["5<DIFF 2.1", "5<PROPOSAL 2.1", "5<COMMIT 2.1"],
    ...["5<PROPOSAL 2.2", "5<PROPOSAL 2.3", "5<NEWLEADER 2.0"],
  ]);
  leader.hear(3, ack(2, 2), ack(2, 3));
  deepEqual(leader.step(durable(3)), ["3,5<COMMIT 2.2", "3,5<COMMIT 2.3", "commit 2.3"]);
});

statement("4.11", "Zxids of an epoch are without gaps, from counter 1 on", () => {
  throws(() => established().propose(txn(2, 0)));
  throws(() => established().propose(txn(2, 2)));
  throws(() => established().propose(txn(3, 2)));
  deepEqual(established().propose(txn(2, 1)), ["2,3<PROPOSAL 2.1"]);
});

statement("4.11", "TRUNC goes only to a transaction that the learner's log has, else SNAP", () => {
  const at = (counter: number, epoch = 2) => {
    const leader = established();
    leader.propose(txn(2, 1));
    leader.hear(3, ack(2, 1));
    leader.step(durable(1));
    leader.dial(5, two!, 2);
    return leader.hear(5, packets.ackEpoch(makeZxid(epoch, counter), -1))[0];
  };
  equal(at(9), "5<TRUNC 2.1");
  equal(at(9, 1), "5<SNAP 2.1");
  // No log has an epoch's beginning, though it is the leader's last zxid.
  const empty = established();
  empty.dial(5, two!, 2);
  equal(empty.hear(5, packets.ackEpoch(makeZxid(2, 4), -1))[0], "5<SNAP 1.2");
});

statement(
  "4.11",
  "No packet but DIFF, TRUNC or SNAP after ACKEPOCH, no PING before NEWLEADER",
  () => {
    const leader = established();
    leader.propose(txn(2, 1));
    leader.dial(5, two!, 2);
    leader.now = TIMING.tickMs;
    deepEqual(leader.step({ kind: "tick" }), ["3<PING 2.1"]);
    leader.propose(txn(2, 2));
    match(leader.hear(5, packets.ackEpoch(last, -1))[0]!, /^5<DIFF/);
    leader.now += TIMING.tickMs;
    deepEqual(leader.step({ kind: "tick" }), ["3,5<PING 2.2"]);
  },
);

statement("4.11", "UPTODATE goes once, when a quorum has acknowledged NEWLEADER", () => {
  const leader = established();
  deepEqual(leader.hear(2, ack(2, 0), ack(2, 0)), []);
  leader.dial(5, two!, 2);
  leader.hear(5, packets.ackEpoch(last, -1));
  deepEqual(leader.hear(5, ack(2, 0), ack(2, 0)), ["5<UPTODATE"]);
});

statement("4.11", "A learner sends ACK(epoch<<32) first, then ACKs of PROPOSALs in order", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.diff(makeZxid(1, 5)), packets.proposal(txn(2, 1)));
  const sent = [
    ...learner.hear(packets.newLeader(2, "")),
    ...learner.step(durable(1)),
    ...learner.step({ kind: "epochSaved" }),
    ...learner.hear(packets.upToDate(), packets.proposal(txn(2, 2)), packets.proposal(txn(2, 3))),
    ...learner.step(durable(3)),
  ].filter((line) => line.startsWith("ACK"));
  deepEqual(sent, ["ACK 2.0", "ACK 2.0", "ACK 2.1", "ACK 2.2", "ACK 2.3"]);
});

statement("4.11", "An error transaction that repeats the last zxid is ignored by a learner", () => {
  const learner = new LearnerScript().serve(2);
  learner.hear(packets.proposal(txn(2, 1)));
  deepEqual(learner.hear(packets.proposal(txn(2, 1, -1))), []);
  deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), ["commit 2.1"]);
  deepEqual(learner.step(durable(1)), ["ACK 2.1"]);
});

statement("4.11", "The captured learners and leaders say what this specification says", () => {
  // That ours answer each of them byte by byte is in src/zab/golden.test.ts.
  const { frames } = readStream("learner/a-1-diff-empty-then-broadcast");
  const told = frames.slice(0, 9).map(({ from, bytes }) => `${from[0]}${bytes[3]}`);
  deepEqual(told, ["d11", "l17", "d18", "l13", "l10", "d3", "l12", "d3", "l5"]);
});
