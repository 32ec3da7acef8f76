/** All deliberate bugs, room by room. */
import { broadcast } from "./broadcast.ts";
import { clients } from "./clients.ts";
import { damage } from "./damage.ts";
import { disk } from "./disk.ts";
import { elections } from "./elections.ts";
import { endings } from "./endings.ts";
import type { Mutation } from "./mutation.ts";
import { readOnly } from "./read-only.ts";
import { sessions } from "./sessions.ts";
import { synchronising } from "./synchronising.ts";

export const mutations: readonly Mutation[] = [
  ...elections,
  ...synchronising,
  ...broadcast,
  ...endings,
  ...disk,
  ...damage,
  ...sessions,
  ...readOnly,
  ...clients,
];
