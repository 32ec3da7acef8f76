/** Bugs in the broadcast: who has what when it is committed, and in which order. */
import { toServerId } from "../../src/base/ids.ts";
import type { Scenario } from "../../src/sim/scenario.ts";
import type { Mutation } from "./mutation.ts";
import { partitions, pauses, powerLosses, slowDisks } from "./worlds.ts";

/** Of three servers with a vote two observers make five: a quorum of them all needs one voter. */
const withObservers = (drawn: Scenario): Scenario => ({
  ...partitions(drawn),
  servers: [1n, 2n, 3n, 4n, 5n].map(toServerId),
  observers: 2,
});

export const broadcast: readonly Mutation[] = [
  {
    name: "acknowledged-before-durable",
    what: "a follower acknowledges a proposal before its own log has it on disk",
    edits: [
      {
        file: "zab/learner",
        find: "this.received.takeAcks(this.durable)",
        put: "this.received.takeAcks(this.received.newest)",
      },
      {
        file: "zab/learner",
        find: 'if (isNew && !this.replaces) out.push({ kind: "append", proposal });',
        put: `if (isNew && !this.replaces) out.push({ kind: "append", proposal });
          if (this.serving) this.acknowledge(out);`,
      },
    ],
  },
  {
    name: "leader-alone-commits",
    what: "what the leader has on disk is committed, whoever else has it",
    edits: [
      {
        file: "zab/ackers",
        find: "this.isQuorum = family.quorums.isQuorum(servers);",
        put: "this.isQuorum = servers.size > 0;",
      },
    ],
  },
  {
    name: "leader-counts-itself-early",
    what: "the leader's own ACK counts before its log is on disk",
    edits: [
      {
        file: "zab/broadcast",
        find: "tell(followers, packets.proposal(proposal), out);",
        put: `tell(followers, packets.proposal(proposal), out);
          this.acks.acknowledge(this.parts.self, proposal.zxid);`,
      },
    ],
  },
  {
    name: "observer-counted",
    what: "observers get proposals, and their ACKs count towards a quorum",
    world: withObservers,
    edits: [
      {
        file: "zab/broadcast",
        find: "handler.forwarding && handler.role === role",
        put: 'handler.forwarding && role === "follower"',
      },
      { file: "zab/broadcast", find: 'if (handler.role === "observer") return;', put: "" },
      {
        file: "zab/leader",
        find: 'if (handler.role === "observer" || counterOf(zxid) === 0) return;',
        put: "if (counterOf(zxid) === 0) return;",
      },
      {
        file: "zab/learner",
        find: 'const informs = this.parts.role === "observer" && this.serving;',
        put: "const informs = false;",
      },
      {
        file: "zab/learner",
        find: 'if (this.parts.role === "follower") this.received.startAcknowledging();',
        put: "this.received.startAcknowledging();",
      },
      {
        file: "quorum/ensemble",
        find: "if (this.voters.has(server)) count++;",
        put: "count++;",
      },
    ],
  },
  {
    name: "commit-out-of-order",
    what: "of transactions that are committed together the newest is told first",
    edits: [
      {
        file: "zab/acks",
        find: "taken.push(oldest.proposal);",
        put: "taken.unshift(oldest.proposal);",
      },
    ],
  },
  {
    name: "applied-before-committed",
    what: "a server applies what its log has, whether it is committed or not",
    edits: [
      {
        file: "peer/replica",
        find: "if (zxid > this.durableUpTo || zxid > this.committedUpTo) return false;",
        put: "if (zxid > this.durableUpTo) return false;",
      },
    ],
  },
  {
    name: "applied-before-durable",
    what: "a server applies and answers what is not on its own disk yet",
    defects: [4537],
    world: powerLosses,
    edits: [
      {
        file: "peer/replica",
        find: "if (zxid > this.durableUpTo || zxid > this.committedUpTo) return false;",
        put: "if (zxid > this.committedUpTo) return false;",
      },
    ],
  },
  {
    name: "commit-skipped",
    what: "one transaction in many is never applied by a follower",
    edits: [
      {
        file: "peer/replica",
        find: "const applied = tree.apply(entry, sink);",
        put: `const isLost = zxid % 97n === 0n && sink.mode ===
            "follower" && entry.txn.kind === "setData";
          const applied = isLost ? { kind: "failed", err: 0 } : tree.apply(entry, sink);`,
      },
    ],
  },
  {
    name: "sync-answered-by-the-follower",
    what: "a follower answers a sync itself, at once",
    edits: [
      { file: "peer/forwarding", find: "return UNTIL_TOLD;", put: "return 0n;" },
      {
        file: "peer/forwarding",
        find: "this.forward({ session, cxid, opcode: OpCode.sync, body: body(), ids });",
        put: "",
      },
    ],
  },
  {
    name: "sync-answered-early",
    what: "a leader answers a sync before what was proposed before it is committed",
    world: slowDisks,
    edits: [
      {
        file: "zab/syncs",
        find: "if (after > this.committed) break;",
        put: "",
      },
    ],
  },
  {
    name: "sync-without-a-quorum",
    what: "a leader answers a sync without asking whether a quorum still follows it",
    world: pauses,
    edits: [
      {
        file: "zab/syncs",
        find: "if (!this.quorums.isQuorum(this.answers)) return;",
        put: "",
      },
    ],
  },
];
