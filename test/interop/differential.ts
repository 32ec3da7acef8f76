/**
 * `npm run test:differential -- [--seed N | --seeds A-B] [--ops M] [--minimise] [--show N]
 * [--without addWatch,whoAmI] [--against apache]`: random scripts, asked of Apache ZooKeeper and of
 * Quoll; every answer and every watch event is compared. Without a seed, `--count` fresh ones.
 *
 * Each seed has two servers of its own, on empty folders: what one script leaves behind cannot hide
 * or make a difference in the next. `--against apache` compares Apache with itself, which shows
 * what the comparison itself would see.
 */
import { parseArgs } from "node:util";
import { Prng } from "../../src/base/prng.ts";
import { OpCode, type OpName } from "../../src/records/op-codes.ts";
import { START, type SubjectName } from "../support/subjects.ts";
import { Comparison } from "./differential/compare.ts";
import { Coverage } from "./differential/coverage.ts";
import { minimise } from "./differential/minimise.ts";
import { Observer, SERVER_CONFIG, type Seen } from "./differential/observe.ts";
import { runOracle } from "./differential/oracle.ts";
import { describeStep, drawScript, type Step } from "./differential/script.ts";
import { installReference } from "./install.ts";

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    count: { type: "string", default: "1" },
    ops: { type: "string", default: "2000" },
    against: { type: "string", default: "quoll" },
    without: { type: "string", default: "" },
    show: { type: "string", default: "10" },
    minimise: { type: "boolean", default: false },
  },
});
const RUNS_MAX = 200;

async function observe(name: SubjectName, script: readonly Step[]): Promise<readonly Seen[]> {
  const server = await START[name]({ config: SERVER_CONFIG });
  try {
    return await new Observer(server.port).run(script);
  } catch (cause) {
    throw new Error(`${name} fell over; it printed last:\n${server.output.slice(-2_000)}`, {
      cause,
    });
  } finally {
    await server.dispose();
  }
}

type Difference = { readonly at: number; readonly told: readonly string[] };

/** The steps that differ, in order. */
async function differences(
  script: readonly Step[],
  comparison: Comparison,
): Promise<readonly Difference[]> {
  const [apache, other] = await Promise.all([
    observe("apache", script),
    observe(flags.against as SubjectName, script),
  ]);
  const found: Difference[] = [];
  for (const [at, step] of script.entries()) {
    const told = comparison.compare(step, apache[at]!, other[at]!);
    if (told.length > 0) found.push({ at, told });
  }
  return found;
}

function tell(script: readonly Step[], found: readonly Difference[]): void {
  for (const { at, told } of found.slice(0, Number(flags.show))) {
    console.log(`step ${at}: ${describeStep(script[at]!)}`);
    for (const line of told) console.log(`  ${line}`);
  }
}

async function tellMinimised(script: readonly Step[], first: number): Promise<void> {
  const fresh = (): Comparison => new Comparison(new Coverage());
  const small = await minimise(script, first, RUNS_MAX, async (smaller) => {
    const found = await differences(smaller, fresh());
    return found[0]?.at ?? -1;
  });
  console.log("minimised to:");
  for (const [at, step] of small.entries()) {
    if (step.kind !== "nothing") console.log(`  step ${at}: ${describeStep(step)}`);
  }
  tell(small, await differences(small, fresh()));
}

/** True when nothing differs. */
async function runSeed(seed: number, comparison: Comparison): Promise<boolean> {
  const left = flags.without.split(",").map((name) => OpCode[name as OpName]);
  const script = drawScript(new Prng(seed), Number(flags.ops), new Set(left));
  const found = await differences(script, comparison);
  console.log(`seed ${seed}: ${script.length} steps, ${found.length} differ`);
  tell(script, found);
  if (found.length > 0 && flags.minimise) await tellMinimised(script, found[0]!.at);
  return found.length === 0;
}

function seedsAsked(): readonly number[] {
  const [first, last] = (flags.seeds ?? flags.seed ?? "").split("-").map(Number);
  if (first === undefined || !Number.isInteger(first) || flags.seeds === flags.seed) {
    const start = Date.now() % 1_000_000_000;
    return Array.from({ length: Number(flags.count) }, (_, at) => start + at);
  }
  return Array.from({ length: (last ?? first) - first + 1 }, (_, at) => first + at);
}

async function main(): Promise<boolean> {
  await installReference();
  const seeds = seedsAsked();
  console.log(`${seeds.length} seeds of ${flags.ops} steps, apache against ${flags.against}`);
  const coverage = new Coverage();
  let [passed, answers, granted, events] = [0, 0, 0, 0];
  const excused = new Map<string, number>();
  for (const seed of seeds) {
    const comparison = new Comparison(coverage);
    if (await runSeed(seed, comparison)) passed++;
    answers += comparison.answers;
    granted += comparison.granted;
    events += comparison.events;
    for (const [reason, count] of comparison.excused) {
      excused.set(reason, (excused.get(reason) ?? 0) + count);
    }
  }
  for (const line of coverage.lines()) console.log(line);
  console.log(`${answers} answers, ${granted} of them without an error; ${events} events`);
  for (const [reason, count] of excused) console.log(`excused ${count}: ${reason}`);
  const oracle = flags.against === "quoll" ? await runOracle() : [];
  for (const line of oracle) console.log(line);
  console.log(`${passed} passed, ${seeds.length - passed} failed`);
  return passed === seeds.length && oracle.length === 0;
}

process.exitCode = (await main()) ? 0 : 1;
