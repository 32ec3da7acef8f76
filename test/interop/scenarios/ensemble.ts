/**
 * Ensembles of three, and of three with an observer, under the load of kazoo: members are killed,
 * emptied, cut off with writes that nobody else has, and stopped. Every write that was acknowledged
 * must be on every member afterwards, and the session that was there at the beginning.
 *
 * `s` in a name is the server under test, `a` Apache ZooKeeper, in the order of their numbers;
 * where all have the same history the one with the largest number leads.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type MemberKind, TestEnsemble } from "../../support/ensembles.ts";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY, START, type Start, type Subject } from "../../support/subjects.ts";
import type { Outcome, Scenario } from "../scenario.ts";

const SCRIPT = join(REPOSITORY, "test/interop/kazoo/ensemble.py");
const CLI = "/usr/share/zookeeper/bin/zkCli.sh";
const LIMIT_MS = 300_000;
const POLL_MS = 10;

/** kazoo at work in a process of its own. */
class Load {
  private printed = "";
  private write: (text: string) => void = () => {};
  private failure: unknown;
  private readonly ended: Promise<unknown>;

  constructor(hosts: string) {
    this.ended = runCommand(["/usr/bin/python3", "-B", SCRIPT, hosts], {
      limitMs: LIMIT_MS,
      input: (printed, write) => {
        [this.printed, this.write] = [printed, write];
      },
    }).then(
      ({ code, stderr }) => {
        if (code !== 0) this.failure = new Error(`${this.printed}\n${stderr}`);
      },
      (error: unknown) => {
        this.failure = error;
      },
    );
  }

  get lines(): readonly string[] {
    return this.printed.trimEnd().split("\n");
  }

  /** Resolves when the script has answered. */
  async ask(command: string): Promise<void> {
    const before = this.answered;
    this.write(`${command}\n`);
    await this.until(() => this.answered > before);
  }

  async begun(): Promise<void> {
    await this.until(() => this.printed.includes("loading"));
  }

  async end(): Promise<void> {
    await this.ask("stop");
    await this.ended;
    if (this.failure !== undefined) throw this.failure;
  }

  private get answered(): number {
    return this.lines.filter((line) => line.includes("done")).length;
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.failure !== undefined) throw this.failure;
      await wait(POLL_MS);
    }
  }
}

type Act = (ensemble: TestEnsemble, load: Load) => Promise<void>;

const killLeader: Act = async (ensemble, load) => {
  const leader = await ensemble.leader();
  await leader.kill9();
  await load.ask("progress");
  await leader.restart();
};

const killFollowers: Act = async (ensemble, load) => {
  for (const follower of ensemble.others(await ensemble.leader())) {
    await follower.kill9();
    await load.ask("progress");
    await follower.restart();
  }
};

/** It comes back with nothing: only a snapshot brings it up to date. */
const emptyLeader: Act = async (ensemble, load) => {
  const leader = await ensemble.leader();
  await leader.kill9();
  await ensemble.empty(leader);
  await load.ask("progress");
  await leader.restart();
};

/** The leader logs what nobody else has, and has to forget it: TRUNC. */
const loseWrites: Act = async (ensemble, load) => {
  const leader = await ensemble.leader();
  const others = ensemble.others(leader);
  await load.ask(`meet 127.0.0.1:${leader.port}`);
  for (const { pid } of others) process.kill(pid, "SIGSTOP");
  await load.ask("lose");
  await leader.kill9();
  await Promise.all(others.map((other) => other.kill9()));
  await Promise.all(others.map((other) => other.restart()));
  await load.ask("progress");
  await leader.restart();
};

const stopLeader: Act = async (ensemble, load) => {
  const leader = await ensemble.leader();
  await leader.stop();
  await load.ask("progress");
  await leader.restart();
};

const ACTS: readonly (readonly [name: string, act: Act])[] = [
  ["the leader is killed", killLeader],
  ["each other is killed", killFollowers],
  ["the leader is emptied", emptyLeader],
  ["the next leader is emptied", emptyLeader],
  ["the leader loses writes", loseWrites],
  ["the next leader loses writes", loseWrites],
  ["the leader is stopped", stopLeader],
];

async function play(kinds: readonly MemberKind[]): Promise<Outcome> {
  const ensemble = await TestEnsemble.start(kinds);
  try {
    const load = new Load(ensemble.hosts);
    await load.begun();
    const outcome: string[] = [];
    for (const [name, act] of ACTS) {
      await act(ensemble, load);
      await load.ask("progress");
      outcome.push(name);
    }
    await load.end();
    return [...outcome, ...load.lines, ...(await typed(ensemble.members))];
  } finally {
    await ensemble.dispose();
  }
}

/** What one Java command line writes through one member, another reads through the next. */
async function typed(members: readonly Subject[]): Promise<Outcome> {
  const [first, second] = [members[0]!, members[1]!];
  const cli = (port: number, ...words: string[]) =>
    runCommand([CLI, "-server", `127.0.0.1:${port}`, ...words], { limitMs: LIMIT_MS });
  await cli(first.port, "create", "/typed", "by-hand");
  await cli(second.port, "sync", "/typed");
  const { stdout } = await cli(second.port, "get", "/typed");
  return stdout.split("\n").filter((line) => line === "by-hand");
}

const scenario = (name: string, kindsFor: (start: Start) => readonly MemberKind[]): Scenario => ({
  name: `ensemble-${name}`,
  run: (start) => play(kindsFor(start)),
});

const mixed = (text: string): Scenario =>
  scenario(text, (start) =>
    [...text].map((letter) => ({ start: letter === "s" ? start : START.apache })),
  );

export const ensembles: readonly Scenario[] = [
  ...["sss", "ssa", "sas", "ass", "aas", "asa", "saa"].map(mixed),
  scenario("sss-observed-by-a", (start) => [
    ...[{ start }, { start }, { start }],
    { start: START.apache, role: "observer" },
  ]),
  scenario("aaa-observed-by-s", (start) => [
    ...["", "", ""].map(() => ({ start: START.apache })),
    { start, role: "observer" },
  ]),
];
