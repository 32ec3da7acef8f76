/**
 * `npm run check`: the whole gate, step by step, one line a step. Stops at the first step that
 * fails and shows what it said. CI runs the same.
 */
import { spawnSync } from "node:child_process";
import { ROOT } from "./root.ts";

type Step = {
  readonly name: string;
  /** The script that node runs, and its arguments. */
  readonly args: readonly string[];
  /** The lines of a passing step that are worth showing. */
  readonly shown?: RegExp;
};

const STEPS: readonly Step[] = [
  { name: "types (tsc -b)", args: ["node_modules/typescript/bin/tsc", "-b"] },
  {
    name: "format and lint (biome)",
    args: ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
  },
  { name: "house rules (tidy)", args: ["dist/tools/tidy.js"], shown: /: warning: / },
  { name: "dead code (knip)", args: ["node_modules/knip/bin/knip.js"] },
  { name: "tests", args: ["dist/tools/test.js"], shown: /^ℹ (?:tests|pass|fail|skipped) / },
];
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

function main(): number {
  for (const step of STEPS) {
    const began = performance.now();
    const done = spawnSync(process.execPath, step.args, {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    if (done.error !== undefined) throw done.error;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const failed = done.status !== 0;
    process.stdout.write(`${failed ? "✖" : "✔"} ${step.name} ${seconds}s\n`);
    if (failed) {
      process.stdout.write(done.stdout + done.stderr);
      return done.status ?? 1;
    }
    for (const line of done.stdout.split("\n")) {
      if (step.shown?.test(line) === true) process.stdout.write(`  ${line}\n`);
    }
  }
  return 0;
}

process.exitCode = main();
