/**
 * `npm run bench -- --ensemble [--rounds N] [--znodes N]`: ensembles of three, Apache ZooKeeper and
 * Quoll in turn: how long no write is acknowledged when the leader is killed or stopped, how long
 * an ensemble takes to start, and how a follower with an empty folder catches up meanwhile.
 *
 * Gaps are told twice: for connections that try every member every 5 ms, and for our client. A
 * start lasts from the first spawn to the first acknowledged write.
 */
import { setTimeout as wait } from "node:timers/promises";
import { TestEnsemble } from "../test/support/ensembles.ts";
import { create, granted } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import { type Start, type SubjectName, startApache, startQuoll } from "../test/support/subjects.ts";
import { EnsembleLoad, openSoon } from "./ensemble-load.ts";
import { FILL_ROOT, type FillResult } from "./jobs.ts";
import { load } from "./load-process.ts";

const SIZE = 3;
const POLL_MS = 5;
/** Writes between two disturbances. */
const QUIET_WRITES = 1_000;
const FILL = { dataBytes: 100, connections: 4, inFlight: 100 };
/** Of Apache's heap, so that it never lacks it. */
const HEAP_MEGABYTES = 512;
const ZNODES_PER_MEGABYTE = 400;

export type EnsemblePlan = { readonly rounds: number; readonly znodes: number };

/** In ms; of all rounds, in their order. */
export type EnsembleFigures = Readonly<Record<Row, number[]>>;
const ROWS = {
  killed: "leader killed: gap",
  killedClient: "  for our client",
  stopped: "leader stopped: gap",
  stoppedClient: "  for our client",
  start: "start to first write",
  catchUp: "empty follower catches up",
  catchUpGap: "  longest gap meanwhile",
} as const;
type Row = keyof typeof ROWS;

const noFigures = (): EnsembleFigures => ({
  ...{ killed: [], killedClient: [], stopped: [], stoppedClient: [] },
  ...{ start: [], catchUp: [], catchUpGap: [] },
});

/** `told` is called as each figure is known. */
export async function benchEnsembles(
  subjects: readonly SubjectName[],
  plan: EnsemblePlan,
  told: (text: string) => void,
): Promise<Readonly<Partial<Record<SubjectName, EnsembleFigures>>>> {
  const figures = Object.fromEntries(subjects.map((name) => [name, noFigures()]));
  for (let round = 0; round < plan.rounds; round++) {
    for (const name of subjects) {
      const mine = figures[name]!;
      // The many znodes only once: they take the most time and vary least.
      await measure(name, mine, round === plan.rounds - 1 ? plan.znodes : 0);
      const shown = Object.entries(mine).map(([row, all]) => `${row} ${all.at(-1)?.toFixed(0)}`);
      told(`${name}, round ${round + 1}: ${shown.join(", ")}`);
    }
  }
  return figures;
}

async function measure(name: SubjectName, to: EnsembleFigures, znodes: number): Promise<void> {
  // Of several limits the last counts.
  const heap = `-Xmx${HEAP_MEGABYTES + Math.ceil(znodes / ZNODES_PER_MEGABYTE)}m`;
  const start: Start = (options = {}) =>
    name === "apache"
      ? startApache({ ...options, jvm: [...(options.jvm ?? []), heap] })
      : startQuoll(options);
  const ensemble = await TestEnsemble.start(Array.from({ length: SIZE }, () => ({ start })));
  try {
    await Promise.all(ensemble.members.map((member) => member.stop()));
    to.start.push(await startAll(ensemble));
    const writing = await EnsembleLoad.start(ensemble);
    try {
      await disturb(ensemble, writing, "kill9", [to.killed, to.killedClient]);
      await disturb(ensemble, writing, "stop", [to.stopped, to.stoppedClient]);
      if (znodes > 0) await catchUp(ensemble, writing, znodes, to);
    } finally {
      await writing.stop();
    }
  } finally {
    await ensemble.dispose();
  }
}

/** All are down. Resolves when all of them serve, to the time until the first write. */
async function startAll(ensemble: TestEnsemble): Promise<number> {
  const began = performance.now();
  const starting = Promise.all(ensemble.members.map((member) => member.restart()));
  let firstMs: number | undefined;
  const probing = ensemble.members.map(async ({ port }, index) => {
    while (firstMs === undefined) {
      const session = await openSoon(port);
      if (session === undefined) await wait(POLL_MS);
      else {
        // Undefined: the connection has ended.
        const reply = await create(session, `/start-${index}`, null).catch(() => undefined);
        if (reply?.err === 0) firstMs ??= performance.now() - began;
        session.cut();
      }
    }
  });
  await Promise.all([starting, ...probing]);
  return firstMs!;
}

async function disturb(
  ensemble: TestEnsemble,
  writing: EnsembleLoad,
  how: "kill9" | "stop",
  [direct, clients]: readonly [number[], number[]],
): Promise<void> {
  await writing.progress(QUIET_WRITES);
  const leader = await ensemble.leader();
  writing.direct.take();
  writing.clients.take();
  await leader[how]();
  await writing.progress(QUIET_WRITES);
  direct.push(writing.direct.take().anyMs);
  clients.push(writing.clients.take().anyMs);
  await leader.restart();
}

async function catchUp(
  ensemble: TestEnsemble,
  writing: EnsembleLoad,
  nodes: number,
  to: EnsembleFigures,
): Promise<void> {
  const leader = await ensemble.leader();
  const { port, pid: serverPid } = leader;
  const session = await RawSession.open(port);
  await granted(FILL_ROOT, create(session, FILL_ROOT, null));
  await session.close();
  const job = { kind: "fill", port, serverPid, pauses: [], nodes, shape: "even", ...FILL } as const;
  const filled = await load<FillResult>(job).result;
  if (filled.errors > 0) throw new Error(`fill: ${filled.errors} errors`);
  const follower = ensemble.others(leader)[0]!;
  await follower.stop();
  await ensemble.empty(follower);
  await writing.progress(QUIET_WRITES);
  writing.direct.take();
  await follower.restart();
  to.catchUp.push(follower.readyMs);
  await writing.progress(QUIET_WRITES);
  to.catchUpGap.push(writing.direct.take().anyMs);
}

const median = (all: readonly number[]): number | undefined =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

/** A row for each figure: the median, and in brackets the largest. */
export function ensembleTable(
  figures: Readonly<Partial<Record<SubjectName, EnsembleFigures>>>,
): string {
  const cell = (all: readonly number[] | undefined): string => {
    const middle = all && median(all);
    if (all === undefined || middle === undefined) return "";
    return `${Math.round(middle)} (${Math.round(Math.max(...all))}) ms`;
  };
  const lines = Object.entries(ROWS).map(([row, name]) => {
    const [theirs, ours] = [figures.apache?.[row as Row], figures.quoll?.[row as Row]];
    const [slow, fast] = [theirs && median(theirs), ours && median(ours)];
    const ratio = slow === undefined || fast === undefined ? "" : `${(slow / fast).toFixed(2)}x`;
    return [name, cell(theirs), cell(ours), ratio];
  });
  const all = [["work", "Apache", "Quoll", "ratio"], ...lines];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)));
  return all
    .map((cells) =>
      cells
        .map((text, at) => (at === 0 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!)))
        .join("  "),
    )
    .join("\n");
}
