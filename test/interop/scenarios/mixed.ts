/**
 * Every kind of leader with every kind of followers, and an observer: writes through each member
 * are read through each other, sessions move and expire, and every learner is brought up to date
 * by transactions (DIFF), from nothing (SNAP), and, for the leader that was, by taking back what
 * nobody else has (TRUNC). How it was done is read in what the learner prints.
 *
 * `s` in a name is the server under test, `a` Apache ZooKeeper, in the order of their numbers; the
 * fourth is the observer. Server 3 leads at first, and server 2 when 3 has been lost.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { GetDataResponse, SetWatchesRequest } from "../../../src/records/client.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { TestEnsemble } from "../../support/ensembles.ts";
import { fourLetter } from "../../support/four-letter.ts";
import { ask, create, granted, read, setData } from "../../support/operations.ts";
import { decoded, encoded, RawSession } from "../../support/raw-session.ts";
import { START, type Start, type Subject, TELL_SYNC } from "../../support/subjects.ts";
import { dumpTree } from "../../support/tree-dump.ts";
import type { Outcome, Scenario, WantedDifference } from "../scenario.ts";

/** All of each kind of leader (the third) and followers; the second leads when the third is lost. */
const COMBINATIONS = ["asaa", "ssas", "aass", "assa", "sssa"];

const EPHEMERAL = 1;
const LIMIT_MS = 60_000;
const POLL_MS = 20;
const CONFIG = { tickTime: 500, initLimit: 40, syncLimit: 20 };
/** Who starts when: 3 wins the first election. */
const ORDER = [
  [3, 2],
  [1, 4],
];
const text = new TextEncoder();

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > LIMIT_MS) throw new Error(`never: ${what}`);
    await wait(POLL_MS);
  }
}

/** How the member was last synchronised, as it tells since it was started. */
function synchronisedBy({ name, output }: Subject): string {
  const told: readonly (readonly [RegExp, string])[] = [
    [/Truncating log|never committed is taken back/, "TRUNC"],
    [/Getting a snapshot|sends its whole state/, "SNAP"],
    [name === "apache" ? /Getting a diff/ : /in step with a quorum/, "DIFF"],
  ];
  return told.find(([line]) => line.test(output))?.[1] ?? "not told";
}

/** Resolves when every member has applied the same transactions. */
const settled = ({ members }: TestEnsemble): Promise<void> =>
  until("all members have the same zxid", async () => {
    const answers = members.map(({ port }) => fourLetter(port, "srvr").catch(() => ""));
    const zxids = (await Promise.all(answers)).map((answer) => /Zxid: (\S+)/.exec(answer)?.[1]);
    return zxids[0] !== undefined && zxids.every((zxid) => zxid === zxids[0]);
  });

/** Numbers of members, as they stand in the outcome. */
class Round {
  readonly lines: string[] = [];
  private readonly ensemble: TestEnsemble;

  constructor(ensemble: TestEnsemble) {
    this.ensemble = ensemble;
  }

  async leader(): Promise<void> {
    this.lines.push(`${this.ensemble.members.indexOf(await this.ensemble.leader()) + 1} leads`);
  }

  /** What one member is told, all others tell after a sync. */
  async writesAndReads(name: string): Promise<void> {
    const { members } = this.ensemble;
    const sessions = await Promise.all(members.map(({ port }) => RawSession.open(port)));
    for (const [writer, session] of sessions.entries()) {
      const path = `/${name}-${writer + 1}`;
      await granted(path, create(session, path, text.encode(path)));
      for (const [reader, other] of sessions.entries()) {
        await granted("sync", ask(other, OpCode.sync, path));
        const { data } = decoded(
          GetDataResponse,
          (await granted(path, read(other, OpCode.getData, path))).body,
        );
        this.lines.push(`${path} read by ${reader + 1}: ${new TextDecoder().decode(data!)}`);
      }
    }
    await Promise.all(sessions.map((session) => session.close()));
  }

  /** Each learner of `numbers` is killed, perhaps emptied, and comes back after some writes. */
  async comeBack(numbers: readonly number[], how: "behind" | "empty"): Promise<void> {
    const learners = numbers.map((number) => this.ensemble.members[number - 1]!);
    await settled(this.ensemble);
    await Promise.all(learners.map((learner) => learner.kill9()));
    if (how === "empty") {
      await Promise.all(learners.map((learner) => this.ensemble.empty(learner)));
    }
    const session = await RawSession.open((await this.ensemble.leader()).port);
    const path = `/${how}-${numbers.join("-")}`;
    for (let write = 0; write < 3; write++) {
      await granted(path, create(session, `${path}-${write}`, null));
    }
    await session.close();
    await Promise.all(learners.map((learner) => learner.restart()));
    for (const learner of learners) {
      this.lines.push(
        `${this.ensemble.members.indexOf(learner) + 1}, ${how}: ${synchronisedBy(learner)}`,
      );
    }
  }

