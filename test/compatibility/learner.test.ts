/** Specification 4.1, 4.2 and 4.5: a learner, from its first packet to serving. */
import { deepEqual, equal, match } from "node:assert/strict";
import { makeZxid, type SessionId } from "../../src/base/ids.ts";
import type { QuorumPacket } from "../../src/records/quorum.ts";
import { epochZxid, packets, readEpoch } from "../../src/zab/packets.ts";
import { statement } from "../support/statement.ts";
import { LearnerScript, TIMING, txn } from "../support/zab-script.ts";

const both = (epoch: number, counter: number, type?: number): readonly QuorumPacket[] => {
  const proposal = txn(epoch, counter, type);
  return [packets.proposal(proposal), packets.commit(proposal.zxid)];
};
const durable = (epoch: number, counter: number) =>
  ({ kind: "durable", upTo: makeZxid(epoch, counter) }) as const;
const newLeader = packets.newLeader(2, "version=0");
const diff = packets.diff(makeZxid(1, 5));
/** NEWLEADER is acknowledged, UPTODATE has not come. */
const acknowledged = (role: "follower" | "observer" = "follower"): LearnerScript => {
  const learner = new LearnerScript({ role }).discover(2);
  learner.hear(diff, newLeader);
  learner.step({ kind: "epochSaved" });
  return learner;
};

statement("4.1", "A learner: FOLLOWERINFO, ACKEPOCH, ACK, and on UPTODATE the same ACK", () => {
  const learner = new LearnerScript();
  deepEqual(learner.step({ kind: "connected" }), ["FOLLOWERINFO 1.0"]);
  learner.hear(packets.leaderInfo(2));
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACKEPOCH 1.5"]);
  deepEqual(learner.hear(diff, newLeader), ["configured", "save current 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve"]);
});

statement("4.1", "An observer introduces itself with OBSERVERINFO", () => {
  const observer = new LearnerScript({ role: "observer" });
  deepEqual(observer.step({ kind: "connected" }), ["OBSERVERINFO 1.0"]);
});

statement("4.1", "PROPOSAL and COMMIT between NEWLEADER and UPTODATE are taken", () => {
  deepEqual(acknowledged().hear(...both(2, 1)), ["append 2.1", "commit 2.1"]);
});

statement("4.1", "From NEWLEADER on a PING may come, and is answered", () => {
  deepEqual(acknowledged().hear(packets.ping(epochZxid(2))), ["PING 2.0"]);
});

statement("4.1", "UPTODATE may be long in coming", () => {
  const learner = acknowledged();
  learner.now = TIMING.tickMs * (TIMING.initLimit - 1);
  deepEqual(learner.step({ kind: "tick" }), []);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve"]);
});

statement("4.2", "A learner has acceptedEpoch on disk before it sends ACKEPOCH", () => {
  const learner = new LearnerScript();
  learner.step({ kind: "connected" });
  deepEqual(learner.hear(packets.leaderInfo(2)), ["save accepted 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACKEPOCH 1.5"]);
});

/** The epoch that the ACKEPOCH tells of one that has accepted `accepted`. */
function toldEpoch(accepted: number): number | undefined {
  const learner = new LearnerScript({ epochs: { accepted, current: 1 } });
  const out: Parameters<typeof learner.machine.step>[1] = [];
  learner.machine.step({ kind: "connected", now: 0 }, out);
  learner.machine.step({ kind: "packet", now: 0, packet: packets.leaderInfo(3) }, out);
  if (accepted < 3) learner.machine.step({ kind: "epochSaved", now: 0 }, out);
  const sent = out.at(-1)!;
  return sent.kind === "send" ? readEpoch(sent.packet) : undefined;
}

statement("4.2", "LEADERINFO above acceptedEpoch: ACKEPOCH with currentEpoch", () => {
  equal(toldEpoch(2), 1);
});

statement("4.2", "LEADERINFO equal to acceptedEpoch: ACKEPOCH with -1, nothing written", () => {
  equal(toldEpoch(3), -1);
  const learner = new LearnerScript({ epochs: { accepted: 2, current: 1 } });
  learner.step({ kind: "connected" });
  deepEqual(learner.hear(packets.leaderInfo(2)), ["ACKEPOCH 1.5"]);
});

statement("4.2", "LEADERINFO below acceptedEpoch: the learner disconnects", () => {
  equal(toldEpoch(4), undefined);
  const learner = new LearnerScript({ epochs: { accepted: 3, current: 1 } });
  learner.step({ kind: "connected" });
  match(learner.hear(packets.leaderInfo(2)).join(), /^lost: epoch 2 of the leader is below 3/);
});

