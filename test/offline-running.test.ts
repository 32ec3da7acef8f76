/** The offline tools beside a server: one that runs, and one that starts from what they repaired. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import test from "node:test";
import { ZooKeeper } from "../src/client/index.ts";
import { runLog } from "../src/offline/log-command.ts";
import type { CommandStreams } from "../src/offline/output.ts";
import { runSnapshot } from "../src/offline/snapshot-command.ts";
import { startServer } from "../src/server/index.ts";

type Command = (argv: readonly string[], streams: CommandStreams) => Promise<number>;

async function run(command: Command, ...argv: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const out = text(stdout);
  const code = await command(argv, { stdin: Readable.from([]), stdout, stderr });
  stdout.end();
  return { code, lines: (await out).split("\n").slice(0, -1) };
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quoll-offline-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Creates `/n-0`, `/n-1` and so on, one after the other. */
async function write(connectString: string, count: number): Promise<void> {
  await using client = await ZooKeeper.connect(connectString);
  for (let index = 0; index < count; index++) await client.create(`/n-${index}`, "x");
}

/** All but snapshots, which the server may still be writing. */
function files(folder: string) {
  const inside = join(folder, "version-2");
  const names = readdirSync(inside).filter((name) => !name.includes("snapshot"));
  return names.map((name) => {
    const { size, mtimeMs } = statSync(join(inside, name));
    return { name, size, mtimeMs };
  });
}

test("the folder of a running server is read, and only read", () =>
  inFolder(async (dataDir) => {
    await using server = await startServer({ dataDir, config: { snapCount: 50 } });
    await write(server.connectString, 120);
    const before = files(dataDir);
    const verified = await run(runLog, dataDir, "--verify");
    assert.deepEqual(
      [verified.code, verified.lines.at(-1)?.replace(/in .*/, "")],
      // With those that begin and end the session.
      [0, "122 transactions "],
    );
    assert.equal((await run(runLog, dataDir, "--path", "/n-7")).lines.length, 1);
    assert.equal((await run(runSnapshot, dataDir, "--verify")).code, 0);
    assert.equal((await run(runLog, dataDir, "--repair", "--yes")).code, 0);
    assert.deepEqual(files(dataDir), before);
  }));

test("a server starts from a log that was repaired, with all before the torn end", () =>
  inFolder(async (dataDir) => {
    const first = await startServer({ dataDir });
    await write(first.connectString, 10);
    await first.stop();
    const { lines } = await run(runLog, dataDir, "--output", "ndjson", "--path", "/n-9");
    assert.equal(lines.length, 1);
    const log = readdirSync(join(dataDir, "version-2")).find((name) => name.startsWith("log."));
    const path = join(dataDir, "version-2", log ?? "");
    truncateSync(path, middleOf(path, "/n-9"));
    assert.equal((await run(runLog, dataDir, "--verify")).code, 1);
    assert.equal((await run(runLog, dataDir, "--repair", "--yes")).code, 0);
    assert.equal((await run(runLog, dataDir, "--verify")).code, 0);
    await using again = await startServer({ dataDir });
    await using client = await ZooKeeper.connect(again.connectString);
    assert.ok(await client.exists("/n-8"));
    assert.equal(await client.exists("/n-9"), undefined);
  }));

/** A place in the middle of the record that creates `node`, in bytes. */
const middleOf = (path: string, node: string): number =>
  readFileSync(path).indexOf(node) + node.length;
