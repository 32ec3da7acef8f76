/** `quoll lock` and `quoll elect`: real processes against a server in this one. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { ZooKeeper } from "../src/client/index.ts";
import { Lock } from "../src/recipes/index.ts";
import { startServer } from "../src/server/index.ts";
import { runCommand } from "./support/processes.ts";
import { ServerProcess } from "./support/server-process.ts";

const QUOLL = fileURLToPath(new URL("../src/main/quoll.js", import.meta.url));
const LIMIT_MS = 30_000;
/** Tells that it runs and what it was told; ends at SIGTERM only, with 7. */
const LASTS =
  "process.on('SIGTERM', () => process.exit(7)); process.on('SIGINT', () => process.exit(8));" +
  "setInterval(() => {}, 1000); console.log('runs', process.env.ZK_FENCING_TOKEN)";

async function setUp(t: TestContext) {
  const server = await startServer();
  const zk = await ZooKeeper.connect(server.connectString);
  t.after(async () => {
    await zk.close();
    await server.stop();
  });
  const flags = ["-server", server.connectString];
  const run = (verb: string, ...args: string[]) =>
    runCommand([process.execPath, QUOLL, verb, ...flags, ...args], { limitMs: LIMIT_MS });
  const start = (verb: string, ...args: string[]) => new ServerProcess([verb, ...flags, ...args]);
  return { zk, run, start };
}

/** The only child of `path`. */
async function onlyChild(zk: ZooKeeper, path: string): Promise<string> {
  const names = await zk.getChildren(path);
  assert.equal(names.length, 1);
  return `${path}/${names[0]}`;
}

test("the command runs under the lock, is told of it, and its exit code is handed on", async (t) => {
  const { zk, run } = await setUp(t);
  const told = "$ZK_PATH $ZK_NODE $ZK_FENCING_TOKEN";
  const first = await run("lock", "/locks/a", "--", "sh", "-c", `echo ${told}; exit 3`);
  assert.equal(first.code, 3);
  const [, token] = /^\/locks\/a \/locks\/a\/_c_\S+-lock-0000000000 (\d+)\n$/.exec(first.stdout)!;
  const second = await run("lock", "/locks/a", "--", "sh", "-c", "echo $ZK_FENCING_TOKEN");
  assert.equal(second.code, 0);
  assert.ok(BigInt(second.stdout) > BigInt(token!), "the token grows");
  assert.deepEqual(await zk.getChildren("/locks/a"), []);
});

test("ends of their own have exit codes of their own", async (t) => {
  const { zk, run } = await setUp(t);
  const lock = new Lock(zk, "/locks/a");
  const held = await lock.acquire();
  const late = await run("lock", "--timeout", "100", "/locks/a", "--", "echo", "never");
  assert.deepEqual([late.code, late.stdout], [124, ""]);
  assert.match(late.stderr, /^the lock was not done within 100 ms$/m);
  await held.release();
  assert.equal((await run("lock", "/locks/a", "--", "/no/such/program")).code, 127);
  assert.equal((await run("lock", "/locks/a", "--", "/dev/null")).code, 126);
  assert.equal((await run("lock", "/locks/a", "--", "sh", "-c", "kill -9 $$")).code, 137);
  assert.equal((await run("lock", "/locks/a")).code, 1);
  assert.deepEqual(await lock.contenders(), []);
});

test("a signal goes to the command, and the lock is free when that has ended", async (t) => {
  const { zk, start } = await setUp(t);
  const holder = start("lock", "/locks/a", "--", process.execPath, "-e", LASTS);
  await holder.until("it runs", () => holder.output.includes("runs"));
  holder.child.kill("SIGINT");
  assert.equal(await holder.end(), 8);
  assert.deepEqual(await zk.getChildren("/locks/a"), []);
});

test("who waits leaves no node behind when a signal ends it", async (t) => {
  const { zk, start } = await setUp(t);
  const lock = new Lock(zk, "/locks/a");
  const held = await lock.acquire();
  const waiter = start("lock", "/locks/a", "--", "echo", "never");
  while ((await lock.contenders()).length < 2) await zk.sync("/");
  waiter.child.kill("SIGTERM");
  assert.equal(await waiter.end(), 143);
  assert.equal((await lock.contenders()).length, 1);
  await held.release();
});

