/** `quoll dev` as a process: what it says, and that nothing is left of it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";
import { ZooKeeper } from "../src/client/index.ts";
import { ServerProcess } from "./support/server-process.ts";

async function started(...flags: string[]): Promise<readonly [ServerProcess, string]> {
  const server = new ServerProcess(["dev", ...flags]);
  await server.until("it says how to stop it", () => server.output.includes("Ctrl-C"));
  return [server, /^ {2}(127\.0\.0\.1:\d+)$/m.exec(server.output)?.[1] ?? ""];
}

test("serves from memory, at the place that it prints", async () => {
  const [server, at] = await started();
  const client = await ZooKeeper.connect(at);
  await client.create("/hello", "world");
  await client.close();
  assert.match(server.output, /in memory/);
  assert.equal(await server.stop(), 0);
});

test("serves from a temporary folder that goes when it ends", async () => {
  const [server] = await started("--disk");
  const folder = /throw away, in (\S+):/.exec(server.output)?.[1] ?? "";
  assert.ok(existsSync(`${folder}/version-2`));
  assert.equal(await server.stop(), 0);
  assert.ok(!existsSync(folder));
});

test("serves with an ensemble from a temporary folder", async () => {
  const [server] = await started("--nodes", "3");
  const folder = /^An ensemble of 3 to throw away, in (\S+):/m.exec(server.output)?.[1] ?? "";
  const at = /^ {2}(127\.0\.0\.1:\d+(?:,127\.0\.0\.1:\d+){2})$/m.exec(server.output)?.[1];
  const client = await ZooKeeper.connect(at ?? "");
  await client.create("/hello", "world");
  await client.close();
  assert.ok(existsSync(`${folder}/3/version-2`));
  assert.equal(await server.stop(), 0);
  assert.ok(!existsSync(folder));
});

test("refuses what it does not understand", async () => {
  for (const flags of [["--nodes", "none"], ["--port", "70000"], ["--fast"]]) {
    const server = new ServerProcess(["dev", ...flags]);
    assert.equal(await server.end(), 2);
    assert.match(server.output, /^quoll dev: .*\nUsage: /);
  }
});

test("a taken port is told in one line", async () => {
  const [first, at] = await started();
  const second = new ServerProcess(["dev", "--port", at.split(":")[1] ?? ""]);
  assert.equal(await second.end(), 1);
  assert.match(second.output, /^quoll dev: .*EADDRINUSE/);
  await first.stop();
});
