/**
 * Settings that change who forms a quorum, who serves, and what is served without a quorum: the
 * same steps with an ensemble of Apache's and with one of the server under test; and, `s` the server
 * under test and `a` Apache's in the order of their numbers, with both and an observer.
 */
import { setTimeout as wait } from "node:timers/promises";
import { OpCode } from "../../../src/records/op-codes.ts";
import { type EnsembleOptions, type MemberKind, TestEnsemble } from "../../support/ensembles.ts";
import { fourLetter } from "../../support/four-letter.ts";
import { ask, create, granted, read } from "../../support/operations.ts";
import { ClosedError, RawSession } from "../../support/raw-session.ts";
import { START, type Start, type Subject } from "../../support/subjects.ts";
import type { Outcome, Scenario } from "../scenario.ts";

const LIMIT_MS = 60_000;
const POLL_MS = 50;
const CONFIG = { tickTime: 500, initLimit: 40, syncLimit: 20 };

/** What a member says it is; nothing while it serves nobody. */
const modeOf = async ({ port }: Subject): Promise<string> => {
  const answer = await fourLetter(port, "srvr").catch(() => "");
  return /Mode: (\S+)/.exec(answer)?.[1] ?? "nothing";
};

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > LIMIT_MS) throw new Error(`never: ${what}`);
    await wait(POLL_MS);
  }
}

/** The modes of those members, sorted, when they are `wanted`. */
async function modes(members: readonly Subject[], wanted: string): Promise<string> {
  const now = async (): Promise<string> => (await Promise.all(members.map(modeOf))).sort().join();
  await until(wanted, async () => (await now()) === wanted);
  return wanted;
}

async function write({ port }: Subject, path: string): Promise<string> {
  const session = await RawSession.open(port);
  await granted(path, create(session, path, null));
  await session.close();
  return `written: ${path}`;
}

type Act = (ensemble: Pick<TestEnsemble, "members">) => Promise<Outcome>;

/** Server 1 alone outweighs the other two. */
const weights: Act = async ({ members: [first, second, third] }) => {
  const [a, b, c] = [first!, second!, third!];
  const lines = [await modes([a, b, c], "follower,follower,leader")];
  await b.kill9();
  await c.kill9();
  lines.push(await modes([a], "leader"), await write(a, "/alone"));
  await Promise.all([b.restart(), c.restart()]);
  await a.kill9();
  lines.push(await modes([b, c], "nothing,nothing"));
  await a.restart();
  lines.push(await modes([a, b, c], "follower,follower,leader"), await write(b, "/again"));
  return lines;
};

/** Two of three groups are a quorum, though they are two of four servers. */
const groups: Act = async ({ members }) => {
  const [first, second, third, fourth] = [members[0]!, members[1]!, members[2]!, members[3]!];
  const lines = [await modes(members, "follower,follower,follower,leader")];
  await Promise.all([first.kill9(), second.kill9()]);
  lines.push(await modes([third, fourth], "follower,leader"), await write(third, "/two"));
  await third.kill9();
  lines.push(await modes([fourth], "nothing"));
  await Promise.all([first.restart(), second.restart()]);
  lines.push(await modes([first, second, fourth], "follower,follower,leader"));
  lines.push(await write(first, "/three"));
  return lines;
};

/** Followers serve, the leader does not (divergences: words-of-silent-leader). */
const leaderServesNobody: Act = async ({ members }) => {
  const followers = async (): Promise<readonly Subject[]> => {
    const now = await Promise.all(members.map(modeOf));
    return members.filter((_, index) => now[index] === "follower");
  };
  await until("two follow", async () => (await followers()).length === 2);
  const lines: string[] = [];
  const served = await followers();
  for (const [index, member] of served.entries()) lines.push(await write(member, `/by-${index}`));
  const leader = members.find((member) => !served.includes(member))!;
  const refused = await RawSession.open(leader.port).catch((error: unknown) => error);
  lines.push(refused instanceof ClosedError ? "the leader lets nobody in" : "let in");
  await leader.kill9();
  await until("one of them serves again", async () => {
    for (const member of await followers()) {
      try {
        lines.push(await write(member, "/by-the-last"));
        return true;
      } catch (error) {
        // It has yet to hear that its leader is gone.
        if (!(error instanceof ClosedError)) throw error;
      }
    }
    return false;
  });
  return lines;
};