test("a lost lock ends the command", async (t) => {
  const { zk, start } = await setUp(t);
  const holder = start("lock", "/locks/a", "--", process.execPath, "-e", LASTS);
  await holder.until("it runs", () => holder.output.includes("runs"));
  await zk.delete(await onlyChild(zk, "/locks/a"));
  assert.equal(await holder.end(), 125);
  assert.match(holder.output, /^\/locks\/a\/\S+ is no longer held: the node was deleted$/m);
});

test("a command that does not heed SIGTERM is killed", async (t) => {
  const { zk, start } = await setUp(t);
  const deaf = LASTS.replace("process.exit(7)", "console.log('deaf')");
  const holder = start("lock", "/locks/a", "--", process.execPath, "-e", deaf);
  await holder.until("it runs", () => holder.output.includes("runs"));
  await zk.delete(await onlyChild(zk, "/locks/a"));
  assert.equal(await holder.end(), 125);
  assert.match(holder.output, /^deaf$/m);
});

test("who lost the leadership stands again; an end of the command's own ends all", async (t) => {
  const { zk, start } = await setUp(t);
  const candidate = start("elect", "--id", "me", "/leader", "--", process.execPath, "-e", LASTS);
  const runs = (): readonly string[] => candidate.output.match(/^runs \d+$/gm) ?? [];
  await candidate.until("it leads", () => runs().length === 1);
  const node = await onlyChild(zk, "/leader");
  assert.equal(new TextDecoder().decode((await zk.getData(node)).data ?? undefined), "me");
  await zk.delete(node);
  await candidate.until("it leads again", () => runs().length === 2);
  assert.notEqual(await onlyChild(zk, "/leader"), node);
  candidate.child.kill("SIGTERM");
  assert.equal(await candidate.end(), 7);
  assert.deepEqual(await zk.getChildren("/leader"), []);
});

test("who may stand again does so when the command has ended", async (t) => {
  const { zk, start } = await setUp(t);
  const candidate = start("elect", "--again", "/leader", "--", "echo", "led");
  const terms = (): number => candidate.output.match(/^led$/gm)?.length ?? 0;
  await candidate.until("it has led twice", () => terms() >= 2);
  candidate.child.kill("SIGTERM");
  assert.ok([143, 0].includes(Number(await candidate.end())), "as the last command, or waiting");
  assert.match(candidate.output, /^echo ended with 0$/m);
  assert.deepEqual(await zk.getChildren("/leader"), []);
});

/** Stops `process` until the servers have ended its session, and lets it go on. */
async function outlast(zk: ZooKeeper, path: string, candidate: ServerProcess): Promise<void> {
  candidate.child.kill("SIGSTOP");
  while ((await zk.getChildren(path)).length > 0) await zk.sync("/");
  candidate.child.kill("SIGCONT");
}
const SHORT = ["-timeout", "1500"];

test("an expired session ends the command under a lock", async (t) => {
  const { zk, start } = await setUp(t);
  const holder = start("lock", ...SHORT, "/locks/a", "--", process.execPath, "-e", LASTS);
  await holder.until("it runs", () => holder.output.includes("runs"));
  await outlast(zk, "/locks/a", holder);
  assert.equal(await holder.end(), 125);
  assert.match(holder.output, /is no longer held: (?:the session is over|out of touch)/);
});

test("a candidate whose session has expired stands again in a new one", async (t) => {
  const { zk, start } = await setUp(t);
  const candidate = start("elect", ...SHORT, "/leader", "--", process.execPath, "-e", LASTS);
  const tokens = (): readonly string[] => candidate.output.match(/^runs \d+$/gm) ?? [];
  await candidate.until("it leads", () => tokens().length === 1);
  await outlast(zk, "/leader", candidate);
  await candidate.until("it leads again", () => tokens().length === 2);
  assert.notEqual(tokens()[0], tokens()[1]);
  candidate.child.kill("SIGTERM");
  assert.equal(await candidate.end(), 7);
});
