/** All checkers over one history. The same history gives the same list. */
import type { History } from "../history.ts";
import { checkEphemerals } from "./ephemerals.ts";
import { checkLeaders } from "./leaders.ts";
import { checkLiveness } from "./liveness.ts";
import { checkLocks } from "./locks.ts";
import { checkProtocol } from "./protocol.ts";
import { checkReadOnly } from "./read-only.ts";
import { checkRegisters } from "./registers.ts";
import { replay } from "./replay.ts";
import { checkReplicas } from "./replicas.ts";
import { checkSessionOrder } from "./session-order.ts";
import { survey } from "./survey.ts";
import { timelineOf } from "./timeline.ts";
import { collector, type Violation } from "./violation.ts";
import { checkWatches } from "./watches.ts";

/** The promises that the history breaks; none for a right one. */
export function checkAll(history: History): readonly Violation[] {
  const violations: Violation[] = [];
  const facts = survey(history);
  const writes = collector("writes", violations);
  const timeline = timelineOf(facts, writes);
  const replayed = replay(timeline, writes, collector("reads", violations));
  checkSessionOrder(timeline, collector("sessionOrder", violations));
  checkWatches(timeline, replayed.events, collector("watches", violations));
  checkReplicas(timeline, collector("replicas", violations));
  checkLeaders(timeline, collector("leaders", violations));
  checkEphemerals(timeline, replayed, collector("ephemerals", violations));
  checkLocks(timeline, collector("locks", violations));
  checkLiveness(timeline, collector("liveness", violations));
  checkRegisters(facts, collector("registers", violations));
  checkProtocol(facts, collector("protocol", violations));
  checkReadOnly(timeline, collector("readOnly", violations));
  return violations;
}
