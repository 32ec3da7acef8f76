/** `quoll/recipes`: locks, elections and other agreements between programs, built on the client. */

export {
  AtomicValue,
  jsonCodec,
  textCodec,
  type Updated,
  type ValueCodec,
} from "./atomic-value.ts";
export { Counter, type CounterLayout, type CounterOptions } from "./counter.ts";
export { Group, type GroupLayout, type Members, type MembershipChange } from "./group.ts";
export { PersistentNode, type PersistentNodeOptions } from "./persistent-node.ts";
export { Claim, type PutOptions, Queue } from "./queue.ts";
export { type Candidate, candidates } from "./sequence.ts";
export { Sessions } from "./sessions.ts";
