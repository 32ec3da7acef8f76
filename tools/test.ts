/**
 * `npm test`: runs the unit, golden and scenario tests that are compiled under dist/, as `node
 * --test`.
 *
 *   npm test                     all
 *   npm test -- jute frames      files whose path has "jute" or "frames" in it
 *   npm test -- --test-only      arguments with a dash go to node
 *
 * The list is made from the sources, so a compiled test whose source is gone is not run. The proofs
 * in test/interop need other programs and have their own commands.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { ROOT } from "./root.ts";

const FOLDERS = ["src", "test", "tools", "bench"];
const ELSEWHERE = "test/interop/";
const TEST_MS_MAX = 120_000;

/** The sources of all tests, sorted. */
function testSources(): readonly string[] {
  return FOLDERS.filter((folder) => existsSync(ROOT + folder))
    .flatMap((folder) =>
      readdirSync(ROOT + folder, { recursive: true, encoding: "utf8" }).map(
        (path) => `${folder}/${path.replaceAll("\\", "/")}`,
      ),
    )
    .filter((path) => path.endsWith(".test.ts") && !path.startsWith(ELSEWHERE))
    .sort();
}

function main(args: readonly string[]): number {
  const filters = args.filter((arg) => !arg.startsWith("-"));
  const chosen = testSources().filter(
    (path) => filters.length === 0 || filters.some((filter) => path.includes(filter)),
  );
  if (chosen.length === 0) {
    process.stderr.write(`no test file matches ${filters.join(" ")}\n`);
    return 1;
  }
  const compiled = chosen.map((path) => `dist/${path.replace(/\.ts$/, ".js")}`);
  const missing = compiled.filter((path) => !existsSync(ROOT + path));
  if (missing.length > 0) {
    process.stderr.write(`not compiled: ${missing.join(" ")}; run npm run build\n`);
    return 1;
  }
  const options = [
    "--test",
    "--enable-source-maps",
    `--test-concurrency=${Math.max(1, availableParallelism())}`,
    `--test-timeout=${TEST_MS_MAX}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    ...args.filter((arg) => arg.startsWith("-")),
  ];
  const done = spawnSync(process.execPath, [...options, ...compiled], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (done.error !== undefined) throw done.error;
  return done.status ?? 1;
}

process.exitCode = main(process.argv.slice(2));
