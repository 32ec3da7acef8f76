/** Specification 4.1, 4.2, 4.3 and 4.5: a leader, until a quorum follows it in its epoch. */
import { deepEqual, equal, match } from "node:assert/strict";
import { makeZxid, toServerId, type Zxid } from "../../src/base/ids.ts";
import { packets } from "../../src/zab/packets.ts";
import { statement } from "../support/statement.ts";
import { LeaderScript, TIMING, txn } from "../support/zab-script.ts";

const [two, three, four] = [2n, 3n, 4n].map(toServerId);
const LOG = [txn(1, 1), txn(1, 2)];
const last = makeZxid(1, 2);
const ack = (epoch: number, counter: number) => packets.ack(makeZxid(epoch, counter));
/** A quorum has told its epochs; links 2 and, with `all`, 3 are invited into epoch 2. */
function invited(all = true): LeaderScript {
  const leader = new LeaderScript(LOG);
  leader.dial(2, two!);
  if (all) leader.dial(3, three!);
  leader.step({ kind: "epochSaved" });
  return leader;
}
/** Link 2 has promised to follow, and is synchronised. */
function promised(): LeaderScript {
  const leader = invited(false);
  leader.hear(2, packets.ackEpoch(last, 1));
  leader.step({ kind: "epochSaved" });
  return leader;
}
const half = (leader: LeaderScript): readonly string[] => {
  leader.now += TIMING.tickMs / 2;
  return leader.step({ kind: "tick" });
};

statement("4.1", "A leader: LEADERINFO, DIFF or another, NEWLEADER, UPTODATE", () => {
  const leader = new LeaderScript(LOG);
  leader.dial(2, two!);
  deepEqual(leader.step({ kind: "epochSaved" }), ["2<LEADERINFO 2.0"]);
  leader.hear(2, packets.ackEpoch(last, 1));
  deepEqual(leader.step({ kind: "epochSaved" }), ["2<DIFF 1.2", "2<NEWLEADER 2.0"]);
  deepEqual(leader.hear(2, ack(2, 0)), ["established", "2<UPTODATE"]);
});

statement("4.1", "The ACK that answers UPTODATE is ignored", () => {
  const leader = promised();
  leader.hear(2, ack(2, 0));
  deepEqual(leader.hear(2, ack(2, 0)), []);
});

statement("4.2", "The new epoch is one above the greatest accepted of a quorum and of me", () => {
  deepEqual(new LeaderScript(LOG).dial(2, two!, 1), ["save accepted 2"]);
  deepEqual(new LeaderScript(LOG).dial(2, two!, 7), ["save accepted 8"]);
  const ahead = new LeaderScript(LOG, { accepted: 9, current: 1 });
  deepEqual(ahead.dial(2, two!, 7), ["save accepted 10"]);
});

statement("4.2", "An observer's epoch raises the new one, but does not count for it", () => {
  const leader = new LeaderScript(LOG);
  deepEqual(leader.dial(4, four!, 9, "observer"), []);
  deepEqual(leader.dial(2, two!), ["save accepted 10"]);
});

statement("4.2", "The quorum that reports contains the leader", () => {
  const leader = new LeaderScript(LOG, undefined, [2n, 3n]);
  deepEqual(leader.dial(2, two!), []);
  deepEqual(leader.dial(3, three!), ["save accepted 2"]);
});

statement("4.2", "The leader's acceptedEpoch is on disk before LEADERINFO goes to all", () => {
  const leader = new LeaderScript(LOG);
  deepEqual(leader.dial(2, two!), ["save accepted 2"]);
  deepEqual(leader.dial(3, three!), []);
  deepEqual(leader.step({ kind: "epochSaved" }), ["2<LEADERINFO 2.0", "3<LEADERINFO 2.0"]);
});

statement("4.2", "Who comes later gets the same epoch, also if its own was greater", () => {
  const leader = invited(false);
  deepEqual(leader.dial(3, three!, 1), ["3<LEADERINFO 2.0"]);
  deepEqual(leader.dial(4, four!, 8, "observer"), ["4<LEADERINFO 2.0"]);
});

