/** `quoll/recipes`: locks, elections and other agreements between programs, built on the client. */

export {
  AtomicValue,
  jsonCodec,
  textCodec,
  type Updated,
  type ValueCodec,
} from "./atomic-value.ts";
export { Barrier } from "./barrier.ts";
export { Counter, type CounterLayout, type CounterOptions } from "./counter.ts";
export { DoubleBarrier } from "./double-barrier.ts";
export { Election, type ElectionNames, type ElectionOptions, type Term } from "./election.ts";
export type { Held } from "./hold.ts";
export type { Latch } from "./latch.ts";
export type { LimitOptions } from "./limit.ts";
export type { Contender } from "./line.ts";
export type { LineLock } from "./line-lock.ts";
export { Lock, type LockNames, type LockOptions, ReadWriteLock } from "./lock.ts";
export { type LossCode, LostError } from "./loss.ts";
export { Semaphore, type SemaphoreOptions } from "./semaphore.ts";
