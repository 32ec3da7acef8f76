/**
 * Our own client, our own shell and the tutorial, against either server: what they promise must
 * hold on both. The suites are programs of their own (client-suite.ts, cli-suite.ts) that can be
 * run by hand.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY } from "../../support/subjects.ts";
import type { Scenario } from "../scenario.ts";
import { runTutorial } from "../tutorial.ts";

const LIMIT_MS = 180_000;

/** A suite that prints `ok NAME` for each test, and what went wrong otherwise. */
function suite(name: string, file: string): Scenario {
  return {
    name,
    async run(start) {
      const server = await start();
      try {
        const program = join(REPOSITORY, "dist/test/interop", file);
        const ran = await runCommand([process.execPath, program, `127.0.0.1:${server.port}`], {
          limitMs: LIMIT_MS,
        });
        return ran.stdout.trim().split("\n");
      } finally {
        await server.dispose();
      }
    },
  };
}

export const clientSuite = suite("client-suite", "client-suite.js");
export const cliSuite = suite("cli-suite", "cli-suite.js");

/** The textbook's master and workers, typed into `bin/zkCli.sh` as docs/ tells it. */
export const tutorial: Scenario = {
  name: "tutorial",
  async run(start) {
    const server = await start();
    try {
      const page = readFileSync(join(REPOSITORY, "docs/tutorial-master-worker.md"), "utf8");
      const cli = join(REPOSITORY, "bin/zkCli.sh");
      await runTutorial({ page, cli, server: `127.0.0.1:${server.port}` });
      return ["every line of the page came as it says"];
    } finally {
      await server.dispose();
    }
  },
};
