/**
 * deploy/docker/Dockerfile without a container engine: the commands of its build stage, on what the
 * image is built from and nothing else, leave what its second stage copies.
 */
import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { runCommand } from "./support/processes.ts";
import { REPOSITORY } from "./support/subjects.ts";

const DOCKERFILE = join(REPOSITORY, "deploy/docker/Dockerfile");
/** Compiles all rooms anew, beside other tests. */
const LIMIT_MS = 150_000;

const linesOf = (file: string): readonly string[] => readFileSync(file, "utf8").split("\n");

/** What the ignore file lets through. It knows `!PATH`, with `*` in the last part, and tests. */
function copyContext(to: string): void {
  for (const line of linesOf(`${DOCKERFILE}.dockerignore`)) {
    if (!line.startsWith("!")) continue;
    const folder = dirname(line.slice(1));
    const wanted = basename(line).replace(/^!/, "").replaceAll(".", "\\.").replaceAll("*", ".*");
    for (const name of readdirSync(join(REPOSITORY, folder))) {
      if (!new RegExp(`^${wanted}$`).test(name)) continue;
      const filter = (from: string): boolean => !from.endsWith(".test.ts");
      cpSync(join(REPOSITORY, folder, name), join(to, folder, name), { recursive: true, filter });
    }
  }
}

test("the image's build stage has what it needs", { timeout: LIMIT_MS }, async () => {
  const home = mkdtempSync(join(tmpdir(), "quoll-image-"));
  try {
    copyContext(home);
    symlinkSync(join(REPOSITORY, "node_modules"), join(home, "node_modules"));
    // What npm does around it is the registry's and npm's own.
    const run = linesOf(DOCKERFILE).find((line) => line.startsWith("RUN npx tsc")) ?? "";
    const steps = run.replace(/^RUN /, "").split(" && ");
    const commands = steps.filter((step) => !step.startsWith("npm "));
    assert.equal(commands.length, 2, `compiles and bundles: ${run}`);
    const ran = await runCommand(["sh", "-c", commands.join(" && ")], {
      cwd: home,
      limitMs: LIMIT_MS,
    });
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    assert.ok(existsSync(join(home, "dist/src/bundle/server.cjs")), ran.stderr);
    const copied = linesOf(DOCKERFILE)
      .filter((line) => line.startsWith("COPY --from=build "))
      .flatMap((line) => line.split(" ").slice(2, -1));
    assert.ok(copied.length >= 5);
    for (const path of copied) {
      assert.ok(existsSync(join(home, path.replace("/quoll/", ""))), `${path} is there`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
