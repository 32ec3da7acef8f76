/** `check`: whether this machine, the way to the servers and a configuration are fit for use. */
import { randomUUID } from "node:crypto";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ZooKeeper } from "../../client/index.ts";
import { addressesOf } from "../ask-server.ts";
import { CliError, type Command, type Context, type Verdict } from "../command.ts";
import { latenciesOf } from "../latencies.ts";
import { parseSrvr } from "../server-answers.ts";
import { aligned } from "../table.ts";

const SYNCS = 100;
/** What is written before each sync, in bytes: a page, as a small transaction does. */
const SYNC_BYTES = 4096;
/** A disk whose 99th of 100 syncs takes longer slows writes; far longer ends sessions. */
const SYNC_MS_GOOD = 10;
const SYNC_MS_BAD = 100;
const ROUND_TRIPS = 50;
const ROUND_TRIP_MS_GOOD = 20;
const ROUND_TRIP_MS_BAD = 200;
const CLOCK_MS_GOOD = 500;
const CLOCK_MS_BAD = 5000;

export const check: Command = {
  name: "check",
  synopsis: "[-d folder] [-f file]",
  purpose:
    "Verdict and advice on the network (round trip, each server's answer to `srvr`), the " +
    "server's clock, the sync time of the disk under `-d`, and the zoo.cfg `-f`, which is read " +
    "as a server reads it. Creates and deletes one node. Exit code 1 when something is bad.",
  options: { d: "value", f: "value" },
  argumentsMin: 0,
  needsSession: true,
  async run(context, { values }) {
    const verdicts: Verdict[] = [await roundTrip(context), ...(await answers(context))];
    verdicts.push(await clock(context.zk));
    const folder = values.get("d");
    if (folder !== undefined) verdicts.push(await disk(folder, context));
    const file = values.get("f");
    if (file !== undefined) {
      verdicts.push(...(await context.inspectConfiguration(file)));
    }
    const cells = verdicts.map(({ verdict, about, advice }) => [verdict, about, advice]);
    context.show(verdicts, aligned([["VERDICT", "ABOUT", ""], ...cells]));
    const bad = verdicts.filter(({ verdict }) => verdict === "bad").length;
    if (bad > 0) throw new CliError(`${bad} of ${verdicts.length} are bad`);
  },
};

function told(error: Error): never {
  throw new CliError(error.message);
}

/** `value` up to `good` is good, over `bad` is bad. */
function graded(value: number, good: number, bad: number): Verdict["verdict"] {
  if (value <= good) return "good";
  return value > bad ? "bad" : "look";
}

async function roundTrip({ zk, signal }: Context): Promise<Verdict> {
  const times: number[] = [];
  for (let count = 0; count < ROUND_TRIPS; count++) {
    signal.throwIfAborted();
    const sentAt = performance.now();
    await zk.exists("/");
    times.push(performance.now() - sentAt);
  }
  const { medianMs, maxMs } = latenciesOf(times);
  const verdict = graded(medianMs, ROUND_TRIP_MS_GOOD, ROUND_TRIP_MS_BAD);
  const advice = verdict === "good" ? "" : ": move closer to the servers, or look at their load";
  return { verdict, about: "round trip", advice: `${medianMs} ms, at most ${maxMs} ms${advice}` };
}

/** Servers that a client would try in vain. */
function answers({ ask, servers }: Context): Promise<readonly Verdict[]> {
  return Promise.all(
    addressesOf(servers).map(async (address): Promise<Verdict> => {
      const about = `${address.host}:${address.port}`;
      const sentAt = performance.now();
      try {
        const answer = parseSrvr(await ask(address, "srvr"));
        const ms = Math.round(performance.now() - sentAt);
        if (answer["trouble"] === undefined) {
          return { verdict: "good", about, advice: `${answer["mode"]}, answers in ${ms} ms` };
        }
        return { verdict: "look", about, advice: String(answer["trouble"]) };
      } catch (error) {
        const advice = `${(error as Error).message}: start it, or take it off the connect string`;
        return { verdict: "bad", about, advice };
      }
    }),
  );
}

/** The server's clock stands in the Stat of a new node. */
async function clock(zk: ZooKeeper): Promise<Verdict> {
  const before = Date.now();
  const path = `/quoll-check-${randomUUID()}`;
  const { stat } = await zk.createWithStat(path, null, { mode: "ephemeral" });
  const after = Date.now();
  await zk.delete(path);
  const offMs = Math.round(stat.ctime - (before + after) / 2);
  const verdict = graded(Math.abs(offMs), CLOCK_MS_GOOD, CLOCK_MS_BAD);
  const side = offMs < 0 ? "behind" : "ahead of";
  const told = `the server's is ${Math.abs(offMs)} ms ${side} ours`;
  const advice = verdict === "good" ? told : `${told}: let both follow a time server`;
  return { verdict, about: "clock", advice };
}

async function disk(folder: string, { signal, progress }: Context): Promise<Verdict> {
  const path = join(folder, `quoll-check-${randomUUID()}`);
  const file = await open(path, "wx").catch(told);
  try {
    const page = new Uint8Array(SYNC_BYTES);
    const times: number[] = [];
    for (let count = 0; count < SYNCS; count++) {
      signal.throwIfAborted();
      await file.write(page);
      const beganAt = performance.now();
      await file.datasync();
      times.push(performance.now() - beganAt);
      progress("syncs", count + 1, SYNCS);
    }
    const { medianMs, p99Ms } = latenciesOf(times);
    const verdict = graded(p99Ms, SYNC_MS_GOOD, SYNC_MS_BAD);
    const advice = verdict === "good" ? "" : ": use a faster disk, or one that nobody shares";
    return { verdict, about: "disk sync", advice: `${medianMs} ms, p99 ${p99Ms} ms${advice}` };
  } finally {
    await file.close();
    await unlink(path);
  }
}
