/**
 * The whole application by one command: a server, two masters, three workers and a web page, each a
 * process of its own. Whichever dies is started again; the others go on meanwhile.
 *
 *   npm run example:master-worker                page on 8080
 *   node dist/examples/master-worker/main.js 0   page on any free port
 *
 * Prints the address of the page, and each start and end. Kill what you like:
 * the page shows the ids of the processes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PART = fileURLToPath(new URL("./part.js", import.meta.url));
const QUOLL = fileURLToPath(
  new URL("./dist/src/main/quoll.js", import.meta.resolve("quoll/package.json")),
);
/** Before what died is started again, in ms. */
const RESTART_MS = 300;
const PAGE_PORT_DEFAULT = 8080;

type Part = { readonly name: string; readonly args: readonly string[] };

const children = new Map<string, ChildProcess>();
let isOver = false;

async function main(pagePort: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "quoll-example-"));
  const port = await freePort();
  const page = pagePort === 0 ? await freePort() : pagePort;
  const parts = partsOf(home, port, page);
  const stop = (): void => {
    isOver = true;
    for (const child of children.values()) child.kill();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.stdout.write(`page: http://127.0.0.1:${page}/\n`);
  await Promise.all(parts.map(keep));
  rmSync(home, { recursive: true, force: true });
}

function partsOf(home: string, port: number, page: number): readonly Part[] {
  const config = join(home, "zoo.cfg");
  const dataDir = join(home, "data");
  mkdirSync(dataDir);
  // A tick of 500 ms lets sessions be as short as a second: the dead are noticed soon.
  const lines = [`dataDir=${dataDir}`, `clientPort=${port}`, "tickTime=500", "maxClientCnxns=0"];
  writeFileSync(config, `${lines.join("\n")}\n`);
  const part = (role: string, name: string, ...more: string[]): Part => ({
    name,
    args: [PART, role, `127.0.0.1:${port}`, name, ...more],
  });
  return [
    { name: "server", args: [QUOLL, "server", config] },
    ...["master-1", "master-2"].map((name) => part("master", name)),
    ...["worker-1", "worker-2", "worker-3"].map((name) => part("worker", name)),
    part("page", "page", `${page}`),
  ];
}

/** Starts a process, and again whenever it ends, until all is over. */
async function keep({ name, args }: Part): Promise<void> {
  while (!isOver) {
    // What it says goes nowhere: without us it would have nobody to say it to.
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    children.set(name, child);
    process.stdout.write(`start ${name} ${child.pid}\n`);
    const how = await new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(`${signal ?? code}`));
    });
    process.stdout.write(`end ${name} ${child.pid}: ${how}\n`);
    if (!isOver) await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
  }
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

await main(Number(process.argv[2] ?? PAGE_PORT_DEFAULT));