  /** A session goes from member to member with its ephemeral and its watch. */
  async move(): Promise<void> {
    const { members } = this.ensemble;
    let session = await RawSession.open(members.at(-1)!.port);
    const { sessionId } = session;
    await granted("create", create(session, "/mine", null, EPHEMERAL));
    await granted("create", create(session, "/watched", null));
    for (const [index, { port }] of members.entries()) {
      const { password, lastZxid } = session;
      await session.cut();
      session = await RawSession.open(port, { sessionId, password, lastZxidSeen: lastZxid });
      const watches = { relativeZxid: lastZxid, data: ["/watched"], exist: [], child: [] };
      await session.request(OpCode.setWatches, encoded(SetWatchesRequest, watches));
      const other = await RawSession.open(members[(index + 1) % members.length]!.port);
      const event = new Promise<string>((resolve) => {
        session.onEvent = ({ path }) => resolve(path ?? "");
      });
      await granted("set", setData(other, "/watched", null));
      const kept = session.sessionId === sessionId;
      this.lines.push(`moved to ${index + 1}: ${kept}, told of ${await event}`);
      await granted("get", read(session, OpCode.getData, "/mine"));
      await other.close();
    }
    await session.close();
  }

  /** Sessions of every member whose clients are gone end, with their ephemerals. */
  async expire(): Promise<void> {
    const { members } = this.ensemble;
    for (const [index, { port }] of members.entries()) {
      const session = await RawSession.open(port, { timeoutMs: 1000 });
      await granted("create", create(session, `/gone-${index}`, null, EPHEMERAL));
      await session.cut();
    }
    for (const [index, { port }] of members.entries()) {
      const session = await RawSession.open(port);
      const isGone = async (path: string): Promise<boolean> =>
        (await read(session, OpCode.exists, path)).err !== 0;
      for (const [other] of members.entries()) {
        await until("the session expires", () => isGone(`/gone-${other}`));
      }
      this.lines.push(`${index + 1} has no ephemeral of an expired session`);
      await session.close();
    }
  }

  /** The leader logs what nobody else has, and finds another leader when it comes back. */
  async loseWrites(): Promise<void> {
    const leader = await this.ensemble.leader();
    const others = this.ensemble.others(leader);
    const session = await RawSession.open(leader.port);
    await settled(this.ensemble);
    for (const { pid } of others) process.kill(pid, "SIGSTOP");
    create(session, "/lost", null).catch(() => {}); // the connection ends with the leader
    await until("the leader has logged it", () => hasLogged(leader, "/lost"));
    await leader.kill9();
    await Promise.all(others.map((other) => other.kill9()));
    await Promise.all(others.map((other) => other.restart()));
    await this.leader();
    await leader.restart();
    const number = this.ensemble.members.indexOf(leader) + 1;
    this.lines.push(`${number}, ahead: ${synchronisedBy(leader)}`);
  }

  /** Trees, counters of digests that did not fit. */
  async agree(): Promise<void> {
    const { members } = this.ensemble;
    const dumps = await Promise.all(members.map(({ port }) => dumpTree(port)));
    const [first, ...others] = dumps.map((dump) => dump.map(withoutOwnTimes));
    for (const [index, other] of others.entries()) {
      const differing = other.filter((line, at) => line !== first![at]);
      this.lines.push(`${index + 2} differs from 1 in ${differing.join("\n")}`);
    }
    this.lines.push(`lost writes: ${first!.filter((line) => line.startsWith("/lost")).length}`);
    for (const [index, { port }] of members.entries()) {
      const mntr = await fourLetter(port, "mntr");
      this.lines.push(`${index + 1}: ${/zk_digest_mismatches_count\t\d+/.exec(mntr)?.[0]}`);
    }
  }
}

/** Each member makes the node of the configuration by itself. */
const withoutOwnTimes = (line: string): string =>
  line.startsWith("/zookeeper/config ") ? line.replaceAll(/"[cm]time":\d+/g, "") : line;

async function hasLogged({ dataDir }: Subject, what: string): Promise<boolean> {
  const folder = join(dataDir, "version-2");
  for (const name of await readdir(folder)) {
    if (name.startsWith("log.") && (await readFile(join(folder, name))).includes(what)) return true;
  }
  return false;
}

async function play(kinds: readonly Start[]): Promise<Outcome> {
  const members = kinds.map((start, index) =>
    index < 3 ? { start } : { start, role: "observer" as const },
  );
  const ensemble = await TestEnsemble.start(members, {
    config: CONFIG,
    order: ORDER,
    jvm: TELL_SYNC,
  });
  try {
    const round = new Round(ensemble);
    await round.leader();
    await round.writesAndReads("first");
    await round.comeBack([1, 4], "behind");
    await round.comeBack([2], "behind");
    await round.comeBack([1, 4], "empty");
    await round.comeBack([2], "empty");
    await round.move();
    await round.expire();
    await round.loseWrites();
    await round.writesAndReads("last");
    await settled(ensemble);
    await round.agree();
    return round.lines;
  } finally {
    await ensemble.dispose();
  }
}

/** What an ensemble of Apache's alone does is asked once. */
let reference: Promise<Outcome> | undefined;

const combination = (letters: string): Scenario => ({
  name: `mixed-${letters}`,
  run: (start) => {
    if (start === START.apache) {
      reference ??= play([...letters].map(() => start));
      return reference;
    }
    return play([...letters].map((letter) => (letter === "s" ? start : START.apache)));
  },
});

/** One leader of each kind. */
const BRIEF = ["assa"];

const WANTED: readonly WantedDifference[] = [
  {
    apache: /^lost writes: \d+$/,
    quoll: /^lost writes: 0$/,
    reason: "a leader of 3.8.0 that is killed on a busy machine may keep what nobody else had",
  },
];

export const mixed: readonly Scenario[] = COMBINATIONS.map((kinds) => ({
  ...combination(kinds),
  wanted: WANTED,
  isVariation: !BRIEF.includes(kinds),
}));
