/**
 * A learner alone: its order of doing things, and what it does not accept. Numbers: ZOOKEEPER-n.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { LearnerScript, TIMING, txn } from "../../test/support/zab-script.ts";
import { makeZxid, type SessionId } from "../base/ids.ts";
import type { QuorumPacket } from "../records/quorum.ts";
import type { LearnerEffect, Proposal } from "./io.ts";
import { epochZxid, packets } from "./packets.ts";

const both = (p: Proposal) => [packets.proposal(p), packets.commit(p.zxid)] as const;
const newLeader = packets.newLeader(2, "version=0");

test("the accepted epoch is saved before ACKEPOCH", () => {
  const learner = new LearnerScript();
  deepEqual(learner.step({ kind: "connected" }), ["FOLLOWERINFO 1.0"]);
  deepEqual(learner.hear(packets.leaderInfo(2)), ["save accepted 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACKEPOCH 1.5"]);
});

test("an epoch accepted before is not saved again, a smaller one refused", () => {
  const again = new LearnerScript({ epochs: { accepted: 2, current: 1 } });
  again.step({ kind: "connected" });
  deepEqual(again.hear(packets.leaderInfo(2)), ["ACKEPOCH 1.5"]);
  const newer = new LearnerScript({ epochs: { accepted: 3, current: 1 } });
  newer.step({ kind: "connected" });
  deepEqual(newer.hear(packets.leaderInfo(2)), [
    "lost: epoch 2 of the leader is below 3, accepted here",
  ]);
});

test("3023, 3911, 4643, 4646, 4785: history, then epoch, then ACK", () => {
  const learner = new LearnerScript().discover(2);
  deepEqual(learner.hear(packets.diff(makeZxid(1, 7)), ...both(txn(1, 6)), ...both(txn(1, 7))), [
    "append 1.6",
    "commit 1.6",
    "append 1.7",
    "commit 1.7",
  ]);
  deepEqual(learner.hear(newLeader), ["configured"]);
  deepEqual(learner.step({ kind: "durable", upTo: makeZxid(1, 6) }), []);
  deepEqual(learner.step({ kind: "durable", upTo: makeZxid(1, 7) }), ["save current 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve"]);
});

test("4394, 4685: proposals across NEWLEADER stay pending, and are acknowledged after it", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.diff(makeZxid(1, 5)), packets.proposal(txn(2, 1)), newLeader);
  deepEqual(learner.hear(packets.proposal(txn(2, 2))), [], "held while the disk is busy");
  deepEqual(learner.step({ kind: "durable", upTo: makeZxid(2, 1) }), ["save current 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0", "append 2.2"]);
  deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), ["commit 2.1"]);
  deepEqual(learner.step({ kind: "durable", upTo: makeZxid(2, 2) }), []);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve", "ACK 2.1", "ACK 2.2"]);
});

test("TRUNC: the disk is left alone until the new history is whole", () => {
  const learner = new LearnerScript().discover(2);
  deepEqual(learner.hear(packets.trunc(makeZxid(1, 3)), packets.proposal(txn(1, 4)), newLeader), [
    "loadUpTo 1.3",
  ]);
  deepEqual(learner.step({ kind: "loaded", zxid: makeZxid(1, 3) }), [
    "configured",
    "install 1.3 +1.4",
  ]);
  deepEqual(learner.step({ kind: "installed" }), ["save current 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve", "ACK 1.4"]);
  deepEqual(learner.hear(packets.commit(makeZxid(1, 4))), ["commit 1.4"]);
});

test("1549: where the own log cannot be cut, all is asked for, and the disk kept meanwhile", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.trunc(makeZxid(1, 3)));
  deepEqual(learner.step({ kind: "notLoaded", why: "snapshot 1.4" }), [
    "lost: the own log cannot be loaded again: snapshot 1.4",
  ]);
  const next = new LearnerScript({ afresh: true, epochs: { accepted: 1, current: 1 } });
  deepEqual(next.discover(2).hear(packets.diff(makeZxid(1, 1)), ...both(txn(0, 1)), newLeader), [
    "loadUpTo 0.0",
  ]);
  deepEqual(next.step({ kind: "loaded", zxid: makeZxid(0, 0) }), [
    "applyLoaded 0.1",
    "configured",
    "install 0.1",
  ]);
});

test("3642: a snapshot is installed before NEWLEADER is acknowledged; broken off, it changes nothing", () => {
  const learner = new LearnerScript().discover(2);
  deepEqual(learner.hear(packets.snap(makeZxid(1, 9))), ["loadSnapshot 1.9"]);
  deepEqual(learner.step({ kind: "closed", why: "reset" }), ["lost: link closed: reset"]);
  const other = new LearnerScript().discover(2);
  other.hear(packets.snap(makeZxid(1, 9)));
  deepEqual(other.step({ kind: "loaded", zxid: makeZxid(1, 9) }), []);
  deepEqual(other.hear(...both(txn(1, 10)), packets.proposal(txn(1, 11)), newLeader), [
    "applyLoaded 1.10",
    "configured",
    "install 1.10 +1.11",
  ]);
  deepEqual(other.hear(packets.upToDate()), [], "held");
  deepEqual(other.step({ kind: "installed" }), ["save current 2"]);
});

test("what a snapshot holds already may come again, also behind NEWLEADER", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.snap(makeZxid(1, 9)));
  learner.step({ kind: "loaded", zxid: makeZxid(1, 9) });
  const repeated = [...both(txn(1, 7)), packets.proposal(txn(1, 8)), newLeader];
  deepEqual(learner.hear(...repeated), ["configured", "install 1.9"]);
  learner.step({ kind: "installed" });
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
  deepEqual(learner.hear(packets.commit(makeZxid(1, 8)), ...both(txn(1, 9)), packets.upToDate()), [
    "ACK 2.0",
    "serve",
    "ACK 1.8",
    "ACK 1.9",
  ]);
  deepEqual(learner.hear(...both(txn(1, 10))), ["append 1.10", "commit 1.10"]);
});

test("an observer is informed, and acknowledges nothing but NEWLEADER", () => {
  const observer = new LearnerScript({ role: "observer" }).serve(2);
  deepEqual(observer.hear(packets.inform(txn(2, 1))), ["append 2.1", "commit 2.1"]);
  deepEqual(observer.step({ kind: "durable", upTo: makeZxid(2, 1) }), []);
  deepEqual(observer.hear(packets.proposal(txn(2, 2)), packets.commit(makeZxid(2, 2))), []);
});

test("acknowledgements wait for the disk, and come in order", () => {
  const learner = new LearnerScript().serve(2);
  learner.hear(...[1, 2, 3].map((counter) => packets.proposal(txn(2, counter))));
  deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), ["commit 2.1"]);
  deepEqual(learner.step({ kind: "durable", upTo: makeZxid(2, 2) }), ["ACK 2.1", "ACK 2.2"]);
  deepEqual(learner.step({ kind: "durable", upTo: makeZxid(2, 3) }), ["ACK 2.3"]);
});

test("4575: an error transaction that repeats the last zxid is nothing", () => {
  const learner = new LearnerScript().serve(2);
  learner.hear(packets.proposal(txn(2, 1)));
  deepEqual(learner.hear(packets.proposal(txn(2, 1, -1))), []);
  deepEqual(learner.hear(...both(txn(2, 2)).slice(0, 1), packets.commit(makeZxid(2, 1))), [
    "append 2.2",
    "commit 2.1",
  ]);
  match(learner.hear(packets.proposal(txn(2, 2)))[0]!, /^lost/, "no error: out of turn");
});

const wrong: ReadonlyArray<readonly [why: string, heard: readonly QuorumPacket[]]> = [
  ["4925: a hole in the transactions", [packets.proposal(txn(2, 2))]],
  ["a new epoch that does not begin at 1", [packets.proposal(txn(3, 2))]],
  [
    "a commit that is not the oldest pending",
    [packets.proposal(txn(2, 1)), packets.proposal(txn(2, 2)), packets.commit(makeZxid(2, 2))],
  ],
  ["a commit of nothing", [packets.commit(makeZxid(2, 1))]],
  ["a second UPTODATE", [packets.upToDate()]],
  ["another NEWLEADER", [newLeader]],
  ["DIFF while serving", [packets.diff(makeZxid(2, 1))]],
  ["INFORM for a follower", [packets.inform(txn(2, 1))]],
  [
    "a transaction without header",
    [{ ...packets.commit(makeZxid(2, 1)), type: 2, data: new Uint8Array(4) }],
  ],
  [
    "a zxid that is not its transaction's",
    [{ ...packets.proposal(txn(2, 3)), zxid: makeZxid(2, 1) }],
  ],
  ["a type that nobody knows", [{ ...packets.ping(makeZxid(2, 0)), type: 99 }]],
  ["a short REVALIDATE", [{ ...packets.ping(makeZxid(2, 0)), type: 6, data: new Uint8Array(3) }]],
];
for (const [why, heard] of wrong) {
  test(`the link ends at ${why}`, () => {
    match(
      new LearnerScript()
        .serve(2)
        .hear(...heard)
        .at(-1)!,
      /^lost: /,
    );
  });
}

test("pings are answered with the sessions used", () => {
  const session = 7n as SessionId;
  const learner = new LearnerScript({ takeTouched: () => [[session, 4000]] }).serve(2);
  deepEqual(learner.hear(packets.ping(makeZxid(2, 0))), ["PING 2.0"]);
  deepEqual(learner.step({ kind: "revalidate", session, timeoutMs: 4000 }), ["REVALIDATE"]);
  deepEqual(learner.hear(packets.revalidated(session, true), packets.sync()), [
    "revalidated",
    "synced",
  ]);
});

test("a silent leader is given up: initLimit before UPTODATE, syncLimit behind", () => {
  const joining = new LearnerScript().discover(2);
  const { tickMs, initLimit, syncLimit } = TIMING;
  equal(joining.machine.wakeAt, tickMs * initLimit);
  joining.now = tickMs * initLimit;
  deepEqual(joining.step({ kind: "tick" }), ["lost: the leader was silent for 1000 ms (choosing)"]);
  const serving = new LearnerScript().serve(2);
  equal(serving.machine.wakeAt, tickMs * syncLimit);
  serving.now = 300;
  serving.hear(packets.ping(epochZxid(2)));
  equal(serving.machine.wakeAt, 300 + tickMs * syncLimit);
});

test("4712: nothing that comes after the end has an effect", () => {
  const learner = new LearnerScript().serve(2);
  learner.hear(packets.proposal(txn(2, 1)));
  match(learner.step({ kind: "closed", why: "reset" })[0]!, /^lost/);
  deepEqual(learner.step({ kind: "durable", upTo: makeZxid(2, 1) }), []);
  deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), []);
  equal(learner.machine.wakeAt, undefined);
});

test("one that lost its history promises nothing, and waits until others have acknowledged", () => {
  const learner = new LearnerScript({ incomplete: true, role: "observer" });
  deepEqual(learner.step({ kind: "connected" }), ["OBSERVERINFO 1.0"]);
  learner.hear(packets.leaderInfo(2));
  const out: LearnerEffect[] = [];
  learner.machine.step({ kind: "epochSaved", now: 0 }, out);
  deepEqual(out, [{ kind: "send", packet: packets.ackEpoch(makeZxid(1, 5), -1) }]);
  learner.hear(packets.diff(makeZxid(1, 5)));
  deepEqual(learner.hear(newLeader), ["configured", "save current 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), [], "its ACK would count");
  deepEqual(learner.hear(packets.ping(makeZxid(2, 0))), ["ACK 2.0", "PING 2.0"]);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve"]);
});
