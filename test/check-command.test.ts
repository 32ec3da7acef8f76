/** `quoll cli check`: a real process, with the rules of the server that it comes with. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../src/server/index.ts";
import { runCommand } from "./support/processes.ts";

const QUOLL = fileURLToPath(new URL("../src/main/quoll.js", import.meta.url));

test("network, clock, disk and configuration", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quoll-check-"));
  const file = join(folder, "zoo.cfg");
  writeFileSync(file, "dataDir=/data\nclientPort=0x\nskipACL=yes\nsnapcount=5\n");
  await using server = await startServer();
  const argv = ["-server", server.connectString, "-o", "json", "check", "-d", folder, "-f", file];
  const ran = await runCommand([process.execPath, QUOLL, "cli", ...argv], { limitMs: 30_000 });
  rmSync(folder, { recursive: true });
  assert.equal(ran.code, 1, ran.stderr);
  const verdicts = JSON.parse(ran.stdout) as { verdict: string; about: string; advice: string }[];
  const about = (name: string): string => {
    const found = verdicts.filter((one) => one.about === name);
    return found.map(({ verdict, advice }) => `${verdict} ${advice}`).join("\n");
  };
  assert.match(about("round trip"), /^\w+ [\d.]+ ms, at most/);
  assert.match(about(server.connectString), /^good standalone, answers in/);
  assert.match(about("clock"), /^good the server's is \d+ ms/);
  assert.match(about("disk sync"), /p99 [\d.]+ ms/);
  assert.match(about("clientPort"), /^bad .*zoo.cfg:2: "0x" is not a whole number\. Write: /);
  assert.match(about("skipACL"), /^bad is yes/);
  assert.match(about("configuration"), /snapcount is not known .*it is written snapCount$/m);
});
