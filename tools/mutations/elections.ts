/** Bugs in elections and epochs. */
import type { Mutation } from "./mutation.ts";

export const elections: readonly Mutation[] = [
  {
    name: "vote-ignores-zxid",
    what: "the longer history is not preferred in an election",
    edits: [
      {
        file: "election/votes",
        find: "if (vote.zxid !== current.zxid) return vote.zxid > current.zxid;",
        put: "",
      },
    ],
  },
  {
    name: "vote-ignores-epoch",
    what: "the later epoch is not preferred in an election, and no leader looks whether others are ahead",
    edits: [
      {
        file: "election/votes",
        find: "if (vote.peerEpoch !== current.peerEpoch) return vote.peerEpoch > current.peerEpoch;",
        put: "",
      },
      {
        file: "zab/discovery",
        find: "if (current === NOT_COUNTED) return false;",
        put: "return false;",
      },
    ],
  },
  {
    name: "two-votes-in-a-round",
    what: "a server follows two leaders in one epoch: it promises again what it has promised",
    edits: [
      {
        file: "zab/learner",
        find: "if (epoch === accepted) return this.ackEpoch(false, out);",
        put: "if (epoch === accepted) return this.ackEpoch(true, out);",
      },
      {
        file: "zab/discovery",
        find: "this.accepted = Math.max(this.accepted, accepted);",
        put: "",
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
        put: "member.epochs = { ...member.epochs, accepted: Math.max(epoch, member.epochs.accepted), [file]: epoch };",
      },
    ],
  },
  {
    name: "older-epoch-followed",
    what: "a learner follows a leader whose epoch is below the one that it has accepted",
    edits: [
      { file: "zab/learner", find: "if (epoch < accepted) {", put: "if (epoch < 0) {" },
      {
        file: "zab/learner",
        find: "if (epoch === accepted) return",
        put: "if (epoch <= accepted) return",
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
    edits: [
      {
        file: "zab/leader",
        find: "if (this.isQuorumWithSelf(this.followers((of) => of.synchronised))) this.establish(now, out);",
        put: "if (this.isQuorumWithSelf(this.followers((of) => of.forwarding))) this.establish(now, out);",
      },
    ],
  },
];
