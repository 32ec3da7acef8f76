/** `quoll purge` and bin/zkCleanup.sh on folders that a server has written. */
import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { create, granted } from "./support/operations.ts";
import { freePort } from "./support/ports.ts";
import { RawSession } from "./support/raw-session.ts";
import { ServerProcess } from "./support/server-process.ts";

const MAIN = fileURLToPath(new URL("../src/main/quoll.js", import.meta.url));
const CLEANUP = fileURLToPath(new URL("../../bin/zkCleanup.sh", import.meta.url));
const HOME = mkdtempSync(join(tmpdir(), "quoll purge-"));
const WRITTEN = join(HOME, "written");
let copies = 0;

/** Five lives of a server, each with writes, so that there are six snapshots and five logs. */
before(async () => {
  for (let life = 0; life < 5; life++) {
    const server = ServerProcess.on(WRITTEN, "-Dzookeeper.preAllocSize=0");
    const session = await RawSession.open(await server.port());
    for (const name of ["a", "b", "c"]) {
      await granted("create", create(session, `/${name}${life}`, null));
    }
    await session.close();
    if (life > 0) await server.until("a snapshot", () => server.count("snapshot written") > 0);
    equal(await server.stop(), 0);
  }
});
after(() => rmSync(HOME, { recursive: true, force: true }));

function copy(): string {
  const folder = join(HOME, `copy${++copies}`);
  cpSync(WRITTEN, folder, { recursive: true });
  return folder;
}
const namesIn = (folder: string, start: string): readonly string[] =>
  readdirSync(join(folder, "version-2"))
    .filter((name) => name.startsWith(start))
    .sort((a, b) => zxidOf(a) - zxidOf(b));
const zxidOf = (name: string): number => Number.parseInt(name.split(".")[1] ?? "", 16);

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}
const purge = (...args: string[]) => run(process.execPath, [MAIN, "purge", ...args]);

/** A server starts from what is left and knows every node. */
async function expectAll(folder: string): Promise<void> {
  const server = ServerProcess.on(folder);
  const session = await RawSession.open(await server.port());
  for (let life = 0; life < 5; life++) {
    equal((await create(session, `/a${life}`, null)).err, -110);
  }
  await session.close();
  equal(await server.stop(), 0);
}

test("the three newest snapshots stay with their logs, and serve", async () => {
  const folder = copy();
  const snapshots = namesIn(folder, "snapshot.");
  const purged = purge(folder, "-n", "3");
  deepEqual([purged.code, purged.err], [0, ""]);
  deepEqual(namesIn(folder, "snapshot."), snapshots.slice(-3));
  for (const name of snapshots.slice(0, -3))
    match(purged.out, new RegExp(`^Removed ${name}$`, "m"));
  match(purged.out, /^Removed log\./m);
  equal(purge(folder, "-n", "3").out, "");
  await expectAll(folder);
});

test("a snapshot that is not whole does not count", async () => {
  const folder = copy();
  const snapshots = namesIn(folder, "snapshot.");
  const newest = join(folder, "version-2", snapshots.at(-1) ?? "");
  writeFileSync(newest, readFileSync(newest).subarray(0, -20));
  const purged = purge(folder, "-n", "3");
  equal(purged.code, 0);
  match(purged.err, /is not whole and does not count: /);
  deepEqual(namesIn(folder, "snapshot."), snapshots.slice(-4));
  await expectAll(folder);
});

const refusals: ReadonlyArray<readonly [why: string, args: readonly string[], code: number]> = [
  ["fewer than three", [WRITTEN, "-n", "2"], 2],
  ["no number", [WRITTEN, "-n", "many"], 2],
  ["no count", [WRITTEN], 2],
  ["nothing at all", [], 2],
  ["three folders", [WRITTEN, WRITTEN, WRITTEN, "-n", "3"], 2],
  ["a folder that is not there", [join(HOME, "none"), "-n", "3"], 3],
];
for (const [why, args, code] of refusals) {
  test(`purge refuses ${why}`, () => {
    const there = namesIn(WRITTEN, "");
    const refused = purge(...args);
    equal(refused.code, code, refused.err);
    deepEqual(namesIn(WRITTEN, ""), there);
  });
}

test("zkCleanup.sh purges the folders of its configuration", () => {
  const folder = copy();
  const conf = join(HOME, "conf");
  mkdirSync(conf);
  writeFileSync(join(conf, "zoo.cfg"), `dataDir=${folder}\nclientPort=2181\n`);
  const purged = run("bash", [CLEANUP, "--config", conf, "-n", "3"]);
  equal(purged.code, 0, purged.err);
  equal(namesIn(folder, "snapshot.").length, 3);
});

test("autopurge counts snapshots of earlier lives, after it has read them", async () => {
  const folder = copy();
  const config = join(HOME, "autopurge.cfg");
  const keys = "autopurge.purgeInterval=1\nautopurge.snapRetainCount=3\n";
  writeFileSync(config, `dataDir=${folder}\nclientPort=${await freePort()}\n${keys}`);
  const server = new ServerProcess(["server", config]);
  await server.until("the line", () => server.count("old snapshots and logs purged") > 0);
  equal(await server.stop(), 0);
  equal(namesIn(folder, "snapshot.").length <= 4, true);
});
