/**
 * `npm run test:bun`: brings Bun from the package registry into a folder to throw away, and runs
 * interop scenarios with servers that it runs, without and with readers. QUOLL_NODE names one that
 * is there already.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../tools/root.ts";

const VERSION = "1.4.5";
const SCENARIOS = "raw,limits,local-sessions,kazoo-session";
const READERS = "-Dzookeeper.quoll.readers=2";

async function run(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const [command, ...rest] = argv;
  const child = spawn(command!, rest, { stdio: "inherit", env });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}`);
}

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "quoll-bun-"));
  try {
    let bun = process.env["QUOLL_NODE"];
    if (bun === undefined) {
      const quietly = ["--silent", "--no-audit", "--no-fund", "--no-save"];
      await run(["npm", "install", ...quietly, "--prefix", home, `bun@${VERSION}`]);
      bun = join(home, "node_modules/.bin/bun");
    }
    const interop = join(ROOT, "dist/test/interop/main.js");
    for (const flags of ["", READERS]) {
      await run([process.execPath, interop, "--only", SCENARIOS], {
        ...process.env,
        QUOLL_NODE: bun,
        SERVER_JVMFLAGS: flags,
      });
    }
  } finally {
    await rm(home, { recursive: true });
  }
}

await main();
