/**
 * `npm run bench [-- --quick] [--znodes N] [--subject apache|quoll]`: Apache ZooKeeper and Quoll in
 * turn, on this machine, under the same load. Prints a table and writes it to bench-results.json.
 *
 * A ratio above 1 is in Quoll's favour in every row. The CPU column says how many cores server and
 * load kept busy, first for Apache, then for Quoll: where the load's share nears the server's, the
 * row measures the load as well. TMPDIR chooses the disk that the servers write to.
 */
import { writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { installReference } from "../test/interop/install.ts";
import type { SubjectName } from "../test/support/subjects.ts";
import { type Figures, FULL, measure, QUICK } from "./measure.ts";
import { table } from "./table.ts";

const RESULTS = "bench-results.json";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    subject: { type: "string" },
    znodes: { type: "string" },
  },
});

await installReference();
const asked = flags.quick ? QUICK : FULL;
const plan =
  flags.znodes === undefined ? asked : { ...asked, fillNodes: Number.parseInt(flags.znodes, 10) };
const subjects: readonly SubjectName[] =
  flags.subject === undefined ? ["apache", "quoll"] : [flags.subject as SubjectName];
const figures: Partial<Record<SubjectName, Figures>> = {};
for (const name of subjects) {
  figures[name] = await measure(name, plan, (text) => console.log(`${name}: ${text}`));
}
const machine = {
  cpus: cpus().map(({ model }) => model),
  kernel: release(),
  node: process.version,
};
const results = { when: new Date().toISOString(), machine, plan, figures };
await writeFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\n${table(figures.apache, figures.quoll)}\n\nwritten to ${RESULTS}`);
