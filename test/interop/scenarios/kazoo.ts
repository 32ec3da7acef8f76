/**
 * kazoo, the Python client: each script below `kazoo/` prints lines of JSON, which must be the
 * same on both servers.
 */
import { join } from "node:path";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY } from "../../support/subjects.ts";
import type { Scenario } from "../scenario.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPTS = join(REPOSITORY, "test/interop/kazoo");
const LIMIT_MS = 180_000;

const script = (name: string): Scenario => ({
  name: `kazoo-${name}`,
  async run(start) {
    const server = await start();
    try {
      const argv = [PYTHON, "-B", join(SCRIPTS, `${name}.py`), `127.0.0.1:${server.port}`];
      const ran = await runCommand(argv, { limitMs: LIMIT_MS });
      if (ran.code !== 0) throw new Error(`${name}.py: ${ran.stdout.slice(-500)}\n${ran.stderr}`);
      return ran.stdout.trimEnd().split("\n");
    } finally {
      await server.dispose();
    }
  },
});

export const kazooBasic = script("basic");
export const kazooSession = script("session");
export const kazooRecipes = script("recipes");
