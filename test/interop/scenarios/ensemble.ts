/**
 * Ensembles of three, and of three with an observer, under the load of kazoo: members are killed,
 * emptied, cut off with writes that nobody else has, damaged on disk, stopped, and changed to TLS.
 * Every write that was acknowledged must be on every member afterwards, and the session that was
 * there at the beginning.
 *
 * `s` in a name is the server under test, `a` Apache ZooKeeper, in the order of their numbers;
 * where all have the same history the one with the largest number leads.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Authority, Certificates } from "../../support/certificates.ts";
import { type MemberKind, TestEnsemble } from "../../support/ensembles.ts";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY, START, type Start, type Subject } from "../../support/subjects.ts";
import type { Outcome, Scenario, WantedDifference } from "../scenario.ts";

const SCRIPT = join(REPOSITORY, "test/interop/kazoo/ensemble.py");
const CLI = "/usr/share/zookeeper/bin/zkCli.sh";
const LIMIT_MS = 300_000;
const POLL_MS = 10;
/** A TLS alert, if anything. */
const PLAIN_ANSWER_BYTES_MAX = 16;

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

type Acts = readonly (readonly [name: string, act: Act])[];
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

/** Changes a byte in the middle of what the file holds. */
async function hurt(file: string): Promise<void> {
  const bytes = await readFile(file);
  const end = bytes.findLastIndex((byte) => byte !== 0);
  bytes[end >> 1]! ^= 0x10;
  await writeFile(file, bytes);
}

/**
 * Files of the servers under test are damaged while they are down, one server after the other. The
 * reference refuses to start from them: there the operator has to empty the folder.
 */
const hurtFiles =
  (kind: "log" | "snapshot"): Act =>
  async (ensemble, load) => {
    for (const member of ensemble.subjects) {
      await member.kill9();
      await load.ask("progress");
      const folder = join(member.dataDir, "version-2");
      const names = (await readdir(folder)).filter((name) => name.startsWith(`${kind}.`));
      for (const name of names) await hurt(join(folder, name));
      if (member.name === "apache") await ensemble.empty(member);
      await member.restart();
      await ensemble.untilServing(member);
      await load.ask("progress");
      if (member.name === "apache") continue;
      const kept = (await readdir(folder)).filter((name) => name.startsWith("damaged-"));
      if (!names.every((name) => kept.some((each) => each.endsWith(name)))) {
        throw new Error(`of ${names} are kept: ${kept}`);
      }
    }
  };

const DAMAGES: Acts = [
  ["logs are damaged", hurtFiles("log")],
  ["a leader is killed", killLeader],
  ["snapshots are damaged", hurtFiles("snapshot")],
];

type Lines = Readonly<Record<string, string | number | boolean>>;

/** Keys and authorities of members; one member's keys are PKCS #12. */
function storesOf(made: Certificates, authority: Authority, at: number): Lines {
  const name = `member-${at + 1}`;
  const names = "IP:127.0.0.1,DNS:localhost";
  const holder = made.sign(authority, { name, subject: `/O=Quoll/CN=${name}`, names });
  const trusted = { "ssl.quorum.trustStore.location": authority.cert };
  if (at > 0) return { ...trusted, "ssl.quorum.keyStore.location": holder.both };
  const location = made.pkcs12(holder, `${name}.p12`, "secret");
  const password = { "ssl.quorum.keyStore.password": "secret" };
  return { ...trusted, ...password, "ssl.quorum.keyStore.location": location };
}

/** Each member is started again with further lines of configuration, one after the other. */
const roll =
  (linesFor: (at: number) => Lines): Act =>
  async (ensemble, load) => {
    for (const [at, member] of ensemble.members.entries()) {
      await member.configure(linesFor(at));
      await member.stop();
      await load.ask("progress");
      await member.restart();
      await load.ask("progress");
    }
  };

const giveStores: Act = async (ensemble, load) => {
  const made = new Certificates(ensemble.home);
  const authority = made.authority("members");
  const give = roll((at) => ({ ...storesOf(made, authority, at), portUnification: true }));
  await give(ensemble, load);
};

