/**
 * `npm run test:recipes [-- --rounds N --seed S --chunks C --subject quoll|apache]`: Curator, kazoo
 * and our recipes contend for one lock, election, double barrier and counter, while connections are
 * cut by chance, after at most C chunks: never two holders, tokens grow, nobody is early, every
 * increment counts.
 */
import { parseArgs } from "node:util";
import { START, type SubjectName } from "../support/subjects.ts";
import { contend } from "./contest/arena.ts";
import { CURATOR_NEEDS } from "./curator.ts";
import { installFor, installReference } from "./install.ts";

/** For all contests. */
const LIMIT_MS_PER_ROUND = 1_000;
const LIMIT_MS_LEAST = 60_000;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "300" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    chunks: { type: "string", default: "300" },
    subject: { type: "string", default: "quoll" },
  },
});

async function main(): Promise<boolean> {
  await installReference();
  await installFor(CURATOR_NEEDS);
  const [rounds, seed] = [Number(flags.rounds), Number(flags.seed)];
  console.log(`seed ${seed}, ${rounds} rounds of each, ${flags.subject}`);
  const subject = await START[flags.subject as SubjectName]();
  try {
    const limitMs = LIMIT_MS_LEAST + rounds * LIMIT_MS_PER_ROUND;
    const options = { port: subject.port, rounds, seed, chunksMax: Number(flags.chunks), limitMs };
    const verdict = await contend(options);
    let seen = 0;
    for (const [name, count] of verdict.rounds) {
      console.log(`${name}: ${count}`);
      seen += count;
    }
    for (const fault of verdict.faults) console.log(fault);
    console.log(`connections cut: ${verdict.cuts.join(" ")} (ours, Curator, kazoo)`);
    const failed = verdict.faults.length;
    console.log(`${Math.max(0, seen - failed)} passed, ${failed} failed`);
    return failed === 0;
  } finally {
    await subject.dispose();
  }
}

process.exitCode = (await main()) ? 0 : 1;
