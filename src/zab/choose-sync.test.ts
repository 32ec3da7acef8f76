/** Rows of specification 4.3. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { proposalOf } from "../../test/support/zab-server.ts";
import { makeZxid, type Zxid } from "../base/ids.ts";
import { chooseSync, type SyncPlan } from "./choose-sync.ts";

type Place = readonly [epoch: number, counter: number];
const zxidOf = ([epoch, counter]: Place): Zxid => makeZxid(epoch, counter);

const told = (plan: SyncPlan): string => {
  const place = (zxid: Zxid): string => `${zxid >> 32n}.${zxid & 0xffff_ffffn}`;
  if (plan.kind === "trunc") return `trunc ${place(plan.to)}`;
  if (plan.kind !== "diff") return plan.kind;
  return ["diff", place(plan.zxid), ...plan.proposals.map(({ zxid }) => `+${place(zxid)}`)].join(
    " ",
  );
};

const LOG: readonly Place[] = [
  [1, 5],
  [1, 6],
  [2, 1],
  [2, 2],
];
const rows: ReadonlyArray<
  readonly [why: string, peer: Place, last: Place, committed: readonly Place[], want: string]
> = [
  ["rule 1: equal", [2, 2], [2, 2], LOG, "diff 2.2"],
  ["rule 1: equal, both empty", [0, 0], [0, 0], [], "diff 0.0"],
  ["rule 1: equal to what begins the leader's epoch", [3, 0], [3, 0], LOG, "diff 3.0"],
  ["equal to the state, but more is committed", [2, 1], [2, 1], LOG, "diff 2.2 +2.2"],
  ["the same, and nothing older is kept", [2, 1], [2, 1], [[2, 2]], "diff 2.2 +2.2"],
  ["rule 2: holds what nobody committed", [2, 9], [2, 2], LOG, "trunc 2.2"],
  ["rule 2: nothing in memory: up to the state", [2, 9], [2, 2], [], "trunc 2.2"],
  ["rule 2, 4.11: cut only within an epoch", [3, 1], [2, 2], LOG, "snap"],
  ["rule 2, 4.11: no log holds the beginning of an epoch", [3, 4], [3, 0], [], "snap"],
  ["rule 3: in the middle", [1, 6], [2, 2], LOG, "diff 2.2 +2.1 +2.2"],
  ["rule 3: at the oldest kept", [1, 5], [2, 2], LOG, "diff 2.2 +1.6 +2.1 +2.2"],
  [
    "rule 3: at the newest kept, while the state has a newer epoch",
    [2, 2],
    [3, 0],
    LOG,
    "diff 2.2",
  ],
  ["walk: the beginning of an epoch", [2, 0], [2, 2], LOG, "diff 2.2 +2.1 +2.2"],
  ["walk: an end of its epoch that the leader does not have", [1, 9], [2, 2], LOG, "snap"],
  ["rule 4: older than what is kept", [1, 2], [2, 2], LOG, "disk"],
  ["rule 4: an empty learner", [0, 0], [2, 2], LOG, "disk"],
  ["rule 4: an empty learner, an epoch without transactions", [0, 0], [1, 0], [], "disk"],
  ["rule 4: nothing in memory (4352: no minimum of 0)", [2, 1], [2, 2], [], "disk"],
  ["rule 5: began an epoch that the leader does not know", [4, 0], [2, 2], LOG, "snap"],
];

for (const [why, peer, last, committed, want] of rows) {
  test(`${why}: ${want}`, () => {
    const kept = { last: zxidOf(last), committed: committed.map((at) => proposalOf(zxidOf(at))) };
    deepEqual(told(chooseSync(zxidOf(peer), kept)), want);
  });
}
