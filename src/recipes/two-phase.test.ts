/** Two-phase commit: all or none, whoever is cut off or dies. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { CutWorld, cutSessions, turn, until } from "../../test/support/cut-world.ts";
import type { Sessions } from "./sessions.ts";
import { beginTwoPhase, TwoPhaseParticipant } from "./two-phase.ts";
import type { TwoPhaseTask } from "./two-phase-record.ts";

type Books = {
  readonly books: string[];
  readonly end: () => Promise<void>;
};

/** A participant that keeps what it did; `says` is its vote. */
function bank(
  sessions: Sessions,
  id: string,
  says: (task: TwoPhaseTask) => Promise<boolean> | boolean = () => true,
): Books {
  const books: string[] = [];
  const stop = new AbortController();
  const participant = new TwoPhaseParticipant(sessions, "/t", {
    id,
    prepare: says,
    commit: ({ text }) => void books.push(`commit ${text}`),
    abort: ({ text }) => void books.push(`abort ${text}`),
  });
  const running = participant.run({ signal: stop.signal }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const end = async (): Promise<void> => {
    stop.abort(new Error("closing time"));
    await running;
  };
  return { books, end };
}

const isCleared = async (world: CutWorld): Promise<boolean> =>
  (await world.client().getChildren("/t")).every((name) => !name.startsWith("tx-"));

for (const cut of ["the coordinator's", "a participant's"]) {
  test(`all carry out what was decided, wherever ${cut} connection is cut`, async () => {
    await cutSessions(async (world, sessions) => {
      const others = world.sessions();
      const [begins, takes] = cut.startsWith("the") ? [sessions, others] : [others, sessions];
      const a = bank(takes, "a");
      const b = bank(world.sessions(), "b", ({ text }) => text !== "too much");
      const participants = ["a", "b"];
      equal(await beginTwoPhase(begins, "/t", { participants, text: "10" }), "commit");
      equal(await beginTwoPhase(begins, "/t", { participants, text: "too much" }), "abort");
      const all = (books: readonly string[]): boolean =>
        books.includes("commit 10") && books.includes("abort too much");
      await until("both have done both", () => all(a.books) && all(b.books));
      await until("all is cleared", () => isCleared(world));
      deepEqual(new Set([...a.books, ...b.books]).size, 2);
      await a.end();
      await b.end();
    });
  });
}

test("the coordinator dies: without all votes it is aborted, with all it is committed", async () => {
  for (const isComplete of [false, true]) {
    const world = new CutWorld();
    const sessions = world.sessions();
    let vote = (_: boolean): void => {};
    const asked = new Promise<boolean>((resolve) => {
      vote = resolve;
    });
    let hasAsked = false;
    const slow = (): Promise<boolean> => {
      hasAsked = true;
      return asked;
    };
    const a = bank(world.sessions(), "a");
    const b = bank(world.sessions(), "b", slow);
    const begun = beginTwoPhase(sessions, "/t", { participants: ["a", "b"], text: "x" });
    const outcome = begun.catch((error: Error) => error.message);
    await until("b is asked", () => hasAsked);
    if (isComplete) vote(true);
    await world.expire(sessions.current);
    const want = isComplete ? "commit x" : "abort x";
    await until("a has done it", () => a.books.length > 0);
    vote(true);
    await until("b has done it", () => b.books.length > 0);
    if (!isComplete) deepEqual([a.books, b.books], [[want], [want]]);
    deepEqual(a.books, b.books);
    await until("all is cleared", () => isCleared(world));
    const told = await outcome;
    equal(a.books[0]?.startsWith(told) || told.includes("was over before"), true);
    await a.end();
    await b.end();
    await world.close();
  }
});

test("a participant that starts late, or again, finishes what is under way", async () => {
  const world = new CutWorld();
  const a = bank(world.sessions(), "a");
  const begun = beginTwoPhase(world.sessions(), "/t", { participants: ["a", "b"], text: "x" });
  for (let turns = 0; turns < 50; turns++) await turn();
  const b = bank(world.sessions(), "b");
  equal(await begun, "commit");
  await until("both have done it", () => a.books.length + b.books.length === 2);
  await a.end();
  await b.end();
  await world.close();
});

test("patience ends, a signal too", async () => {
  const world = new CutWorld();
  const abort = new AbortController();
  const asked: string[] = [];
  const a = bank(world.sessions(), "a", ({ text }) => {
    asked.push(text);
    if (text === "until told") abort.abort(new Error("enough"));
    return true;
  });
  const participants = ["a", "missing"];
  const short = { participants, text: "for a time", patienceMs: 5 };
  equal(await beginTwoPhase(world.sessions(), "/t", short), "abort");
  await until("a has aborted", () => a.books.length === asked.length);
  const told = { participants, text: "until told", signal: abort.signal };
  await rejects(beginTwoPhase(world.sessions(), "/t", told), /enough/);
  await until("a has aborted again", () => a.books.includes("abort until told"));
  await rejects(beginTwoPhase(world.sessions(), "/t", { ...told, participants: [] }), RangeError);
  await a.end();
  await world.close();
});
