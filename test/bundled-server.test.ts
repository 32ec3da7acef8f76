/** What only a server from the bundle could get wrong. */
import { match } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { currentBundle } from "../src/main/bundle.ts";
import { freePort, returnPort } from "./support/ports.ts";
import { QUOLL_MAIN, REPOSITORY } from "./support/subjects.ts";

const bundle = currentBundle(pathToFileURL(join(REPOSITORY, "dist/src/")));
const PROVIDER = `export const provider = {
  ...{ scheme: "own", authenticates: false, isValid: () => true, matches: () => true },
  authenticate: () => [],
};`;

/** Its log until it serves, or ends. */
async function logOf(config: string): Promise<string> {
  const server = spawn(process.execPath, [QUOLL_MAIN, "server", config]);
  let log = "";
  for await (const chunk of server.stdout) {
    log += String(chunk);
    if (log.includes("serving clients")) break;
  }
  server.kill("SIGKILL");
  return log;
}

test("imports a provider's module", { skip: bundle === undefined && "no bundle" }, async () => {
  const home = mkdtempSync(join(tmpdir(), "quoll-bundled-"));
  const port = await freePort();
  try {
    mkdirSync(join(home, "data"));
    writeFileSync(join(home, "provider.mjs"), PROVIDER);
    const lines = [`dataDir=${home}/data`, `clientPort=${port}`, "authProvider.1=./provider.mjs"];
    writeFileSync(join(home, "zoo.cfg"), `${lines.join("\n")}\n`);
    match(await logOf(join(home, "zoo.cfg")), /serving clients/);
  } finally {
    returnPort(port);
    rmSync(home, { recursive: true, force: true });
  }
});
