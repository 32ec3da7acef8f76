/** `quoll/recipes`: locks, elections and other agreements between programs, built on the client. */

export {
  AtomicValue,
  jsonCodec,
  textCodec,
  type Updated,
  type ValueCodec,
} from "./atomic-value.ts";
export { Barrier } from "./barrier.ts";
export { type ConfigOf, ConfigStore, type ConfigValue } from "./config-store.ts";
export { Counter, type CounterLayout, type CounterOptions } from "./counter.ts";
export {
  Discovery,
  type PickStrategy,
  type Registration,
  random,
  roundRobin,
  type ServiceInstance,
  ServiceProvider,
  sticky,
} from "./discovery.ts";
export { DoubleBarrier } from "./double-barrier.ts";
export { Election, type ElectionNames, type ElectionOptions, type Term } from "./election.ts";
export { Group, type GroupLayout, type Members, type MembershipChange } from "./group.ts";
export type { Held } from "./hold.ts";
export type { Latch } from "./latch.ts";
export type { LimitOptions } from "./limit.ts";
export type { Contender } from "./line.ts";
export type { LineLock } from "./line-lock.ts";
export { Lock, type LockNames, type LockOptions, ReadWriteLock } from "./lock.ts";
export { type LossCode, LostError } from "./loss.ts";
export { planPartitions } from "./partition-plan.ts";
export { Partitions, type PartitionsOptions } from "./partitions.ts";
export { PersistentNode, type PersistentNodeOptions } from "./persistent-node.ts";
export { Claim, type PutOptions, Queue } from "./queue.ts";
export { Semaphore, type SemaphoreOptions } from "./semaphore.ts";
export { type Candidate, candidates } from "./sequence.ts";
export { Sessions } from "./sessions.ts";
export { TaskClient } from "./task-client.ts";
export { readTaskSystem, type TaskResult, type TaskSystem } from "./task-layout.ts";
export { TaskMaster, type TaskMasterOptions } from "./task-master.ts";
export { type AssignedTask, TaskWorker, type TaskWorkerOptions } from "./task-worker.ts";
export {
  type BeginOptions,
  beginTwoPhase,
  type ParticipantOptions,
  TwoPhaseParticipant,
} from "./two-phase.ts";
export type { Decision, TwoPhaseTask } from "./two-phase-record.ts";
