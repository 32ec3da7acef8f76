/**
 * `npm run bench`: Apache ZooKeeper and Quoll in turn, on this machine, under the same load, in
 * several rounds. Prints a table and writes all figures to bench-results.json. options.ts has the
 * flags, rows.ts what can be measured.
 *
 * The load has one thread. Beside the server's processor time stands the load's: where it comes
 * near 1 the row measures the load as well. TMPDIR chooses the disk that the servers write to.
 */
import { writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { installReference } from "../test/interop/install.ts";
import type { SubjectName } from "../test/support/subjects.ts";
import { type Contender, contenders, Tellings } from "./contenders.ts";
import { benchEnsembles, ensembleTable } from "./ensemble.ts";
import { type BenchOptions, parseOptions, USAGE } from "./options.ts";
import { runRows } from "./rounds.ts";
import { table } from "./table.ts";

function optionsOrExit(): BenchOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function chosen(options: BenchOptions, tellings: Tellings): Promise<readonly Contender[]> {
  const all = await contenders(options, tellings);
  const { subjects } = options;
  const unknown = subjects.find((name) => !all.some((contender) => contender.name === name));
  if (unknown !== undefined) {
    throw new Error(`no subject "${unknown}" among ${all.map(({ name }) => name).join(", ")}`);
  }
  return all.filter(({ name }) => subjects.length === 0 || subjects.includes(name));
}

async function conclude(options: BenchOptions, found: object, printed: string): Promise<void> {
  const machine = {
    cpus: cpus().map(({ model }) => model),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
  const { rounds, times } = options;
  const results = { when: new Date().toISOString(), machine, rounds, times, ...found };
  await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\n${printed}\n\nwritten to ${options.out}`);
}

async function measureRows(options: BenchOptions, among: readonly Contender[]): Promise<void> {
  const rows = await runRows(options, among, console.log);
  const versions = among.map(({ name, runsOn }) => ({ name, runsOn }));
  await conclude(options, { contenders: versions, rows }, table(rows));
}

async function measureFaults(
  options: BenchOptions,
  znodes: number,
  among: readonly Contender[],
): Promise<void> {
  const names: readonly SubjectName[] = ["apache", "quoll"];
  const subjects = names.filter((name) => among.some((contender) => contender.name === name));
  const figures = await benchEnsembles(subjects, { rounds: options.rounds, znodes }, console.log);
  await conclude(options, { figures }, ensembleTable(figures));
}

const options = optionsOrExit();
await installReference();
const tellings = await Tellings.make();
try {
  const among = await chosen(options, tellings);
  const { faults } = options;
  if (faults === undefined) await measureRows(options, among);
  else await measureFaults(options, faults.znodes, among);
} finally {
  await tellings.dispose();
}
