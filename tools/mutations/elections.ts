/** Bugs in elections and epochs. */
import type { Edit, Mutation } from "./mutation.ts";
import { isolations, powerLosses } from "./worlds.ts";

/** A leader looks after the election once more whether a learner has seen more than itself. */
const NEVER_AHEAD: Edit = {
  file: "zab/discovery",
  find: "if (current === NOT_COUNTED) return false;",
  put: "return false;",
};

export const elections: readonly Mutation[] = [
  {
    name: "vote-ignores-zxid",
    what:
      "the longer history is not preferred in an election, and no leader " +
      "asks whether others are ahead",
    world: isolations,
    edits: [
      {
        file: "election/votes",
        find: "if (vote.zxid !== current.zxid) return vote.zxid > current.zxid;",
        put: "",
      },
      NEVER_AHEAD,
    ],
  },
  {
    name: "vote-ignores-epoch",
    what: "of two histories the one with the higher counter is preferred, whatever their epochs",
    world: isolations,
    edits: [
      {
        file: "election/votes",
        find:
          "if (vote.peerEpoch !== current.peerEpoch) return vote.peerEpoch > " +
          "current.peerEpoch;",
        put: `const counters = [vote, current].map(({ zxid }) => zxid & 0xffffffffn);
          if (counters[0] !== counters[1]) return counters[0] > counters[1];`,
      },
      NEVER_AHEAD,
    ],
  },
  {
    name: "two-votes-in-a-round",
    what: "servers promise the same epoch to one leader after the other",
    edits: [
      {
        file: "zab/learner",
        find: "if (epoch === accepted) return this.ackEpoch(false, out);",
        put: "if (epoch === accepted) return this.ackEpoch(true, out);",
      },
      {
        file: "zab/discovery",
        find: "? this.accepted + 1 :",
        put: "? Math.max(this.accepted, 1) :",
      },
    ],
  },
  {
    name: "accepted-epoch-not-saved",
    what: "the promise to follow in an epoch is given before it is on disk, where it never comes",
    edits: [
      {
        file: "zab/learner",
        find: 'out.push({ kind: "saveEpoch", file: "accepted", epoch });',
        put: "this.ackEpoch(true, out);",
      },
      {
        file: "peer/following",
        find: "member.epochs = { ...member.epochs, [file]: epoch };",
        put:
          "member.epochs = { ...member.epochs, accepted: Math.max(epoch, " +
          "member.epochs.accepted), [file]: epoch };",
      },
    ],
  },
  {
    name: "minority-is-a-quorum",
    what: "a number of servers that is not more than half of them is taken for a quorum",
    edits: [
      {
        file: "quorum/ensemble",
        find: "return 2 * count > this.voters.size;",
        put: "return 2 * count >= this.voters.size - 1;",
      },
    ],
  },
  {
    name: "leader-without-quorum-stays",
    what: "a leader whom no quorum follows any more does not step down",
    edits: [
      {
        file: "zab/leader",
        find: "!this.isQuorumWithSelf(this.followers((of) => of.lastZxid !== undefined))",
        put: "false",
      },
    ],
  },
  {
    name: "established-without-quorum",
    what: "a leader begins to serve before a quorum has its history",
    world: powerLosses,
    edits: [
      {
        file: "zab/leader",
        find:
          "if (this.isQuorumWithSelf(this.followers((of) => of.synchronised))) " +
          "this.establish(now, out);",
        put:
          "if (this.isQuorumWithSelf(this.followers((of) => of.forwarding))) " +
          "this.establish(now, out);",
      },
    ],
  },
];
