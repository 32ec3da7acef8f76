/**
 * `npm run test:chaos [-- --minutes N --seed S --size 3 --clients N]`: server processes on real
 * sockets and files have a bad day, and the checkers of the simulated world judge what their
 * clients saw.
 *
 *   start -> faults under load -> healing under load -> all at rest -> folders read -> checks
 *
 * Clients are those of the simulation (src/sim), on sockets; they run every workload. Faults:
 * kill -9 of one and of all, SIGSTOP, SIGTERM, ways between servers blocked and reset, and, for
 * root, a disk that is full. What was done is read from the servers' logs afterwards.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { toServerId } from "../../src/base/ids.ts";
import { Prng } from "../../src/base/prng.ts";
import { checkAll } from "../../src/sim/checkers/check.ts";
import { Crowd } from "../../src/sim/crowd.ts";
import type { History, HistoryRecord } from "../../src/sim/history.ts";
import { WORKLOADS } from "../../src/sim/workloads/all.ts";
import { Chaos, canMount } from "./ensemble.ts";
import { strike } from "./faults.ts";
import { withFolders } from "./folders.ts";
import { realSurroundings } from "./real-surroundings.ts";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    size: { type: "string", default: "3" },
    clients: { type: "string", default: "12" },
  },
});

const TICK_MS = 500;
const SESSION_TIMEOUTS_MS = [2000, 4000, 10_000];
const THINK_MS = 20;
const LOAD_AFTER_MS = 5000;
/** Bounds of a machine that is busy with other things too. */
const HEAL_MS_MAX = 60_000;
const BOUNDS = { leaderMs: 30_000, replyMs: 30_000, expiryLateMs: 10_000, expiryEarlyMs: 100 };
const FINDINGS_SHOWN_MAX = 20;

type Ran = { readonly history: History; readonly failures: readonly string[] };

async function main(): Promise<void> {
  const [seed, size] = [Number(flags.seed), Number(flags.size)];
  const home = mkdtempSync(join(tmpdir(), "quoll-chaos-"));
  console.log(`seed ${seed}, ${size} servers, ${flags.clients} clients, files in ${home}`);
  if (!canMount()) console.log("no disk fills up: that needs root");
  const chaos = await Chaos.make(size, home);
  let keeps = true;
  try {
    const ran = await live(chaos, seed, Number(flags.minutes) * 60_000);
    keeps = judge(ran) > 0;
  } finally {
    await chaos.dispose(keeps);
    if (!keeps) rmSync(home, { recursive: true, force: true });
  }
  process.exitCode = keeps ? 1 : 0;
}

/** Prints what came of it; returns how much is wrong. */
function judge(ran: Ran): number {
  const findings = [...ran.failures];
  for (const { checker, what, where } of checkAll(ran.history)) {
    findings.push(`${checker}: ${what} (calls ${where})`);
  }
  for (const finding of findings.slice(0, FINDINGS_SHOWN_MAX)) console.log(finding);
  const { records } = ran.history;
  const count = (kind: HistoryRecord["kind"]): number =>
    records.filter((record) => record.kind === kind).length;
  const calls = count("call");
  console.log(
    `${calls} calls, ${count("lost")} of them lost; ${count("transaction")} transactions, ` +
      `${count("event")} events, ${count("session")} changes of sessions`,
  );
  console.log(`longest wait for any acknowledged write: ${longestGap(records).toFixed(0)} ms`);
  console.log(`${calls} passed, ${findings.length} failed`);
  return findings.length;
}

async function live(chaos: Chaos, seed: number, ms: number): Promise<Ran> {
  const { members } = chaos;
  const prng = new Prng(seed);
  const ports = new Map(members.map(({ id, port }) => [`s${id}`, port]));
  const world = realSurroundings(ports, prng);
  const { recorder, scheduler } = world;
  const servers = members.map(({ id }) => toServerId(BigInt(id)));
  const workloads = WORKLOADS.map(({ name }) => name);
  const crowd = new Crowd(world, {
    ...{ seed, servers, workloads, clients: Number(flags.clients), thinkMs: THINK_MS },
    ...{ sessionTimeoutsMs: SESSION_TIMEOUTS_MS, slowReaders: 0.2 },
  });
  const failures: string[] = [];
  for (const member of members) member.start();
  await chaos.agree(HEAL_MS_MAX);
  await new Promise<void>((ready) => crowd.prepare(ready));
  crowd.start();
  recorder.add({ kind: "faults", on: true });
  const counts = await strike(chaos, new Prng(seed ^ 0xfa17), ms);
  recorder.add({ kind: "faults", on: false });
  console.log([...counts].map(([name, count]) => `${name} ${count}`).join(", "));
  console.log(`starts: ${members.map(({ starts }) => starts).join(", ")}`);
  await wait(LOAD_AFTER_MS);
  crowd.stop();
  await rest(crowd, failures);
  await wait(Math.max(...SESSION_TIMEOUTS_MS) + 3 * TICK_MS);
  await chaos.agree(HEAL_MS_MAX).catch((error: Error) => void failures.push(error.message));
  await Promise.all(members.map((member) => member.end("SIGTERM")));
  const endedAt = scheduler.now;
  const records = withFolders(recorder.records, members, world.startedAt);
  const setup = { tickMs: TICK_MS, voters: servers, observers: [], completeTransactions: true };
  return { history: { setup: { ...setup, bounds: BOUNDS }, records, endedAt }, failures };
}

/** Everybody has an answer, and then goes without a word: their sessions are to end by themselves. */
async function rest(crowd: Crowd, failures: string[]): Promise<void> {
  const end = performance.now() + HEAL_MS_MAX;
  while (crowd.live.some(({ waiting }) => waiting > 0) && performance.now() < end) await wait(50);
  for (const client of crowd.live) {
    if (client.waiting > 0) failures.push(`${client.waiting} asks of c${client.id} wait`);
    client.vanish();
  }
}

/** Between two replies to writes, whoever asked. */
function longestGap(records: readonly HistoryRecord[]): number {
  const writes = new Set<number>();
  let [last, longest] = [Number.NaN, 0];
  for (const record of records) {
    if (record.kind === "call" && WRITES.has(record.op.kind)) writes.add(record.id);
    if (record.kind !== "reply" || !writes.has(record.id)) continue;
    longest = Math.max(longest, record.at - last || 0);
    last = record.at;
  }
  return longest;
}

const WRITES = new Set(["create", "delete", "setData", "multi", "setAcl"]);

await main();