/** Who dials an election port without TLS is told nothing. */
const plainIsRefused: Act = async (ensemble) => {
  for (const port of ensemble.ports) {
    const socket = connect(port, "127.0.0.1");
    const heard: Buffer[] = [];
    socket.on("data", (bytes) => heard.push(bytes)).on("error", () => {});
    // The beginning of the message that a member sends first.
    socket.write(Buffer.from("ffffffffffff0000000000000000000900000001", "hex"));
    await new Promise((resolve) => socket.once("close", resolve));
    if (Buffer.concat(heard).length > PLAIN_ANSWER_BYTES_MAX) throw new Error("it was answered");
  }
};

const TLS_CHANGE: Acts = [
  ["members get keys, and accept both", giveStores],
  ["they dial with TLS", roll(() => ({ sslQuorum: true }))],
  ["the leader is killed", killLeader],
  ["they accept TLS alone", roll(() => ({ portUnification: false }))],
  ["each other is killed", killFollowers],
  ["the leader loses writes", loseWrites],
  ["plain connections are closed", plainIsRefused],
  ["they accept both again", roll(() => ({ portUnification: true }))],
  ["they dial without TLS", roll(() => ({ sslQuorum: false }))],
];

const ACTS: Acts = [
  ["the leader is killed", killLeader],
  ["each other is killed", killFollowers],
  ["the leader is emptied", emptyLeader],
  ["the next leader is emptied", emptyLeader],
  ["the leader loses writes", loseWrites],
  ["the next leader loses writes", loseWrites],
  ["the leader is stopped", stopLeader],
];

async function play(kinds: readonly MemberKind[], acts: Acts): Promise<Outcome> {
  const ensemble = await TestEnsemble.start(kinds);
  try {
    const load = new Load(ensemble.hosts);
    await load.begun();
    const outcome: string[] = [];
    for (const [name, act] of acts) {
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
  run: (start) => play(kindsFor(start), ACTS),
});

const kindsOf = (text: string, start: Start): readonly MemberKind[] =>
  [...text].map((letter) =>
    letter === "s" ? { start, isSubject: true } : { start: START.apache },
  );

const mixed = (text: string): Scenario => scenario(text, (start) => kindsOf(text, start));

const damaged = (text: string): Scenario => ({
  name: `ensemble-damaged-${text}`,
  run: (start) => play(kindsOf(text, start), DAMAGES),
});

const changedToTls = (text: string): Scenario => ({
  name: `ensemble-tls-${text}`,
  run: (start) => play(kindsOf(text, start), TLS_CHANGE),
});

/** What is not here shows the same with other members. */
const BRIEF = ["sss", "saa", "damaged-saa", "tls-ssa"];

const ALL: readonly Scenario[] = [
  ...["sss", "ssa", "sas", "ass", "aas", "asa", "saa"].map(mixed),
  scenario("sss-observed-by-a", (start) => [
    ...[{ start }, { start }, { start }],
    { start: START.apache, role: "observer" },
  ]),
  scenario("aaa-observed-by-s", (start) => [
    ...["", "", ""].map(() => ({ start: START.apache })),
    { start, role: "observer" },
  ]),
  ...["sss", "saa", "aas"].map(damaged),
  ...["sss", "ssa", "aas"].map(changedToTls),
];

const ALL_OURS = /^ensemble-(?:damaged-|tls-)?s+$/;
/** Where all members are ours, none may come back; where one is Apache's, its history may win. */
const wantedOf = (name: string): readonly WantedDifference[] => [
  {
    apache: /"lost writes that came back"/,
    quoll: ALL_OURS.test(name)
      ? /"lost writes that came back", \[\]/
      : /"lost writes that came back"/,
    reason: "a leader of 3.8.0 that is killed on a busy machine may keep what nobody else had",
  },
];

export const ensembles = ALL.map((each): Scenario => {
  const isVariation = !BRIEF.some((name) => each.name === `ensemble-${name}`);
  return { ...each, isVariation, wanted: wantedOf(each.name) };
});
