/**
 * The whole application by one command: a server, two masters, three workers and a web page, each a
 * process of its own. Whichever dies is started again; the others go on meanwhile.
 *
 *   npm run example:master-worker                page on 8080
 *   node dist/examples/master-worker/main.js 0   page on any free port
 *
 * Prints the address of the page, and each start and end. Kill what you like, the process that
 * starts the others too: a stand-in waits for its end and takes over. The page shows the ids.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Part, Starter, standIn } from "./starter.ts";

const PART = fileURLToPath(new URL("./part.js", import.meta.url));
const QUOLL = fileURLToPath(
  new URL("./dist/src/main/quoll.js", import.meta.resolve("quoll/package.json")),
);
const PAGE_PORT_DEFAULT = 8080;

async function start(pagePort: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "quoll-example-"));
  const page = pagePort === 0 ? await freePort() : pagePort;
  const parts = partsOf(home, await freePort(), page);
  process.stdout.write(`page: http://127.0.0.1:${page}/\n`);
  await new Starter({ home, parts, pids: {} }).run();
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

const [first = `${PAGE_PORT_DEFAULT}`, home] = process.argv.slice(2);
if (home === undefined) await start(Number(first));
else await standIn(home);