statement("4.2", "A leader without a quorum in initLimit ticks gives up, in each phase", () => {
  const phases = [
    ["discovering", new LeaderScript(LOG)],
    ["promising", invited(false)],
    ["synchronising", promised()],
  ] as const;
  for (const [phase, leader] of phases) {
    leader.now = TIMING.tickMs * TIMING.initLimit;
    deepEqual(leader.step({ kind: "tick" }), []);
    // Learners are given up at the same time; what is told of the leader comes last.
    leader.now = TIMING.tickMs * TIMING.initLimit * 2 + 1;
    const told = leader.step({ kind: "tick" });
    equal(told.at(-1), `stepDown: no quorum for 10 ticks while ${phase}`);
  }
});

statement("4.2", "ACKEPOCH of a greater (currentEpoch, zxid) ends that handshake", () => {
  for (const [epoch, zxid] of [
    [2, makeZxid(1, 1)],
    [1, makeZxid(1, 3)],
  ] as const) {
    const leader = invited();
    deepEqual(leader.hear(2, packets.ackEpoch(zxid, epoch)), [
      "close 2: its history is ahead of the leader's",
    ]);
    deepEqual(leader.hear(3, packets.ackEpoch(last, 1)), ["save current 2"]);
  }
});

statement("4.2", "A later zxid in an earlier currentEpoch is not ahead", () => {
  const leader = new LeaderScript(LOG, { accepted: 3, current: 3 });
  leader.dial(2, two!);
  leader.step({ kind: "epochSaved" });
  deepEqual(leader.hear(2, packets.ackEpoch(makeZxid(1, 9), 1)), ["save current 4"]);
});

statement("4.2", "ACKEPOCH with -1 does not count, but is synchronised", () => {
  const leader = invited();
  deepEqual(leader.hear(2, packets.ackEpoch(last, -1)), []);
  leader.hear(3, packets.ackEpoch(last, 1));
  deepEqual(leader.step({ kind: "epochSaved" }).slice(0, 2), ["2<DIFF 1.2", "2<NEWLEADER 2.0"]);
});

statement("4.2", "ACKEPOCH of an observer does not count", () => {
  const leader = invited(false);
  leader.dial(4, four!, 1, "observer");
  deepEqual(leader.hear(4, packets.ackEpoch(last, 1)), []);
});

statement(
  "4.2",
  "With a quorum of ACKEPOCHs currentEpoch is on disk before history is sent",
  () => {
    const leader = invited();
    deepEqual(leader.hear(2, packets.ackEpoch(last, 1)), ["save current 2"]);
    deepEqual(leader.hear(3, packets.ackEpoch(last, 1)), []);
    equal(leader.step({ kind: "epochSaved" }).length, 4);
  },
);

statement("4.2", "Serving waits for ACK(epoch<<32) of a quorum with the leader", () => {
  const leader = new LeaderScript(LOG, undefined, [1n, 2n, 3n, 5n, 6n]);
  for (const link of [2, 3]) leader.dial(link, toServerId(BigInt(link)));
  leader.step({ kind: "epochSaved" });
  for (const link of [2, 3]) leader.hear(link, packets.ackEpoch(last, 1));
  leader.step({ kind: "epochSaved" });
  deepEqual(leader.hear(2, ack(2, 0)), []);
  deepEqual(leader.hear(3, ack(2, 0)), ["established", "2<UPTODATE", "3<UPTODATE"]);
});

statement("4.2", "Of an observer that ACK does not count", () => {
  const leader = promised();
  leader.dial(4, four!, 1, "observer");
  leader.hear(4, packets.ackEpoch(last, 1));
  deepEqual(leader.hear(4, ack(2, 0)), []);
});

statement("4.2", "An ACK of another zxid does not count for NEWLEADER", () => {
  const leader = promised();
  deepEqual(leader.hear(2, ack(1, 2), ack(2, 1), ack(1, 0)), []);
  deepEqual(leader.hear(2, ack(2, 0)), ["established", "2<UPTODATE"]);
});

statement("4.2", "Established, the leader's zxid is epoch<<32, which no transaction has", () => {
  const leader = promised();
  leader.hear(2, ack(2, 0));
  equal(leader.machine.lastProposed, makeZxid(2, 0));
  deepEqual(leader.propose(txn(2, 1)), ["2<PROPOSAL 2.1"]);
});

statement("4.2", "A configVersion above the leader's: the leader drops the learner", () => {
  const leader = new LeaderScript(LOG);
  leader.step({ kind: "accepted", link: 2 });
  const info = { serverId: two!, protocolVersion: 0x1_0000, configVersion: 1n };
  deepEqual(leader.hear(2, packets.info("follower", 1, info)), [
    "close 2: it knows a later configuration",
  ]);
});

