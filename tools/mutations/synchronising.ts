/** Bugs in the way in which a learner is brought to its leader's history. */
import type { Edit, Mutation } from "./mutation.ts";
import {
  busyDisks,
  failovers,
  failoversOfFive,
  isolations,
  powerLosses,
  rareWrites,
  relinks,
  slowFailovers,
  slowLinks,
  snapshots,
} from "./worlds.ts";

const ACKNOWLEDGES_WHILE_SETTLING: Edit = {
  file: "zab/learner",
  find: "if (this.serving) this.acknowledge(out); }",
  put: 'if (this.serving || this.phase === "settling") this.acknowledge(out); }',
};

export const synchronising: readonly Mutation[] = [
  {
    name: "newleader-acknowledged-before-durable",
    what: "a learner acknowledges NEWLEADER before the history that came with it is on disk",
    defects: [3023, 3911, 4646],
    world: powerLosses,
    edits: [
      {
        file: "zab/learner",
        find: "if (this.received.newest > this.durable || this.saving) return;",
        put: "if (this.saving) return;",
      },
    ],
  },
  {
    name: "epoch-before-history",
    what: "currentEpoch is written before the transactions; the ACK waits for both",
    defects: [4643, 4785],
    world: powerLosses,
    edits: [
      {
        file: "zab/learner",
        find: "if (this.received.newest > this.durable || this.saving) return;",
        put: `if (this.saved) {
            if (this.received.newest <= this.durable) this.ackNewLeader(out);
            return;
          }
          if (this.saving) return;`,
      },
      {
        file: "zab/learner",
        find:
          'return this.phase === "acceptingEpoch" ? this.ackEpoch(true, out) : ' +
          "this.settled(out);",
        put: `if (this.phase === "acceptingEpoch") return this.ackEpoch(true, out);
          this.saved = true;
          return this.saveCurrent(out);`,
      },
    ],
  },
  {
    name: "newleader-before-history",
    what: "NEWLEADER is sent in front of the DIFF's transactions",
    defects: [3104],
    world: powerLosses,
    edits: [
      {
        file: "zab/synchroniser",
        find: "sendCommitted(handler, plan.proposals, out); return this.join(handler, now, out);",
        put: `send(handler, this.newLeader, out);
          sendCommitted(handler, plan.proposals, out);
          this.broadcast.sendOutstanding(handler, now, out);
          return handler.enter("joined", now);`,
      },
    ],
  },
  {
    name: "received-state-stays-in-memory",
    what: "the state that SNAP or TRUNC leads to is used, and never written",
    defects: [3642],
    world: snapshots,
    edits: [
      {
        file: "peer/state-transfer",
        find: "files.run(step.value, () => this.begin(slice)); return false;",
        put: "return true;",
      },
    ],
  },
  {
    name: "half-a-snapshot-kept",
    what: "a SNAP that breaks off leaves its half in place of the state",
    defects: [3642, 2845],
    world: slowLinks,
    edits: [
      {
        file: "peer/state-transfer",
        find: "this.work = this.stream = this.candidate = undefined;",
        put: `if (this.stream !== undefined) {
            const { loading, history } = this.candidate;
            loading.snapshotLoaded(this.stream.zxid, undefined);
            const replica = new Replica(loading.loaded, this.member.newLog(this.stream.zxid),
            history);
            this.member.replaceStore({ loaded: loading.loaded, history, replica });
          }
          this.work = this.stream = this.candidate = undefined;`,
      },
    ],
  },
  {
    name: "pending-lost-at-newleader",
    what:
      "proposals received before NEWLEADER are not pending any more behind " +
      "it; their COMMITs stop the follower",
    defects: [4394],
    world: isolations,
    edits: [
      {
        file: "zab/received",
        find: "this.acknowledging = true;",
        put: "this.acknowledging = true; while (this.pending.length > 0) this.pending.shift();",
      },
      {
        file: "zab/received",
        find:
          'throw new ProtocolError("BAD_VALUE", { commit: zxid, pending: ' +
          'head?.zxid ?? "nothing" });',
        put: 'throw new TypeError("nothing is pending");',
      },
    ],
  },
  {
    name: "any-ack-is-newleaders",
    what:
      "a learner acknowledges proposals before NEWLEADER, and its leader " +
      "takes that for NEWLEADER's ACK",
    defects: [4685],
    world: slowFailovers,
    edits: [
      {
        file: "zab/learner",
        find: 'this.phase = "settling";',
        put: 'this.phase = "settling"; this.received.startAcknowledging(); this.acknowledge(out);',
      },
      ACKNOWLEDGES_WHILE_SETTLING,
      {
        file: "zab/leader",
        find: "if (zxid === epochZxid(this.epoch)) {",
        put: 'if (handler.phase === "joined" || zxid === epochZxid(this.epoch)) {',
      },
    ],
  },
  {
    name: "early-ack-gives-up",
    what: "a leader gives up a learner that acknowledges a proposal before NEWLEADER",
    defects: [4685],
    world: relinks,
    edits: [
      {
        file: "zab/learner",
        find: 'this.phase = "settling";',
        put: 'this.phase = "settling"; this.received.startAcknowledging();',
      },
      ACKNOWLEDGES_WHILE_SETTLING,
      {
        file: "zab/leader",
        find: "handler.acknowledged(zxid);",
        put: `if (handler.phase === "joined") {
            return this.handlers.drop(handler, "wrong packet: another ACK than NEWLEADER's", out);
          }
          handler.acknowledged(zxid);`,
      },
    ],
  },
  {
    name: "log-writer-left-alive",
    what:
      "a server looks for a leader while its log is still being written, and " +
      "tells the end to come",
    defects: [4712],
    world: busyDisks,
    edits: [
      {
        file: "peer/quorum-peer",
        find: "if (replica.log.busy || !this.files.idle",
        put: "if (!this.files.idle",
      },
      { file: "peer/quorum-peer", find: "if (replica.waitingCount > 0) {", put: "if (false) {" },
    ],
  },
  {
    name: "state-behind-the-log",
    what: "a server votes with the end of its log, and leads with a state that does not reach it",
    defects: [2845],
    edits: [
      { file: "peer/quorum-peer", find: "replica.commit(replica.lastAppended);", put: "" },
      { file: "peer/quorum-peer", find: "if (replica.waitingCount > 0) {", put: "if (false) {" },
    ],
  },
  {
    name: "snapshot-past-a-cut",
    what: "snapshots are taken of what was never committed, and stay when the log is cut",
    defects: [1549],
    world: rareWrites,
    edits: [
      {
        file: "peer/install",
        find: "name !== writer.file.name",
        put: "name < writer.file.name",
      },
      {
        file: "peer/quorum-peer",
        find: 'this.state = "looking";',
        put: 'this.state = "looking"; this.snapshots.ask();',
      },
      {
        file: "peer/quorum-peer",
        find: 'if (this.isInStep || this.firstSnapshot === "being written") {',
        put: "{",
      },
      {
        file: "peer/quorum-peer",
        find: 'assert(this.snapshots.idle, "no snapshot of the old state is being written");',
        put: "",
      },
    ],
  },
  {
    name: "hole-in-the-committed-log",
    what: "what a learner receives while it is synchronised is left out of its committed log",
    defects: [4925],
    world: failoversOfFive,
    edits: [
      {
        file: "peer/following",
        find: "return member.store.replica.commit(effect.upTo);",
        put: "return member.store.replica.commit(effect.upTo, this.service === undefined);",
      },
      { file: "peer/replica", find: "commit(upTo) {", put: "commit(upTo, hidden) {" },
      {
        file: "peer/replica",
        find: "this.history?.add(next);",
        put: "if (hidden !== true) this.history?.add(next);",
      },
      { file: "zab/received", find: "if (!inTurn)", put: "if (false)" },
      {
        file: "zab/committed-log",
        find: "if (max !== undefined && !follows(max, proposal.zxid)) this.kept = [];",
        put: "",
      },
    ],
  },
  {
    name: "diff-without-the-beginning",
    what: "a learner older than the committed log gets a DIFF of that all the same, and takes it",
    defects: [4352],
    edits: [
      {
        file: "zab/choose-sync",
        find: 'if (peer < min) return { kind: "disk" };',
        put: 'if (peer < min) return { kind: "diff", zxid: max, proposals: committed };',
      },
      { file: "zab/received", find: "if (!inTurn)", put: "if (false)" },
    ],
  },
  {
    name: "committed-log-ends-are-wrong",
    what: "the committed log's end is taken to be its beginning",
    defects: [3526],
    edits: [
      {
        file: "zab/choose-sync",
        find: "const max = committed.at(-1)?.zxid ?? last;",
        put: "const max = committed[0]?.zxid ?? last;",
      },
    ],
  },
  {
    name: "trunc-skipped",
    what: "a learner with transactions that its leader does not know is sent an empty DIFF",
    world: rareWrites,
    edits: [
      {
        file: "zab/choose-sync",
        find: 'return canTruncate(peer, max) ? { kind: "trunc", to: max } : { kind: "snap" };',
        put: 'return { kind: "diff", zxid: peer, proposals: [] };',
      },
    ],
  },
  {
    name: "diff-over-an-uncommitted-tail",
    what: "a learner whose last transaction its leader never had is sent what follows it by number",
    world: isolations,
    edits: [
      { file: "zab/choose-sync", find: "before === peer || isEpochStart(peer);", put: "true;" },
      { file: "zab/received", find: "if (!inTurn)", put: "if (false)" },
    ],
  },
  {
    name: "install-leaves-the-log",
    what: "a state from the leader is put in place without cutting the log behind it",
    world: failovers,
    edits: [
      { file: "peer/install", find: "yield yield* slices(planLogCut(folder, upTo));", put: "" },
    ],
  },
  {
    name: "snap-without-sessions",
    what: "a leader's snapshot does not carry the table of sessions",
    world: isolations,
    edits: [
      {
        file: "peer/quorum-links",
        find: "link.body = encodeBody(link.out, source, SLICE_BYTES);",
        put:
          "link.body = encodeBody(link.out, { ...source, sessionCount: 0, " +
          "sessions: [] }, SLICE_BYTES);",
      },
    ],
  },
  {
    name: "outstanding-not-sent",
    what: "a learner that joins is not sent what is proposed and not committed",
    edits: [
      {
        file: "zab/synchroniser",
        find:
          "this.broadcast.sendOutstanding(handler, now, out); send(handler, " +
          "this.newLeader, out);",
        put: "send(handler, this.newLeader, out);",
      },
      { file: "zab/received", find: "if (!inTurn)", put: "if (false)" },
    ],
  },
  {
    name: "acks-of-a-former-link",
    what:
      "what a learner acknowledged on a former link counts, and the learner " +
      "drops it with its state",
    world: relinks,
    edits: [
      { file: "zab/synchroniser", find: "this.broadcast.forget(sid);", put: "" },
      {
        file: "peer/install",
        find: "const keptCount = kept === -1 ? pending.length : kept;",
        put: "const keptCount = 0;",
      },
    ],
  },
];
