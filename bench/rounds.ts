/**
 * Rows in rounds: in each round every contender has a turn, in an order that moves on by one, so
 * that what the machine does meanwhile falls on all alike. The servers of load rows stay up from
 * row to row, the others idle while one has its turn.
 */
import { TestEnsemble } from "../test/support/ensembles.ts";
import type { Subject } from "../test/support/subjects.ts";
import type { Contender, Watched } from "./contenders.ts";
import type { Figures } from "./figures.ts";
import { measureFill } from "./measure-fill.ts";
import { measureLoad, type Servers } from "./measure-load.ts";
import { measureChurn, measureStorm } from "./measure-sessions.ts";
import { SERVER_CONFIG, startAndRest } from "./measure-start.ts";
import type { Times } from "./options.ts";
import { type Row, rowName } from "./rows.ts";

/** A row of many znodes takes minutes and varies little: it has no more rounds than this. */
const FILL_ROUNDS_MAX = 3;

export type RowResult = {
  readonly name: string;
  /** By contender; `{}` stands for a turn that failed. */
  readonly rounds: Readonly<Record<string, readonly Figures[]>>;
  readonly failures: readonly string[];
};
export type Plan = {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly times: Times;
};

/** Of an ensemble. */
const SIZE = 3;
/** Of Apache's heap: more than its members ever fill. */
const ENSEMBLE_JVM = ["-Xmx1g"];

type Up = { readonly servers: Servers; dispose(): Promise<unknown> };

async function startEnsemble(contender: Contender): Promise<Up> {
  const watched = new Map<Subject, Watched>();
  const kind = {
    start: async (...[options]: Parameters<Contender["startWatched"]>) => {
      const started = await contender.startWatched(options);
      watched.set(started.subject, started);
      return started.subject;
    },
  };
  const ensemble = await TestEnsemble.start(
    Array.from({ length: SIZE }, () => kind),
    { config: SERVER_CONFIG, jvm: ENSEMBLE_JVM },
  );
  return {
    servers: ensemble.members.map((member) => watched.get(member)!),
    dispose: () => ensemble.dispose(),
  };
}

async function startOne(contender: Contender): Promise<Up> {
  const watched = await contender.startWatched({ config: SERVER_CONFIG });
  return { servers: [watched], dispose: () => watched.subject.dispose() };
}

/** Servers that stay up, by contender and their number; started when first asked for. */
class Standing {
  private readonly started = new Map<string, Up>();

  async of(contender: Contender, number: 1 | 3): Promise<Servers> {
    const key = `${number} ${contender.name}`;
    const there = this.started.get(key);
    if (there !== undefined) return there.servers;
    const up = await (number === 1 ? startOne(contender) : startEnsemble(contender));
    this.started.set(key, up);
    return up.servers;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.started.values()].map((up) => up.dispose()));
  }
}

/** What one turn tells, by the name of the row; some turns tell of several. */
type Told = readonly (readonly [name: string, figures: Figures])[];

async function turn(
  row: Row,
  contender: Contender,
  times: Times,
  standing: Standing,
): Promise<Told> {
  const name = rowName(row);
  switch (row.kind) {
    case "load":
      return [[name, await measureLoad(row, await standing.of(contender, row.servers), times)]];
    case "storm":
      return [[name, await measureStorm(row, await standing.of(contender, 1))]];
    case "churn":
      return [[name, await measureChurn(row, await standing.of(contender, 1), times)]];
    case "start":
      return [[name, await startAndRest(contender)]];
    case "fill": {
      const { filled, restarted } = await measureFill(contender, row);
      return [
        [name, filled],
        [name.replace("fill", "restart"), restarted],
      ];
    }
  }
}

/** `told` hears of each turn as it ends. A turn that fails is told of and leaves its round empty. */
export async function runRows(
  plan: Plan,
  contenders: readonly Contender[],
  told: (text: string) => void,
): Promise<readonly RowResult[]> {
  const standing = new Standing();
  const results: RowResult[] = [];
  try {
    for (const row of plan.rows)
      results.push(...(await runRow(row, plan, contenders, standing, told)));
  } finally {
    await standing.dispose();
  }
  return results;
}

async function runRow(
  row: Row,
  { rounds: wanted, times }: Plan,
  contenders: readonly Contender[],
  standing: Standing,
  told: (text: string) => void,
): Promise<readonly RowResult[]> {
  const rounds = row.kind === "fill" ? Math.min(wanted, FILL_ROUNDS_MAX) : wanted;
  const found = new Map<string, Record<string, Figures[]>>();
  const failures: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const warmupMs = round === 0 ? times.warmupMs : times.warmupMs / 3;
    for (let place = 0; place < contenders.length; place++) {
      const contender = contenders[(round + place) % contenders.length]!;
      const who = `${rowName(row)}, round ${round + 1}, ${contender.name}`;
      try {
        for (const [name, figures] of await turn(
          row,
          contender,
          { ...times, warmupMs },
          standing,
        )) {
          const all = found.get(name) ?? {};
          found.set(name, all);
          (all[contender.name] ??= Array.from({ length: rounds }, () => ({})))[round] = figures;
          told(`${who}: ${describeTurn(figures)}`);
        }
      } catch (error) {
        failures.push(`${who}: ${(error as Error).message}`);
        told(failures.at(-1)!);
      }
    }
  }
  if (found.size === 0) return [{ name: rowName(row), rounds: {}, failures }];
  return [...found].map(([name, all]) => ({ name, rounds: all, failures }));
}

function describeTurn({ perSecond, ms, p99Micros, megabytes }: Figures): string {
  const parts = [
    perSecond === undefined ? "" : `${Math.round(perSecond)}/s`,
    ms === undefined ? "" : `${Math.round(ms)} ms`,
    p99Micros === undefined ? "" : `p99 ${Math.round(p99Micros)} us`,
    megabytes === undefined ? "" : `${Math.round(megabytes)} MB`,
  ];
  return parts.filter((text) => text !== "").join(", ");
}
