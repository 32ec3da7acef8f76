/**
 * The rooms of the house: the folders under src/, their order, and what each may see.
 * `tools/tidy.ts` holds the sources and the tsconfig files to this table.
 *
 * A room sees rooms with smaller numbers only, and not all of those: the client knows nothing of
 * the server. A room without `doors` may be entered by any of its files.
 */

export type Room = {
  readonly name: string;
  /** Its place in the order; equals do not know each other. */
  readonly number: number;
  readonly purpose: string;
  /** Pure rooms have no clock, chance, timer, promise or Node; the others may touch the world. */
  readonly pure: boolean;
  /** The rooms it may import, each with a smaller number. */
  readonly sees: readonly string[];
  /** The npm packages it may import. */
  readonly packages: readonly string[];
  /** The files that other rooms may import, where not all are. */
  readonly doors?: readonly string[];
};

const CORE = ["base", "jute", "records"];
const STATE = [...CORE, "tree", "session"];
const ENSEMBLE = ["quorum", "election", "zab"];
const SERVER = [...STATE, ...ENSEMBLE, "txnlog", "requests", "peer"];
const CLIENT = [...CORE, "client-core"];

type World = Pick<Room, "pure" | "packages">;
const PURE: World = { pure: true, packages: [] };
const NODE: World = { pure: false, packages: [] };

export const ROOMS: readonly Room[] = [
  { name: "base", number: 0, purpose: "assertions, ids, bytes, sums, chance", ...PURE, sees: [] },
  { name: "jute", number: 1, purpose: "bytes to values and back; frames", ...PURE, sees: ["base"] },
  {
    name: "records",
    number: 2,
    purpose: "every record on the wire and on disk; code tables",
    ...PURE,
    sees: ["base", "jute"],
  },
  {
    name: "quorum",
    number: 2,
    purpose: "who is in the ensemble, and which of them may decide together",
    ...PURE,
    sees: ["base"],
  },
  { name: "tree", number: 3, purpose: "the data tree and its watches", ...PURE, sees: CORE },
  { name: "session", number: 3, purpose: "sessions and their expiry", ...PURE, sees: CORE },
  { name: "txnlog", number: 3, purpose: "log and snapshot formats", ...PURE, sees: CORE },
  {
    name: "election",
    number: 3,
    purpose: "FastLeaderElection, and the connections for it",
    ...PURE,
    sees: [...CORE, "quorum"],
  },
  {
    name: "zab",
    number: 3,
    purpose: "discovery, synchronization, broadcast: the roles of leader and learner",
    ...PURE,
    sees: [...CORE, "quorum"],
  },
  { name: "client-core", number: 3, purpose: "the client's machine", ...PURE, sees: CORE },
  { name: "requests", number: 4, purpose: "one file an operation", ...PURE, sees: STATE },
  {
    name: "peer",
    number: 5,
    purpose: "the server as one machine",
    ...PURE,
    sees: [...STATE, ...ENSEMBLE, "txnlog", "requests"],
  },
  {
    name: "server",
    number: 6,
    purpose: "turns effects into sockets, files and timers",
    pure: false,
    packages: ["pino", "pino-pretty", "snappyjs"],
    sees: SERVER,
  },
  { name: "client", number: 6, purpose: "the public ZooKeeper class", ...NODE, sees: CLIENT },
  {
    name: "sim",
    number: 6,
    purpose: "a world in one process, what happens in it, and who judges that",
    ...PURE,
    sees: [...SERVER, "client-core"],
  },
  {
    name: "offline",
    number: 7,
    purpose: "logs and snapshots without their server",
    ...NODE,
    sees: [...CORE, "txnlog", "server"],
  },
  {
    name: "recipes",
    number: 7,
    purpose: "locks, elections and other agreements between programs",
    ...NODE,
    sees: [...CLIENT, "client"],
  },
  {
    name: "cli",
    number: 8,
    purpose: "the shell for people and scripts",
    pure: false,
    packages: ["yaml"],
    sees: [...CLIENT, "client", "recipes"],
  },
  {
    name: "main",
    number: 9,
    purpose: "the executables; the only readers of argv and env",
    pure: false,
    packages: ["pino"],
    sees: [...SERVER, "server", "client-core", "client", "cli", "offline"],
  },
];

/** Files that hand names of other files on: the package's public entries. */
export const PUBLIC_ENTRIES: readonly string[] = [
  "src/client/index.ts",
  "src/recipes/index.ts",
  "src/server/index.ts",
  "src/sim/index.ts",
];
