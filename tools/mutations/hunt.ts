/**
 * Looks for one mutation, in a process of its own: seed after seed until a world shows it. A seed
 * that fails without the mutation too shows nothing, and is passed over.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Mutation } from "./mutation.ts";
import type { Task, WorkerLine } from "./worker.ts";

export type Catch = {
  readonly mutation: Mutation;
  /** Undefined where no seed showed it. */
  readonly caught: Found | undefined;
  /** Seeds that were run, without those that fail anyway. */
  readonly seeds: number;
  readonly skipped: readonly number[];
};

type Found = Omit<Extract<WorkerLine, { kind: "found" }>, "kind">;

const WORKER = fileURLToPath(new URL("./worker.js", import.meta.url));
/** Of real time, for one seed: a program that does not come to an end is found too. */
const SEED_MS_MAX = 120_000;

export async function hunt(mutation: Mutation, from: number, seedsMax: number): Promise<Catch> {
  const { name, world } = mutation;
  const skipped: number[] = [];
  for (let next = from; next < from + seedsMax; ) {
    const to = from + seedsMax - 1;
    const caught = await work({ mutation: name, like: name, from: next, to });
    if (caught === undefined) break;
    const { seed } = caught;
    if (!(await failsAnyway({ like: name, from: seed, to: seed }, world === undefined))) {
      return { mutation, caught, seeds: seed - from + 1 - skipped.length, skipped };
    }
    skipped.push(seed);
    next = seed + 1;
  }
  return { mutation, caught: undefined, seeds: seedsMax - skipped.length, skipped };
}

const known = new Map<number, Promise<boolean>>();

/** Whether the program fails as it is. In worlds that are nobody's own, the answer is kept. */
function failsAnyway(task: Task, isCommon: boolean): Promise<boolean> {
  const answer =
    (isCommon ? known.get(task.from) : undefined) ??
    work(task).then((found) => found !== undefined);
  if (isCommon) known.set(task.from, answer);
  return answer;
}

/** The first seed of the task that fails. */
async function work(task: Task): Promise<Found | undefined> {
  const worker = spawn(process.execPath, [WORKER, JSON.stringify(task)]);
  worker.stderr.pipe(process.stderr);
  let seed = task.from;
  let isReady = false;
  let found: Found | undefined;
  const late = setTimeout(() => {
    found ??= { seed, rules: ["no end"], what: `a world runs for more than ${SEED_MS_MAX} ms` };
    worker.kill("SIGKILL");
  }, SEED_MS_MAX);
  const ended = new Promise<number | null>((resolve) => worker.once("close", resolve));
  for await (const line of createInterface({ input: worker.stdout })) {
    if (!line.endsWith("}")) continue;
    late.refresh();
    const told = JSON.parse(line) as WorkerLine;
    if (told.kind === "ready") isReady = true;
    else if (told.kind === "passed") seed = told.seed + 1;
    else found = told;
  }
  const code = await ended;
  clearTimeout(late);
  if (!isReady) throw new Error(`the worker for ${task.mutation ?? "no mutation"} did not begin`);
  if (found === undefined && code !== 0) {
    return { seed, rules: ["process"], what: `the process ended with ${code}` };
  }
  return found;
}
