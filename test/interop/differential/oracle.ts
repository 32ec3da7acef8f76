/**
 * What 3.8.0 cannot be asked, because later versions have it or have it right: a table from the
 * specification says what Quoll must answer. Each row begins on nodes of its own.
 */
import { AddWatchRequest, WatcherRequest } from "../../../src/records/client.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { create, read, remove, setAcl, setData } from "../../support/operations.ts";
import { encoded, RawSession } from "../../support/raw-session.ts";
import { startQuoll } from "../../support/subjects.ts";

/** What a row does; gives the answers and events that count. */
type Ask = (session: RawSession, path: string) => Promise<readonly number[]>;
type Row = {
  readonly what: string;
  readonly reason: string;
  readonly ask: Ask;
  readonly expected: readonly number[];
};

const ONCE_DATA = 2;
const ANY = 3;
const PERSISTENT = 4;
const RECURSIVE = 5;
const NO_WATCHER = -121;
const NO_AUTH = -102;
const UNIMPLEMENTED = -6;
const DATA_CHANGED = 3;
const NOBODY = [{ perms: 2, scheme: "world", id: "anyone" }];

const addWatch = async (session: RawSession, path: string, mode: 0 | 1): Promise<number> =>
  (await session.request(OpCode.addWatch, encoded(AddWatchRequest, { path, mode }))).err;
const removeWatch = async (session: RawSession, path: string, type: number): Promise<number> =>
  (await session.request(OpCode.removeWatches, encoded(WatcherRequest, { path, type }))).err;
const checkWatch = async (session: RawSession, path: string, type: number): Promise<number> =>
  (await session.request(OpCode.checkWatches, encoded(WatcherRequest, { path, type }))).err;

/** The types of the events that came since the last time. */
async function eventTypes(session: RawSession): Promise<readonly number[]> {
  await session.ping();
  return session.arrivals
    .splice(0)
    .flatMap((arrival) => (arrival.kind === "event" ? [arrival.event.type] : []));
}

/** Every mode at once on one node. */
async function watchInAllModes(session: RawSession, path: string): Promise<void> {
  await create(session, path, null);
  await read(session, OpCode.getData, path, true);
  await addWatch(session, path, 0);
  await addWatch(session, path, 1);
}

const TABLE: readonly Row[] = [
  {
    what: "removeWatches of type 4 takes the persistent watch alone",
    reason: "types 4 and 5 exist since 3.9.0 (ZOOKEEPER-4471)",
    async ask(session, path) {
      await watchInAllModes(session, path);
      return [
        await removeWatch(session, path, PERSISTENT),
        await checkWatch(session, path, PERSISTENT),
        await checkWatch(session, path, RECURSIVE),
        await checkWatch(session, path, ONCE_DATA),
      ];
    },
    expected: [0, NO_WATCHER, 0, 0],
  },
  {
    what: "removeWatches of type 5 takes the recursive watch alone",
    reason: "types 4 and 5 exist since 3.9.0 (ZOOKEEPER-4471)",
    async ask(session, path) {
      await watchInAllModes(session, path);
      return [
        await removeWatch(session, path, RECURSIVE),
        await checkWatch(session, path, RECURSIVE),
        await checkWatch(session, path, PERSISTENT),
        await checkWatch(session, path, ONCE_DATA),
      ];
    },
    expected: [0, NO_WATCHER, 0, 0],
  },
  {
    what: "removeWatches of type Data leaves a persistent watch",
    reason: "a kind takes one-shot watches of that kind (ZOOKEEPER-4472; fixed 3.9.0)",
    async ask(session, path) {
      await create(session, path, null);
      await addWatch(session, path, 0);
      return [
        await removeWatch(session, path, ONCE_DATA),
        await checkWatch(session, path, PERSISTENT),
      ];
    },
    expected: [NO_WATCHER, 0],
  },
  {
    what: "removeWatches of type Any takes all modes",
    reason: "watches of several modes on one path are kept apart (ZOOKEEPER-4466; fixed 3.9.0)",
    async ask(session, path) {
      await watchInAllModes(session, path);
      const removed = await removeWatch(session, path, ANY);
      await setData(session, path, null);
      return [removed, ...(await eventTypes(session)), await removeWatch(session, path, ANY)];
    },
    expected: [0, NO_WATCHER],
  },
  {
    what: "a one-shot watch does not end a persistent one on the same path",
    reason: "watches of several modes on one path are kept apart (ZOOKEEPER-4466; fixed 3.9.0)",
    async ask(session, path) {
      await create(session, path, null);
      await addWatch(session, path, 0);
      await read(session, OpCode.getData, path, true);
      await setData(session, path, null);
      const first = await eventTypes(session);
      await setData(session, path, null);
      return [...first, ...(await eventTypes(session))];
    },
    expected: [DATA_CHANGED, DATA_CHANGED],
  },
  {
    what: "exists without READ",
    reason: "asked for since 3.8.4 and 3.9.2 (ZOOKEEPER-2590)",
    async ask(session, path) {
      await create(session, path, null);
      await setAcl(session, path, NOBODY);
      return [(await read(session, OpCode.exists, path)).err];
    },
    expected: [NO_AUTH],
  },
  {
    what: "no event for who may not read",
    reason: "not delivered since 3.8.4 and 3.9.2 (CVE-2024-23944)",
    async ask(session, path) {
      await create(session, path, null);
      await addWatch(session, path, 0);
      await setAcl(session, path, NOBODY);
      await eventTypes(session);
      await setData(session, path, null);
      return eventTypes(session);
    },
    expected: [],
  },
  {
    what: "events of a persistent watch, then its end with type 4",
    reason: "types 4 and 5 exist since 3.9.0 (ZOOKEEPER-4471)",
    async ask(session, path) {
      await create(session, path, null);
      await addWatch(session, path, 0);
      await setData(session, path, null);
      const before = await eventTypes(session);
      const removed = await removeWatch(session, path, PERSISTENT);
      await remove(session, path);
      return [...before, removed, ...(await eventTypes(session))];
    },
    expected: [DATA_CHANGED, 0],
  },
  {
    what: "check outside a multi",
    reason: "refused since 3.8.5 and 3.9.3 (ZOOKEEPER-2623); closes the connection, so it is last",
    ask: async (session, path) => [(await read(session, OpCode.check, path)).err],
    expected: [UNIMPLEMENTED],
  },
];

/** What Quoll answers otherwise than the table says; empty when nothing. */
export async function runOracle(): Promise<readonly string[]> {
  const server = await startQuoll();
  const told: string[] = [];
  try {
    const session = await RawSession.open(server.port);
    for (const [at, { what, reason, ask, expected }] of TABLE.entries()) {
      const answer = await ask(session, `/oracle${at}`);
      if (JSON.stringify(answer) === JSON.stringify(expected)) continue;
      told.push(`${what} (${reason}): expected [${expected}], was [${answer}]`);
    }
    await session.cut();
  } finally {
    await server.dispose();
  }
  console.log(`${TABLE.length - told.length} of ${TABLE.length} rows of the table hold`);
  return told;
}
