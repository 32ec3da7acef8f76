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
export { TaskClient } from "./task-client.ts";
export { readTaskSystem, type TaskResult, type TaskSystem } from "./task-layout.ts";
export { TaskMaster, type TaskMasterOptions } from "./task-master.ts";
export { type AssignedTask, TaskWorker, type TaskWorkerOptions } from "./task-worker.ts";