statement(
  "4.5",
  "A leader reads ACKs of proposals before that of NEWLEADER as what they are",
  () => {
    const leader = new LeaderScript(LOG).establish(last);
    leader.step({ kind: "closed", link: 3 });
    leader.propose(txn(2, 1));
    leader.dial(5, three!, 2);
    leader.hear(5, packets.ackEpoch(last, -1));
    leader.step({ kind: "durable", upTo: makeZxid(2, 1) });
    deepEqual(leader.hear(5, ack(2, 1)), []);
    deepEqual(leader.hear(5, ack(2, 0)), ["2,5<COMMIT 2.1", "commit 2.1", "5<UPTODATE"]);
  },
);

statement("4.5", "A leader accepts and ignores ACKs of what is committed", () => {
  const leader = new LeaderScript(LOG).establish(last);
  deepEqual(leader.hear(2, ack(1, 1), ack(1, 2)), []);
  deepEqual(leader.propose(txn(2, 1)), ["2,3<PROPOSAL 2.1"]);
});

statement("4.5", "A leader gives up a learner after initLimit ticks, then syncLimit", () => {
  const { tickMs, initLimit, syncLimit } = TIMING;
  const joining = new LeaderScript(LOG).establish(last);
  joining.step({ kind: "closed", link: 3 });
  joining.dial(5, three!, 2);
  joining.now = tickMs * initLimit;
  joining.hear(2, ack(2, 0));
  deepEqual(joining.step({ kind: "tick" }), ["2<PING 2.0"]);
  joining.now += 1;
  joining.hear(2, ack(2, 0));
  match(half(joining).join(), /close 5: silent for 1000 ms/);
  const serving = new LeaderScript(LOG).establish(last);
  serving.now = tickMs * syncLimit + 1;
  serving.hear(2, ack(2, 0));
  match(serving.step({ kind: "tick" }).join(), /close 3: silent for 500 ms/);
});

/** What a learner whose history ends at `peer` gets from a leader with that log. */
function sent(
  peer: Zxid,
  log = LOG,
  { kept = log.length, epochs = { accepted: 3, current: 3 } } = {},
): readonly string[] {
  const leader = new LeaderScript(log, epochs);
  leader.server.recover(kept);
  leader.dial(2, two!);
  leader.step({ kind: "epochSaved" });
  leader.hear(2, packets.ackEpoch(peer, 1));
  const told = [...leader.step({ kind: "epochSaved" })];
  while (told.at(-1) === "again") told.splice(-1, 1, ...leader.step({ kind: "continue" }));
  equal(told.pop(), "2<NEWLEADER 4.0");
  return told.map((line) => line.replace("2<", ""));
}
const both = (...places: readonly string[]): readonly string[] =>
  places.flatMap((place) => [`PROPOSAL ${place}`, `COMMIT ${place}`]);
const long = [txn(1, 1), txn(1, 2), txn(1, 3), txn(2, 1), txn(2, 2)];

statement("4.3", "1. The leader's own last zxid: DIFF of it, nothing queued", () => {
  deepEqual(sent(makeZxid(2, 2), long), ["DIFF 2.2"]);
  deepEqual(sent(makeZxid(0, 0), []), ["DIFF 0.0"]);
});

statement("4.3", "2. Above the newest committed: TRUNC to that", () => {
  deepEqual(sent(makeZxid(2, 5), long), ["TRUNC 2.2"]);
});

statement("4.3", "3. Within the committed log: DIFF and what is behind it", () => {
  deepEqual(sent(makeZxid(1, 2), long), ["DIFF 2.2", ...both("1.3", "2.1", "2.2")]);
});

statement("4.3", "The beginning of an epoch within the committed log: DIFF", () => {
  deepEqual(sent(makeZxid(2, 0), long), ["DIFF 2.2", ...both("2.1", "2.2")]);
});

statement("4.3", "Between two of the committed log, in an earlier epoch: SNAP", () => {
  deepEqual(sent(makeZxid(1, 9), long), ["SNAP 2.2", "sendSnapshot"]);
});

statement("4.3", "4. Older than the committed log: the log on disk, up to it", () => {
  deepEqual(sent(makeZxid(1, 1), long, { kept: 1 }), [
    "DIFF 2.2",
    ...both("1.2", "1.3", "2.1", "2.2"),
  ]);
});

