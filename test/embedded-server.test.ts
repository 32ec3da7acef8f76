/** `quoll/server`: servers inside a program, with the client of `quoll/client`. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { NoNodeError, ZooKeeper } from "../src/client/index.ts";
import { askFourLetterWord } from "../src/server/four-letter-client.ts";
import { startServer } from "../src/server/index.ts";

const utf8 = new TextDecoder();

const askWord = (port: number, word: string): Promise<string> =>
  askFourLetterWord({ host: "127.0.0.1", port, word, timeoutMs: 10_000 });

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quoll-embedded-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Turns of the event loop that closing may take. */
const CLOSING_TURNS_MAX = 200;

/** What would keep the process alive, once what is closing has closed. */
async function alive(): Promise<readonly string[]> {
  const ours = ["TCPServerWrap", "TCPSocketWrap", "Timeout"];
  const found = () => process.getActiveResourcesInfo().filter((name) => ours.includes(name));
  for (let turn = 0; turn < CLOSING_TURNS_MAX && found().length > 0; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return found();
}

test("serves from memory", async (t) => {
  const begun = performance.now();
  await using server = await startServer();
  t.diagnostic(`started in ${(performance.now() - begun).toFixed(1)} ms, in memory`);
  assert.equal(server.connectString, `127.0.0.1:${server.port}`);
  assert.equal(server.securePort, undefined);
  await using client = await ZooKeeper.connect(server.connectString);
  await client.create("/greeting", "hello");
  assert.equal(utf8.decode((await client.getData("/greeting")).data ?? undefined), "hello");
});

test("writes in memory are counted and confirmed like others, without files", async () => {
  await using server = await startServer({ config: { snapCount: 20 } });
  await using client = await ZooKeeper.connect(server.connectString);
  const paths = Array.from({ length: 200 }, (_, index) => `/n-${index}`);
  await Promise.all(paths.map((path) => client.create(path, "x")));
  assert.equal((await client.getChildren("/")).length, paths.length + 1);
  assert.match(await askWord(server.port, "srvr"), /^Zxid: 0xc9$/m);
});

test("keeps its data on disk, and sessions over a restart", (t) =>
  inFolder(async (dataDir) => {
    const begun = performance.now();
    const first = await startServer({ dataDir });
    t.diagnostic(`started in ${(performance.now() - begun).toFixed(1)} ms, on disk`);
    const client = await ZooKeeper.connect(first.connectString);
    await client.create("/kept", "x", { mode: "ephemeral" });
    await first.stop();
    assert.ok(readdirSync(join(dataDir, "version-2")).length > 0);
    await using again = await startServer({ dataDir, port: first.port });
    assert.equal(again.port, first.port);
    // The client finds the server at its old place and goes on with its session.
    await client.sync("/");
    assert.ok(await client.exists("/kept"));
    await client.close();
  }));

test("twenty servers beside each other know nothing of each other, and leave nothing", async (t) => {
  const begun = performance.now();
  const servers = await Promise.all(Array.from({ length: 20 }, () => startServer()));
  t.diagnostic(`twenty started in ${(performance.now() - begun).toFixed(1)} ms`);
  assert.equal(new Set(servers.map(({ port }) => port)).size, 20);
  const clients = await Promise.all(
    servers.map(({ connectString }) => ZooKeeper.connect(connectString)),
  );
  await Promise.all(clients.map((client, index) => client.create(`/only-${index}`, "")));
  await servers[0]!.stop();
  for (const [index, client] of clients.entries()) {
    if (index === 0) continue;
    assert.ok(await client.exists(`/only-${index}`));
    assert.equal(await client.exists(`/only-${index - 1}`), undefined);
  }
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(servers.map((server) => server.stop()));
  assert.deepEqual(await alive(), []);
});

test("connections do not keep a server from stopping", async () => {
  const server = await startServer();
  const client = await ZooKeeper.connect(server.connectString);
  await server.stop();
  await server.stop();
  await client.close();
  await assert.rejects(client.getData("/"));
});

test("configuration is that of zoo.cfg, and of properties by their whole names", async () => {
  const config = {
    tickTime: 50,
    "4lw.commands.whitelist": "conf",
    "zookeeper.snapCount": 77,
    "jute.maxbuffer": 5000,
  };
  await using server = await startServer({ config });
  const conf = await askWord(server.port, "conf");
  assert.match(conf, /^tickTime=50$/m);
  assert.match(conf, new RegExp(`^clientPort=${server.port}$`, "m"));
  assert.match(await askWord(server.port, "ruok"), /not executed because it is not in the white/);
  await using client = await ZooKeeper.connect(server.connectString, { requestBytesMax: 100_000 });
  await assert.rejects(client.create("/large", new Uint8Array(6000)));
});

test("wrong values are refused, with what to write instead", async () => {
  const rows = [
    [{ tickTime: "soon" }, /tickTime: "soon" is not a whole number.*Write/],
    [{ clientPort: 5 }, /clientPort: it is set here.*options dataDir and port/],
    [{ "jute.maxbuffer": "x" }, /jute\.maxbuffer/],
  ] as const;
  for (const [config, told] of rows) {
    await assert.rejects(startServer({ config }), { code: "Config", message: told });
  }
  await assert.rejects(startServer({ dataDir: "/dev/null/x" }), { code: "FOLDER" });
});

test("a taken port is the system's error, and leaves nothing behind", async () => {
  const first = await startServer();
  await assert.rejects(startServer({ port: first.port }), { code: "EADDRINUSE" });
  await first.stop();
  assert.deepEqual(await alive(), []);
});

test("a server that fails says so, and stop says it again", () =>
  inFolder(async (folder) => {
    const dataDir = join(folder, "data");
    const failures: Error[] = [];
    const server = await startServer({
      dataDir,
      // The folder is missed when the next snapshot is to be written.
      config: { snapCount: 2 },
      onFailure: (error) => failures.push(error),
    });
    const client = await ZooKeeper.connect(server.connectString);
    rmSync(dataDir, { recursive: true });
    await assert.rejects(async () => {
      for (let index = 0; index < 100; index++) await client.create(`/lost-${index}`, "");
    });
    await client.close();
    assert.equal(failures.length, 1);
    await assert.rejects(server.stop(), /the server failed while/);
  }));

test("tells its log when asked", async () => {
  const lines: string[] = [];
  const config = { "admin.enableServer": true };
  const server = await startServer({ config, onLog: (line) => lines.push(line) });
  await server.stop();
  const told = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  assert.ok(told.includes("serving clients"));
  assert.ok(told.some((text) => text.includes("admin.enableServer")));
});

test("an unknown node is an error of the client, not of the server", async () => {
  await using server = await startServer();
  await using client = await ZooKeeper.connect(server.connectString);
  await assert.rejects(client.getData("/nothing"), NoNodeError);
});