statement("4.2", "NEWLEADER in place of LEADERINFO (before 3.4) ends the link", () => {
  const learner = new LearnerScript();
  learner.step({ kind: "connected" });
  match(learner.hear(newLeader).join(), /^lost: /);
});

statement("4.2", "currentEpoch is written when all before NEWLEADER is on disk, then ACK", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.diff(makeZxid(1, 6)), ...both(1, 6), newLeader);
  deepEqual(learner.step(durable(1, 5)), []);
  deepEqual(learner.step(durable(1, 6)), ["save current 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
});

statement("4.5", "DIFF keeps the database", () => {
  const learner = new LearnerScript().discover(2);
  deepEqual(learner.hear(diff), []);
  deepEqual(learner.hear(...both(1, 6)), ["append 1.6", "commit 1.6"]);
});

statement("4.5", "SNAP: the snapshot is on disk before NEWLEADER is acknowledged", () => {
  const learner = new LearnerScript().discover(2);
  deepEqual(learner.hear(packets.snap(makeZxid(1, 9))), ["loadSnapshot 1.9"]);
  learner.step({ kind: "loaded", zxid: makeZxid(1, 9) });
  deepEqual(learner.hear(newLeader), ["configured", "install 1.9"]);
  deepEqual(learner.step({ kind: "installed" }), ["save current 2"]);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
});

statement("4.5", "TRUNC: the state as of that zxid is loaded from disk, the log cut", () => {
  const learner = new LearnerScript().discover(2);
  deepEqual(learner.hear(packets.trunc(makeZxid(1, 3))), ["loadUpTo 1.3"]);
  learner.step({ kind: "loaded", zxid: makeZxid(1, 3) });
  deepEqual(learner.hear(newLeader), ["configured", "install 1.3"]);
  deepEqual(learner.step({ kind: "installed" }), ["save current 2"]);
});

statement("4.5", "A TRUNC that cannot be done: the next synchronisation asks for all", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(packets.trunc(makeZxid(1, 3)));
  const out: Parameters<typeof learner.machine.step>[1] = [];
  learner.machine.step({ kind: "notLoaded", now: 0, why: "no such zxid" }, out);
  equal(out[0]?.kind === "lost" && out[0].afresh, true);
  const next = new LearnerScript({ afresh: true });
  next.step({ kind: "connected" });
  next.hear(packets.leaderInfo(2));
  deepEqual(next.step({ kind: "epochSaved" }), ["ACKEPOCH 0.0"]);
});

statement("4.5", "Zxids of PROPOSALs are consecutive within an epoch, else the link ends", () => {
  const learner = new LearnerScript().discover(2);
  match(learner.hear(diff, packets.proposal(txn(1, 7))).join(), /^lost: /);
});

statement("4.5", "A COMMIT must be for the oldest pending PROPOSAL, else the link ends", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(diff, packets.proposal(txn(1, 6)), packets.proposal(txn(1, 7)));
  match(learner.hear(packets.commit(makeZxid(1, 7))).join(), /^lost: /);
});

statement("4.5", "After SNAP or TRUNC a COMMIT before NEWLEADER is applied at once", () => {
  const snapped = new LearnerScript().discover(2);
  snapped.hear(packets.snap(makeZxid(1, 9)));
  snapped.step({ kind: "loaded", zxid: makeZxid(1, 9) });
  deepEqual(snapped.hear(...both(1, 10)), ["applyLoaded 1.10"]);
  const cut = new LearnerScript().discover(2);
  cut.hear(packets.trunc(makeZxid(1, 3)));
  cut.step({ kind: "loaded", zxid: makeZxid(1, 3) });
  deepEqual(cut.hear(...both(1, 4)), ["applyLoaded 1.4"]);
});

statement("4.5", "An observer takes INFORM as PROPOSAL and COMMIT", () => {
  const observer = new LearnerScript({ role: "observer" }).discover(2);
  deepEqual(observer.hear(diff, packets.inform(txn(1, 6))), ["append 1.6", "commit 1.6"]);
});

statement("4.5", "NEWLEADER's text of more than one byte is the last seen configuration", () => {
  const texts: string[] = [];
  for (const text of ["", "x", "version=0"]) {
    const learner = new LearnerScript().discover(2);
    if (learner.hear(diff, packets.newLeader(2, text)).includes("configured")) texts.push(text);
  }
  deepEqual(texts, ["version=0"]);
});

