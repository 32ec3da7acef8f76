/**
 * One run of a world: from a seed to what is wrong with it.
 *
 *   start -> calm -> faults under load -> healing under load -> all at rest -> checks
 *
 * Promises: equal scenarios give equal runs, to the last event.
 */

import { AssertionFailed } from "../base/assert.ts";
import type { Millis } from "../base/ids.ts";
import { checkAll } from "./checkers/check.ts";
import { agree, differences, recordTrees } from "./endings.ts";
import { Faults } from "./faults.ts";
import type { History, Setup } from "./history.ts";
import type { TraceLine } from "./recorder.ts";
import { type Scenario, type ScenarioOptions, scenarioOf } from "./scenario.ts";
import type { Maker } from "./servers.ts";
import { World } from "./world.ts";

/**
 * What is wrong. `rule`: the name of a checker, or of what this run itself holds; they are
 * listed in docs/simulation.md.
 * @example const finding: Finding = { rule: "answers", what: "2 asks of c1 wait" };
 */
export type Finding = { readonly rule: string; readonly what: string };

/**
 * What has become of a world. Its records, and its trace if there is one, are the caller's.
 * @example
 * const ended: Run = run(scenarioOf(7), { maker: makeMember });
 * console.log(ended.violations, ended.simulatedMs, ended.probes.size);
 */
export type Run = {
  readonly scenario: Scenario;
  readonly history: History;
  /** Empty unless asked for. */
  readonly trace: readonly TraceLine[];
  readonly probes: ReadonlyMap<string, number>;
  readonly violations: readonly Finding[];
  readonly simulatedMs: Millis;
  /** Equal for equal runs. */
  readonly fingerprint: number;
  /** Events of the world. */
  readonly events: number;
};

/**
 * What servers are made by, and what is not left to the seed.
 * @example const options: SimulateOptions = { maker: makeMember, servers: 3, trace: true };
 */
export type SimulateOptions = ScenarioOptions & {
  readonly maker: Maker;
  /** Whether to keep a line for each event: `Run.trace`. */
  readonly trace?: boolean;
};

/** How long the servers have to become one again when faults have ended, at the most. */
const HEAL_MS_MAX: Millis = 120_000;
const LOAD_AFTER_MS: Millis = 3000;
const LOOK_MS: Millis = 100;

/**
 * Plays the world of a seed to its end, and judges it. Equal arguments give equal runs. Takes from
 * tenths of a second to some seconds, in which nothing else runs in this process.
 * @example
 * const { violations, trace } = simulate(7, { maker: makeMember, servers: 3, trace: true });
 * for (const { rule, what } of violations) console.log(rule, what);
 * for (const { at, who, text } of trace) console.log(at, who, text);
 */
export const simulate = (seed: number, options: SimulateOptions): Run =>
  run(scenarioOf(seed, options), options);

/**
 * Plays a scenario, as `simulate` does for the one of its seed.
 * @example
 * const quiet = { ...scenarioOf(7, { servers: 3 }), faults: new Map() };
 * console.log(run(quiet, { maker: makeMember }).violations.length);
 */
export function run(scenario: Scenario, options: Pick<SimulateOptions, "maker" | "trace">): Run {
  const { found, ...played } = playOut(scenario, options);
  for (const { checker, what, where } of checkAll(played.history)) {
    found.push({ rule: checker, what: where.length === 0 ? what : `${what} (calls ${where})` });
  }
  return { ...played, violations: found };
}

/** The same without the checkers: `found` is what the run itself sees. */
export function playOut(
  scenario: Scenario,
  options: Pick<SimulateOptions, "maker" | "trace">,
): Omit<Run, "violations"> & { readonly found: Finding[] } {
  const world = new World(scenario, options.maker, options.trace === true);
  const found: Finding[] = [];
  try {
    live(world, found);
  } catch (error) {
    found.push({ rule: "crash", what: describeError(error) });
  }
  const { scheduler, recorder, probes } = world;
  const history: History = {
    setup: setupOf(world),
    records: recorder.records,
    endedAt: scheduler.now,
  };
  return {
    scenario,
    history,
    trace: recorder.trace ?? [],
    probes: probes.reached,
    found,
    simulatedMs: scheduler.now,
    fingerprint: recorder.fingerprint,
    events: scheduler.done,
  };
}

function live(world: World, found: Finding[]): void {
  const { scheduler, scenario, recorder, crowd, processes } = world;
  const faults = new Faults(world);
  for (const member of processes) member.start();
  let isReady = false;
  crowd.prepare(() => {
    isReady = true;
    crowd.start();
  });
  if (!until(world, HEAL_MS_MAX, () => isReady)) {
    found.push({ rule: "start", what: "the servers did not begin to serve" });
    return;
  }
  scheduler.run(scheduler.now + scenario.calmMs);
  recorder.add({ kind: "faults", on: true });
  faults.begin();
  scheduler.run(scheduler.now + scenario.faultsMs);
  faults.end();
  recorder.add({ kind: "faults", on: false });
  scheduler.run(scheduler.now + LOAD_AFTER_MS);
  crowd.stop();
  rest(world, found);
}

/** Everything comes to its end: answers, sessions that nobody keeps, what servers have to catch up. */
function rest(world: World, found: Finding[]): void {
  const { scheduler, scenario, recorder, crowd, processes } = world;
  const isAnswered = (): boolean => crowd.live.every(({ waiting }) => waiting === 0);
  until(world, HEAL_MS_MAX, () => isAnswered() && agree(processes));
  for (const client of crowd.live) {
    if (client.waiting > 0) {
      found.push({ rule: "answers", what: `${client.waiting} asks of c${client.id} wait` });
    }
  }
  const longest = Math.max(...scenario.sessionTimeoutsMs) + 3 * scenario.tuning.tickMs;
  scheduler.run(scheduler.now + longest);
  if (!until(world, HEAL_MS_MAX, () => agree(processes))) {
    const states = processes.map(
      ({ host, born, refusal }) => `${host}: ${born?.describe() ?? refusal?.message ?? "down"}`,
    );
    found.push({ rule: "agreement", what: `the servers do not agree: ${states.join("; ")}` });
  }
  for (const { id, isReadOnly } of crowd.live) {
    const what = `c${id} is still at a server without a quorum`;
    if (isReadOnly) found.push({ rule: "answers", what });
  }
  for (const what of differences(processes)) found.push({ rule: "agreement", what });
  recordTrees(processes, recorder);
}

/** Lets time go by until it holds. False: it did not within `ms`. */
function until(world: World, ms: Millis, holds: () => boolean): boolean {
  const { scheduler } = world;
  const end = scheduler.now + ms;
  while (scheduler.now < end) {
    if (holds()) return true;
    scheduler.run(scheduler.now + LOOK_MS);
  }
  return holds();
}

/** What checkers are told of a world. */
export function setupOf({ scenario, voters, observers }: World): Setup {
  const { tickMs, initLimit, syncLimit } = scenario.tuning;
  const longest = Math.max(...scenario.sessionTimeoutsMs);
  return {
    ...{ tickMs, voters, observers, completeTransactions: true },
    bounds: {
      leaderMs: (initLimit + syncLimit) * tickMs + 10_000,
      replyMs: 2 * longest + 10_000,
      expiryLateMs: 2 * tickMs + 1000,
      expiryEarlyMs: 100,
    },
  };
}

const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const where = error.stack?.split("\n").slice(1, 5).join(" <-") ?? "";
  return `${error instanceof AssertionFailed ? "assertion" : error.name}: ${error.message}${where}`;
};
