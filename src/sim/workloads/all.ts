/** Every workload, for a seed to choose from. */
import type { Workload } from "../workload.ts";
import { churn } from "./churn.ts";
import { counters } from "./counters.ts";
import { ephemerals } from "./ephemerals.ts";
import { fresh } from "./fresh.ts";
import { large } from "./large.ts";
import { locks } from "./locks.ts";
import { multis } from "./multis.ts";
import { pipelines } from "./pipelines.ts";
import { readers } from "./readers.ts";
import { refusals } from "./refusals.ts";
import { registers } from "./registers.ts";
import { sequences } from "./sequences.ts";
import { watches } from "./watches.ts";

export const WORKLOADS: readonly Workload[] = [
  // In a world that has them there is always one of them.
  readers,
  registers,
  counters,
  sequences,
  multis,
  ephemerals,
  watches,
  locks,
  large,
  churn,
  pipelines,
  refusals,
  fresh,
];
