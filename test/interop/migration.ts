/**
 * `npm run test:migration [-- --rounds N --size 3|5 --seed S]`: an ensemble of Apache ZooKeeper is
 * replaced by Quoll, server by server, and back, each server on the folder and with the zoo.cfg of
 * the one before it, while clients (ours, kazoo, Java) write, watch, own ephemerals, hold a lock.
 *
 * When all are of one kind: every acknowledged write is on every server, all servers have the same
 * znodes, every session and its ephemeral are what they were at the beginning, what a client saw
 * never went backwards, events came before the data that they tell of and none was left out. At the
 * end: nobody held the lock together with another, and its tokens grew. Each step prints the
 * longest time in which no write was acknowledged, to anybody and to the one who waited longest.
 */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Prng } from "../../src/base/prng.ts";
import { TestEnsemble } from "../support/ensembles.ts";
import {
  type Start,
  type Subject,
  type SubjectName,
  startApache,
  startQuoll,
} from "../support/subjects.ts";
import { installReference } from "./install.ts";
import { Crew } from "./migration/crew.ts";

/** After a server was replaced: it has been part of the ensemble for this many further writes. */
const SETTLED_WRITES = 300;
const SETTLED_MS_MAX = 60_000;
const STEP_MS_MAX = 120_000;
const POLL_MS = 10;
/** Small, so that a folder holds several logs and snapshots. */
const CONFIG = { snapCount: 1_000 };
const KINDS: Readonly<Record<SubjectName, Start>> = {
  apache: (options) => startApache({ jvm: ["-Xmx256m"], ...options }),
  quoll: startQuoll,
};

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "2" },
    size: { type: "string", default: "3" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

type Run = {
  readonly ensemble: TestEnsemble;
  readonly crew: Crew;
  readonly prng: Prng;
  passed: number;
  failed: number;
};

/** Counts one thing that was looked at, and prints what was wrong with it. */
function conclude(run: Run, what: string): void {
  const faults = run.crew.faults.splice(0);
  console.log(faults.length === 0 ? what : `${what}: FAILED`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length === 0) run.passed++;
  else run.failed++;
}

/** `leaderLast`: whoever leads is the last to be replaced; otherwise the order is drawn. */
async function next(run: Run, left: readonly Subject[], leaderLast: boolean): Promise<Subject> {
  if (!leaderLast || left.length === 1) return run.prng.pick(left);
  const leader = await run.ensemble.leader();
  return run.prng.pick(left.filter((member) => member !== leader));
}

async function replace(run: Run, member: Subject, to: SubjectName): Promise<void> {
  const { ensemble, crew } = run;
  const number = ensemble.members.indexOf(member) + 1;
  const role = member === (await ensemble.leader()) ? "leader" : "follower";
  const began = performance.now();
  crew.gaps.take();
  await ensemble.replace(member, KINDS[to]);
  const { count } = crew.gaps;
  const until = performance.now() + SETTLED_MS_MAX;
  while (crew.gaps.count < count + SETTLED_WRITES && performance.now() < until) await wait(POLL_MS);
  if (crew.gaps.count === count) crew.faults.push("no writes are acknowledged any more");
  const { anyMs, oneMs } = crew.gaps.take();
  const tookMs = performance.now() - began;
  conclude(
    run,
    `  server ${number} (${role}) is ${to} now: ${Math.round(tookMs)} ms, ` +
      `longest gap in writes ${Math.round(anyMs)} ms, of one client ${Math.round(oneMs)} ms`,
  );
}

/** Replaces all members, then looks at what they have. */
async function move(run: Run, to: SubjectName, round: number): Promise<void> {
  const { ensemble, crew, prng } = run;
  const leaderLast = prng.chance(0.5);
  console.log(`round ${round}, to ${to}, ${leaderLast ? "the leader last" : "in any order"}`);
  crew.start();
  const left = new Set<Subject>(ensemble.members);
  while (left.size > 0) {
    const member = await next(run, [...left], leaderLast);
    left.delete(member);
    await replace(run, member, to);
  }
  await crew.pause();
  const looked = await crew.verify(ensemble);
  conclude(run, `  all are ${to}: ${looked} znodes, ${crew.sessions} sessions looked at`);
}

async function main(): Promise<boolean> {
  await installReference();
  const [rounds, size, seed] = [Number(flags.rounds), Number(flags.size), Number(flags.seed)];
  console.log(`seed ${seed}, ${rounds} rounds, ${size} servers`);
  const kinds = Array.from({ length: size }, () => ({ start: KINDS.apache }));
  const ensemble = await TestEnsemble.start(kinds, { config: CONFIG });
  try {
    const prng = new Prng(seed);
    const crew = await Crew.assemble(ensemble.hosts, prng, rounds * size * STEP_MS_MAX);
    const run: Run = { ensemble, crew, prng, passed: 0, failed: 0 };
    for (let round = 1; round <= rounds; round++) {
      await move(run, "quoll", round);
      await move(run, "apache", round);
    }
    await crew.dismiss();
    conclude(run, `the lock was held ${crew.locks} times`);
    console.log(`${crew.gaps.count} acknowledged writes, ${crew.events} events`);
    console.log(`${run.passed} passed, ${run.failed} failed`);
    return run.failed === 0;
  } finally {
    await ensemble.dispose();
  }
}

process.exitCode = (await main()) ? 0 : 1;
