/**
 * Two banks book a transfer both or none.
 *
 *   node dist/examples/two-phase.js [connect string]
 *
 * Prints:
 *   50: commit
 *   500: abort
 */
import { ZooKeeper } from "quoll/client";
import { beginTwoPhase, Sessions, TwoPhaseParticipant } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using sessions = new Sessions(() => new ZooKeeper(connectString));

const stop = new AbortController();
const bank = (id: string, most: number): Promise<unknown> => {
  const participant = new TwoPhaseParticipant(sessions, "/examples/transfers", {
    id,
    prepare: ({ text }) => Number(text) <= most,
    commit: () => {},
    abort: () => {},
  });
  return participant.run({ signal: stop.signal }).catch((error: unknown) => error);
};
const banks = [bank("north", 1000), bank("south", 100)];
for (const text of ["50", "500"]) {
  const participants = ["north", "south"];
  const decision = await beginTwoPhase(sessions, "/examples/transfers", { participants, text });
  console.log(`${text}: ${decision}`);
}
stop.abort(new Error("closing time"));
await Promise.all(banks);
