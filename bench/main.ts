/**
 * `npm run bench [-- --quick] [--znodes N] [--subject apache|quoll]`: Apache ZooKeeper and Quoll in
 * turn, on this machine, under the same load. Prints a table and writes it to bench-results.json.
 *
 * A ratio above 1 is in Quoll's favour in every row. The CPU column says how many cores server and
 * load kept busy, first for Apache, then for Quoll: where the load's share nears the server's, the
 * row measures the load as well. TMPDIR chooses the disk that the servers write to. `--ensemble`
 * measures ensembles of three instead (ensemble.ts), in `--rounds`.
 */
import { writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { installReference } from "../test/interop/install.ts";
import type { SubjectName } from "../test/support/subjects.ts";
import { benchEnsembles, ensembleTable } from "./ensemble.ts";
import { type Figures, FULL, measure, QUICK } from "./measure.ts";
import { table } from "./table.ts";

const RESULTS = "bench-results.json";

const { values: flags } = parseArgs({
  options: {
    ensemble: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    subject: { type: "string" },
    znodes: { type: "string" },
  },
});

await installReference();
const subjects: readonly SubjectName[] =
  flags.subject === undefined ? ["apache", "quoll"] : [flags.subject as SubjectName];
const machine = {
  cpus: cpus().map(({ model }) => model),
  kernel: release(),
  node: process.version,
};
if (flags.ensemble) await ensembles();
else await servers();

async function ensembles(): Promise<void> {
  const { rounds, znodes = "100000" } = flags;
  const plan = { rounds: Number.parseInt(rounds, 10), znodes: Number.parseInt(znodes, 10) };
  const figures = await benchEnsembles(subjects, plan, console.log);
  await conclude(plan, figures, ensembleTable(figures));
}

async function servers(): Promise<void> {
  const asked = flags.quick ? QUICK : FULL;
  const plan =
    flags.znodes === undefined ? asked : { ...asked, fillNodes: Number.parseInt(flags.znodes, 10) };
  const figures: Partial<Record<SubjectName, Figures>> = {};
  for (const name of subjects) {
    figures[name] = await measure(name, plan, (text) => console.log(`${name}: ${text}`));
  }
  await conclude(plan, figures, table(figures.apache, figures.quoll));
}

async function conclude(plan: object, figures: object, printed: string): Promise<void> {
  const results = { when: new Date().toISOString(), machine, plan, figures };
  await writeFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\n${printed}\n\nwritten to ${RESULTS}`);
}