statement("4.3", "The log on disk does not hold the learner's zxid: SNAP", () => {
  deepEqual(sent(makeZxid(1, 9), long, { kept: 1 }), ["SNAP 2.2", "sendSnapshot"]);
  deepEqual(sent(makeZxid(0, 7), long, { kept: 1 }), ["SNAP 2.2", "sendSnapshot"]);
});

statement("4.3", "5. Otherwise SNAP: also an epoch's beginning above the newest", () => {
  deepEqual(sent(makeZxid(3, 0), long), ["SNAP 2.2", "sendSnapshot"]);
});

statement("4.3", "A TRUNC does not cross an epoch: SNAP", () => {
  deepEqual(sent(makeZxid(3, 1), long), ["SNAP 2.2", "sendSnapshot"]);
});

statement("4.3", "A fresh learner, and a leader whose committed log is empty: SNAP", () => {
  deepEqual(sent(makeZxid(0, 0), long, { kept: 0 }), ["SNAP 2.2", "sendSnapshot"]);
});

statement("4.3", "Observers too get PROPOSAL and COMMIT while they are synchronised", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.dial(4, four!, 2, "observer");
  deepEqual(leader.hear(4, packets.ackEpoch(makeZxid(1, 1), -1)), [
    "4<DIFF 1.2",
    "4<PROPOSAL 1.2",
    "4<COMMIT 1.2",
    "4<NEWLEADER 2.0",
  ]);
});

statement("4.3", "Behind: what is committed and not applied, what is proposed, NEWLEADER", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.step({ kind: "closed", link: 3 });
  leader.propose(txn(2, 1), txn(2, 2));
  leader.server.disk.log = LOG; // its disk is slow: what is committed is not applied
  leader.hear(2, ack(2, 1));
  leader.step({ kind: "durable", upTo: makeZxid(2, 1) });
  leader.dial(5, three!, 2);
  deepEqual(leader.hear(5, packets.ackEpoch(last, -1)), [
    ...["5<DIFF 2.1", "5<PROPOSAL 2.1", "5<COMMIT 2.1"],
    ...["5<PROPOSAL 2.2", "5<NEWLEADER 2.0"],
  ]);
});

statement("4.3", "Proposals without a quorum go to participants, not to observers", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.propose(txn(2, 1));
  leader.dial(4, four!, 2, "observer");
  deepEqual(leader.hear(4, packets.ackEpoch(last, -1)), ["4<DIFF 1.2", "4<NEWLEADER 2.0"]);
});

statement("4.3", "From then on the learner gets all that is broadcast", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.step({ kind: "closed", link: 3 });
  leader.dial(5, three!, 2);
  leader.hear(5, packets.ackEpoch(last, -1));
  deepEqual(leader.propose(txn(2, 1)), ["2,5<PROPOSAL 2.1"]);
});

statement("4.3", "SNAP and the stream go first, then what is queued", () => {
  const leader = new LeaderScript(LOG).establish(last);
  leader.step({ kind: "closed", link: 3 });
  leader.propose(txn(2, 1));
  leader.dial(5, three!, 2);
  deepEqual(leader.hear(5, packets.ackEpoch(makeZxid(2, 9), -1)), [
    "5<SNAP 1.2",
    "sendSnapshot",
    "5<PROPOSAL 2.1",
    "5<NEWLEADER 2.0",
  ]);
});

statement("4.3", "At most 10 observers at a time get SNAP, 100 DIFF; followers always", () => {
  for (const [peer, most, first] of [
    [makeZxid(1, 9), 10, "SNAP"],
    [last, 100, "DIFF"],
  ] as const) {
    const leader = new LeaderScript(LOG, { accepted: 1, current: 1 }).establish(last);
    if (first === "SNAP") {
      leader.propose(txn(2, 1));
      leader.hear(2, ack(2, 1));
      leader.step({ kind: "durable", upTo: makeZxid(2, 1) });
    }
    const joins = (link: number, role: "follower" | "observer"): string => {
      leader.dial(link, toServerId(BigInt(link)), 2, role);
      const zxid = first === "SNAP" ? peer : last;
      return leader.hear(link, packets.ackEpoch(zxid, -1))[0]!;
    };
    for (let link = 10; link < 10 + most; link++) match(joins(link, "observer"), RegExp(first));
    match(joins(200, "observer"), /^close 200: too many observers/);
    match(joins(201, "follower"), RegExp(first));
    leader.hear(10, ack(2, 0));
    match(joins(202, "observer"), RegExp(first));
  }
});
