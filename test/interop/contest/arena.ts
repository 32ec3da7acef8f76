/**
 * Three processes, with Curator, kazoo and our recipes, contend for one lock, one election, one
 * double barrier and one counter, each through a proxy of its own that cuts connections by chance.
 *
 * Curator and kazoo do not survive a cut everywhere, and go straight to the server there: their
 * barriers make a node twice when the reply is lost. Their counters count twice then: `counter`
 * may be too high by one for each of their cuts, and `exact` cuts only ours, and must be exact.
 */
import { join } from "node:path";
import { ZooKeeper } from "../../../src/client/zookeeper.ts";
import { Counter } from "../../../src/recipes/counter.ts";
import { CuttingProxy } from "../../support/cutting-proxy.ts";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY } from "../../support/subjects.ts";
import { CURATOR_CLASSES } from "../curator.ts";
import { Judge } from "./judge.ts";

const INTEROP = join(REPOSITORY, "test/interop");
const KINDS = [
  [process.execPath, join(REPOSITORY, "dist/test/interop/contest/ours.js")],
  ["java", "-cp", CURATOR_CLASSES, join(INTEROP, "java/Arena.java")],
  ["/usr/bin/python3", "-B", join(INTEROP, "kazoo/arena.py")],
] as const;
export const CONTESTS = ["lock", "election", "barrier", "exact", "counter"] as const;
/** Those in which Curator and kazoo go straight to the server. */
const STRAIGHT: readonly string[] = ["barrier", "exact"];

const INT_BYTES = 4;

export type ArenaOptions = {
  readonly port: number;
  /** Of each contest, over all; a multiple of three. */
  readonly rounds: number;
  readonly seed: number;
  /** A connection is cut after 2 to this many chunks. */
  readonly chunksMax: number;
  readonly limitMs: number;
};
export type Verdict = {
  /** Rounds of each contest that were seen by the judge. */
  readonly rounds: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** Connections cut: of ours, of Curator's, of kazoo's. */
  readonly cuts: readonly number[];
};

/** Runs all contests, one after the other. Rejects when a contestant fails or takes too long. */
export async function contend(options: ArenaOptions): Promise<Verdict> {
  const { port, rounds, seed, chunksMax, limitMs } = options;
  await using zk = await ZooKeeper.connect(`127.0.0.1:${port}`);
  // kazoo makes an empty node, which Curator cannot read.
  for (const path of ["/exact", "/counter"]) await zk.create(path, new Uint8Array(INT_BYTES));
  await using judge = await Judge.start(KINDS.length);
  await using before = await CuttingProxy.start(port, chunksMax, seed);
  await using beforeCurator = await CuttingProxy.start(port, chunksMax, seed + 1);
  await using beforeKazoo = await CuttingProxy.start(port, chunksMax, seed + 2);
  const proxies = [before, beforeCurator, beforeKazoo];
  const each = Math.ceil(rounds / KINDS.length);
  const run = async (program: readonly string[], at: number): Promise<void> => {
    const args = CONTESTS.flatMap((name) => {
      const isStraight = at > 0 && STRAIGHT.includes(name);
      // All three meet at every round of the barrier.
      return [name, isStraight ? port : proxies[at]!.port, name === "barrier" ? rounds : each];
    });
    const argv = [...program, judge.port, ...args].map(String);
    const ran = await runCommand(argv, { limitMs });
    if (ran.code !== 0) throw new Error(`${program.at(-1)}: ${ran.stdout}${ran.stderr}`);
  };
  await Promise.all(KINDS.map(run));
  const cuts = proxies.map((proxy) => proxy.cuts);
  const wanted = each * KINDS.length;
  const faults = [...judge.faults];
  faults.push(...(await miscounts(zk, wanted, cuts[1]! + cuts[2]!)));
  return { rounds: judge.rounds, faults, cuts };
}

async function miscounts(zk: ZooKeeper, wanted: number, slack: number): Promise<string[]> {
  const faults: string[] = [];
  const read = (path: string) => new Counter(zk, path, { layout: "curator-int" }).get();
  const exact = Number(await read("/exact"));
  if (exact !== wanted) faults.push(`exact: ${exact} for ${wanted} increments`);
  const counter = Number(await read("/counter"));
  if (counter < wanted || counter > wanted + slack) {
    faults.push(`counter: ${counter} for ${wanted} increments, ${slack} cuts`);
  }
  return faults;
}
