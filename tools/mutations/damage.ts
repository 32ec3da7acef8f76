/** Bugs in how a member without its history comes to count again. */
import type { Mutation } from "./mutation.ts";
import { damages, staleLeaders } from "./worlds.ts";

export const damage: readonly Mutation[] = [
  {
    name: "damaged-member-votes",
    what: "a member whose files were set aside takes part as a new one does",
    world: damages,
    edits: [
      {
        file: "peer/member-recovery",
        find: "ops: plan.ops, incomplete: true",
        put: "ops: plan.ops, incomplete: false",
      },
    ],
  },
  {
    name: "half-a-fetched-state-counts",
    what: "the mark of a state that is not complete is not heeded at the start",
    world: damages,
    edits: [
      {
        file: "txnlog/set-aside",
        find: 'return names.includes(MARKS.incomplete) ? "incomplete" : "whole";',
        put: 'return "whole";',
      },
    ],
  },
  {
    name: "complete-without-proof",
    what: "a member without its history and promises counts when it has the state of any leader",
    world: staleLeaders,
    edits: [
      {
        file: "txnlog/set-aside",
        find: "const epochs = { accepted, current: told.current ?? 0 };",
        put: "const epochs = { accepted: 0, current: 0 };",
      },
      {
        file: "election/election",
        find: "if (!this.isLed(search.settled, vote)) return;",
        put:
          "const joins = search.initial.zxid === ZXID_UNFIT && n.state === 'leading';" +
          "if ((!joins || vote.leader === this.self) && !this.isLed(search.settled, vote)) return;",
      },
      {
        file: "peer/following",
        find: "if (member.incomplete) return this.askForProof();",
        put: "if (member.incomplete) return this.complete();",
      },
    ],
  },
  {
    name: "incomplete-member-counts",
    what: "a member without its history votes and follows as one that counts",
    world: damages,
    edits: [
      {
        file: "peer/quorum-peer",
        find: "const zxid = this.member.incomplete ? ZXID_UNFIT : replica.lastAppended;",
        put: "const zxid = this.member.incomplete ? 0n : replica.lastAppended;",
      },
      {
        file: "peer/following",
        find: 'ensemble.role === "observer" || member.incomplete',
        put: 'ensemble.role === "observer"',
      },
      {
        file: "zab/learner",
        find: "afresh !== true && incomplete !== true",
        put: "afresh !== true",
      },
      {
        file: "zab/learner",
        find: 'if (this.parts.incomplete === true) this.phase = "awaitingOthers"; else',
        put: "",
      },
    ],
  },
];