statement("4.5", "Uncommitted PROPOSALs stay pending across NEWLEADER", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(diff, packets.proposal(txn(2, 1)), newLeader);
  learner.step(durable(2, 1));
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
  deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), ["commit 2.1"]);
});

statement("4.5", "ACK(epoch<<32) goes before any other ACK", () => {
  const learner = new LearnerScript().discover(2);
  learner.hear(diff, packets.proposal(txn(2, 1)));
  deepEqual(learner.step(durable(2, 1)), []);
  learner.hear(newLeader);
  deepEqual(learner.step({ kind: "epochSaved" }), ["ACK 2.0"]);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve", "ACK 2.1"]);
});

statement("4.5", "After UPTODATE each PROPOSAL that was pending has its own ACK", () => {
  const learner = acknowledged();
  deepEqual(learner.hear(packets.proposal(txn(2, 1)), packets.proposal(txn(2, 2))), [
    "append 2.1",
    "append 2.2",
  ]);
  deepEqual(learner.step(durable(2, 2)), []);
  deepEqual(learner.hear(packets.upToDate()), ["ACK 2.0", "serve", "ACK 2.1", "ACK 2.2"]);
});

statement("4.5", "The time limit is initLimit ticks, after UPTODATE syncLimit", () => {
  const { tickMs, initLimit, syncLimit } = TIMING;
  equal(new LearnerScript().discover(2).machine.wakeAt, tickMs * initLimit);
  const joining = new LearnerScript().discover(2);
  joining.now = tickMs * initLimit;
  match(joining.step({ kind: "tick" }).join(), /^lost: the leader was silent/);
  const serving = new LearnerScript().serve(2);
  serving.now = tickMs * syncLimit - 1;
  deepEqual(serving.step({ kind: "tick" }), []);
  serving.now += 1;
  match(serving.step({ kind: "tick" }).join(), /^lost: the leader was silent/);
});

statement("4.6", "A follower acknowledges a PROPOSAL when it is on disk, in order", () => {
  const learner = new LearnerScript().serve(2);
  deepEqual(learner.hear(...[1, 2, 3].map((counter) => packets.proposal(txn(2, counter)))), [
    "append 2.1",
    "append 2.2",
    "append 2.3",
  ]);
  deepEqual(learner.step(durable(2, 2)), ["ACK 2.1", "ACK 2.2"]);
  deepEqual(learner.step(durable(2, 3)), ["ACK 2.3"]);
});

statement("4.6", "A COMMIT may come before the follower's own ACK is sent", () => {
  const learner = new LearnerScript().serve(2);
  deepEqual(learner.hear(...both(2, 1)), ["append 2.1", "commit 2.1"]);
  deepEqual(learner.step(durable(2, 1)), ["ACK 2.1"]);
});

statement("4.6", "A COMMIT of what is committed already is ignored", () => {
  const learner = new LearnerScript().serve(2);
  learner.hear(...both(2, 1));
  deepEqual(learner.hear(packets.commit(makeZxid(2, 1))), []);
});

statement("4.6", "A COMMIT of another zxid than the oldest pending: resynchronise", () => {
  for (const zxid of [makeZxid(2, 2), makeZxid(2, 9)]) {
    const learner = new LearnerScript().serve(2);
    learner.hear(packets.proposal(txn(2, 1)), packets.proposal(txn(2, 2)));
    match(learner.hear(packets.commit(zxid)).join(), /^lost: /);
  }
});

statement(
  "4.6",
  "PING is answered with its zxid and the sessions used, with their timeouts",
  () => {
    const used = [[7n as SessionId, 4000]] as const;
    const learner = new LearnerScript({ takeTouched: () => used }).serve(2);
    const out: Parameters<typeof learner.machine.step>[1] = [];
    learner.machine.step({ kind: "packet", now: 0, packet: packets.ping(makeZxid(2, 8)) }, out);
    deepEqual(out, [{ kind: "send", packet: packets.pong(makeZxid(2, 8), used) }]);
  },
);

statement("4.6", "An observer logs and applies INFORM, and ignores PROPOSAL and COMMIT", () => {
  const observer = new LearnerScript({ role: "observer" }).serve(2);
  deepEqual(observer.hear(packets.inform(txn(2, 1))), ["append 2.1", "commit 2.1"]);
  deepEqual(observer.hear(...both(2, 2)), []);
});

statement("4.6", "An observer sends no ACK but the two of the handshake", () => {
  const observer = acknowledged("observer");
  deepEqual(observer.hear(packets.upToDate()), ["ACK 2.0", "serve"]);
  observer.hear(packets.inform(txn(2, 1)));
  deepEqual(observer.step(durable(2, 1)), []);
});
