/** Every example runs by itself against a server, and prints what it says that it prints. */
import { deepEqual } from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ServerProcess } from "./support/server-process.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const SOURCES = join(REPOSITORY, "examples");
const run = promisify(execFile);
/** An example takes a second; machines can be busy. */
const RUN_MS_MAX = 30_000;

let folder = "";
let server: ServerProcess;
let connectString = "";

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "quoll-examples-"));
  server = ServerProcess.on(folder);
  connectString = `127.0.0.1:${await server.port()}`;
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The lines under "Prints:" in the opening comment. */
function promised(source: string): readonly string[] {
  const [, listed = ""] = /\* Prints:\n((?: \* {3}.*\n)+)/.exec(source) ?? [];
  return listed.split("\n").flatMap((line) => (line === "" ? [] : [line.slice(5)]));
}

for (const name of readdirSync(SOURCES).filter((one) => one.endsWith(".ts"))) {
  // Twice: what an example leaves behind must not be in its own way.
  test(name, async () => {
    const compiled = join(REPOSITORY, "dist/examples", name.replace(/\.ts$/, ".js"));
    const wanted = promised(readFileSync(join(SOURCES, name), "utf8"));
    for (const _ of [1, 2]) {
      const { stdout } = await run(process.execPath, [compiled, connectString], {
        timeout: RUN_MS_MAX,
      });
      deepEqual(stdout.trimEnd().split("\n"), wanted);
    }
  });
}
