/** `quoll/recipes`: locks, elections and other agreements between programs, built on the client. */

export {
  AtomicValue,
  jsonCodec,
  textCodec,
  type Updated,
  type ValueCodec,
} from "./atomic-value.ts";
export { Counter, type CounterLayout, type CounterOptions } from "./counter.ts";
export type { Held } from "./hold.ts";
export type { LimitOptions } from "./limit.ts";
export type { Contender } from "./line.ts";
export type { LineLock } from "./line-lock.ts";
export { Lock, type LockNames, type LockOptions, ReadWriteLock } from "./lock.ts";
export { type LossCode, LostError } from "./loss.ts";
