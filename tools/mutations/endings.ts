/** Bugs where numbers end: the counter of a zxid, and the epoch behind it. */
import type { Scenario } from "../../src/sim/scenario.ts";
import type { Mutation } from "./mutation.ts";
import { isolations } from "./worlds.ts";

const LAST_COUNTER = 60;

/** Epochs are short, and many requests come in one turn. */
const shortEpochs = (drawn: Scenario): Scenario => {
  const world = isolations(drawn);
  return {
    ...world,
    clients: 10,
    thinkMs: 1,
    lingerMs: 20,
    tuning: { ...world.tuning, lastCounter: LAST_COUNTER },
  };
};

const endless = {
  file: "zab/leader",
  find: "if (counterOf(proposal.zxid) >= lastCounter) {",
  put: "if (counterOf(proposal.zxid) >= COUNTER_MAX) {",
} as const;

/** From there on a server without others would begin the next epoch by itself. */
const endsAt = (counter: number) => ({
  file: "peer/write-path",
  find: "counterOf(zxid) >= COUNTER_MAX - 1 ?",
  put: `counterOf(zxid) >= ${counter} ?`,
});

export const endings: readonly Mutation[] = [
  {
    name: "counter-carries-into-epoch",
    what: "a leader whose counter has come to its end goes on with the next epoch's zxids",
    defects: [1277, 2789, 4882],
    world: shortEpochs,
    edits: [endless, endsAt(LAST_COUNTER)],
  },
  {
    name: "counter-begins-anew",
    what: "a leader whose counter has come to its end begins it again in the same epoch",
    defects: [1277],
    world: shortEpochs,
    edits: [
      endless,
      {
        file: "peer/write-path",
        find: "counterOf(zxid) >= COUNTER_MAX - 1 ? makeZxid(epochOf(zxid) + 1, 1) :",
        put: `counterOf(zxid) >= ${LAST_COUNTER} ? makeZxid(epochOf(zxid), 1) :`,
      },
    ],
  },
  {
    name: "ended-leader-gives-zxids",
    what: "what is read in the turn in which an epoch ends gets zxids of the next one",
    defects: [1277, 4882],
    world: shortEpochs,
    edits: [
      endsAt(LAST_COUNTER + 1),
      {
        file: "peer/leading",
        find: "isOpen: () => this.leader.established,",
        put: "",
      },
    ],
  },
];