/** Who has lost its quorum serves reads to those that ask for it, and nothing to others. */
const readOnly: Act = async ({ members }) => {
  const [first, ...others] = [members[0]!, members[1]!, members[2]!];
  const lines = [await write(first, "/before")];
  const session = await RawSession.open(others[0]!.port);
  await granted("sync", ask(session, OpCode.sync, "/"));
  await session.close();
  await Promise.all(others.map((other) => other.kill9()));
  lines.push(await modes([first], "read-only"));
  const refused = await RawSession.open(first.port).catch((error: unknown) => error);
  lines.push(refused instanceof ClosedError ? "who wants to write is not let in" : "let in");
  const reader = await RawSession.open(first.port, { readOnly: true });
  lines.push(`get: ${(await read(reader, OpCode.getData, "/before")).err}`);
  lines.push(`create: ${(await create(reader, "/refused", null)).err}`);
  await reader.cut();
  await Promise.all(others.map((other) => other.restart()));
  lines.push(await modes([first, ...others], "follower,follower,leader"));
  lines.push(await write(first, "/after"));
  return lines;
};

/**
 * The last observes: it serves while the others have a quorum, and counts for nothing. Without
 * those in `lost` they have none.
 */
const observed =
  (act: Act, lost: readonly number[]): Act =>
  async ({ members: all }) => {
    const [voters, observer] = [all.slice(0, -1), all.at(-1)!];
    const lines = [await modes([observer], "observer"), ...(await act({ members: voters }))];
    lines.push(await modes([observer], "observer"), await write(observer, "/by-observer"));
    const needed = lost.map((number) => voters[number - 1]!);
    await Promise.all(needed.map((member) => member.kill9()));
    lines.push(await modes([observer], "nothing"));
    await Promise.all(needed.map((member) => member.restart()));
    return [...lines, await modes([observer], "observer"), await write(observer, "/at-last")];
  };

type Kinds = (start: Start) => readonly MemberKind[];

const scenario = (name: string, size: number, act: Act, options: EnsembleOptions): Scenario =>
  scenarioOf(name, (start) => Array.from({ length: size }, () => ({ start })), act, options);

/** The last observes. */
const mixed = (name: string, letters: string, act: Act, options: EnsembleOptions): Scenario =>
  scenarioOf(
    `${name}-${letters}`,
    (start) =>
      [...letters].map((letter, index) => ({
        start: letter === "s" ? start : START.apache,
        ...(index === letters.length - 1 && { role: "observer" as const }),
      })),
    act,
    options,
  );

const scenarioOf = (name: string, of: Kinds, act: Act, options: EnsembleOptions): Scenario => ({
  name: `setting-${name}`,
  run: async (start) => {
    const kinds = of(start);
    const config = { ...CONFIG, ...options.config };
    const ensemble = await TestEnsemble.start(kinds, { ...options, config });
    try {
      return await act(ensemble);
    } finally {
      await ensemble.dispose();
    }
  },
});

const WEIGHTS: EnsembleOptions = {
  config: { "group.1": "1:2:3", "weight.1": 3, "weight.2": 1, "weight.3": 1 },
  silent: true,
};
const GROUPS: EnsembleOptions = {
  config: { "group.1": "1:2", "group.2": "3", "group.3": "4" },
  silent: true,
};

export const ensembleSettings: readonly Scenario[] = [
  scenario("weights", 3, weights, WEIGHTS),
  scenario("groups", 4, groups, GROUPS),
  mixed("weights", "asas", observed(weights, [1]), WEIGHTS),
  { ...mixed("weights", "saaa", observed(weights, [1]), WEIGHTS), isVariation: true },
  mixed("groups", "saasa", observed(groups, [1, 2, 3]), GROUPS),
  { ...mixed("groups", "assas", observed(groups, [1, 2, 3]), GROUPS), isVariation: true },
  scenario("leader-serves-nobody", 3, leaderServesNobody, {
    config: { leaderServes: "no" },
    silent: true,
  }),
  scenario("read-only", 3, readOnly, {
    config: { "readonlymode.enabled": true, localSessionsEnabled: true },
    jvm: ["-Dreadonlymode.enabled=true"],
  }),
];
