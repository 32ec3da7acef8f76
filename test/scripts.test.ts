/**
 * bin/*.sh, in an installation of their own whose program is a stand-in: what they print, return
 * and hand over. The texts and exit codes are those that the script of Apache ZooKeeper 3.8.0 gave.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Stands in for dist/src/main/quoll.js: tells its arguments; as a server, answers every word. */
const STAND_IN = `
const net = require("node:net"), fs = require("node:fs");
const [verb, ...rest] = process.argv.slice(2);
console.log(JSON.stringify({ verb, rest, flags: process.env.SERVER_JVMFLAGS }));
if (verb === "server") {
  const text = fs.readFileSync(rest.at(-1), "utf8");
  if (text.includes("broken")) { console.error("it is broken"); process.exit(2); }
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end("Zookeeper version: x\\nMode: standalone\\n"));
  });
  server.on("error", (error) => { console.error(error.message); process.exit(1); });
  server.listen(Number(/clientPort=(\\d+)/.exec(text)[1]), "127.0.0.1");
}
if (verb === "four-letter-word") {
  const socket = net.connect(Number(rest[1]), rest[0], () => socket.write(rest[2]));
  socket.on("error", () => process.exit(1));
  socket.pipe(process.stdout);
}
`;

let home = "";
let port = 0;

async function listenAnywhere(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

before(async () => {
  // A blank in the path: scripts that forget their quotes fail on it.
  home = mkdtempSync(join(tmpdir(), "quoll scripts-"));
  cpSync(join(ROOT, "bin"), join(home, "bin"), { recursive: true });
  cpSync(join(ROOT, "conf"), join(home, "conf"), { recursive: true });
  mkdirSync(join(home, "dist/src/main"), { recursive: true });
  writeFileSync(join(home, "dist/src/main/quoll.js"), STAND_IN);
  const server = createServer();
  port = await listenAnywhere(server);
  await new Promise((resolve) => server.close(resolve));
  configure("zoo.cfg", `dataDir=${home}/data\nclientPort=${port}\nclientPortAddress=127.0.0.1\n`);
});

after(async () => {
  await run(["stop"]);
  rmSync(home, { recursive: true, force: true });
});

const configure = (name: string, text: string) => writeFileSync(join(home, "conf", name), text);

type Ran = { readonly code: number; readonly out: string; readonly err: string };

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  script = join(home, "bin/zkServer.sh"),
): Promise<Ran> {
  const { PATH = "", HOME = "" } = process.env;
  return new Promise((resolve) => {
    const options = { env: { PATH, HOME, ...env }, cwd: tmpdir() };
    execFile("bash", [script, ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

test("start, start again, status, stop, stop again", async () => {
  const started = await run(["start"], { SERVER_JVMFLAGS: "-Dzookeeper.snapCount=9 -Xmx1g" });
  deepEqual([started.code, started.out], [0, "Starting zookeeper ... STARTED\n"]);
  equal(started.err, `Using config: ${home}/conf/zoo.cfg\n`);
  const pid = readFileSync(join(home, "data/zookeeper_server.pid"), "utf8");
  const again = await run(["start"]);
  equal(again.out, `Starting zookeeper ... already running as process ${pid}.\n`);
  equal(again.code, 1);
  const status = await run(["status"]);
  const found = `Client port found: ${port}. Client address: 127.0.0.1. Client SSL: false.\n`;
  deepEqual([status.code, status.out], [0, `${found}Mode: standalone\n`]);
  const stopped = await run(["stop"]);
  deepEqual([stopped.code, stopped.out], [0, "Stopping zookeeper ... STOPPED\n"]);
  const nothing = await run(["stop"]);
  match(
    nothing.out,
    /^Stopping zookeeper \.\.\. no zookeeper to stop \(could not find file .*\)\n$/,
  );
  equal(nothing.code, 0);
  const down = await run(["status"]);
  equal(down.out, `${found}Error contacting service. It is probably not running.\n`);
  equal(down.code, 1);
});

test("a restart gives another process", async () => {
  await run(["start"]);
  const before = readFileSync(join(home, "data/zookeeper_server.pid"), "utf8");
  const again = await run(["restart"]);
  const texts = "Stopping zookeeper ... STOPPED\nStarting zookeeper ... STARTED\n";
  deepEqual([again.code, again.out], [0, texts]);
  const now = readFileSync(join(home, "data/zookeeper_server.pid"), "utf8");
  equal(now === before, false);
  await run(["stop"]);
});

test("what does not start is told with the end of its log", async () => {
  configure("broken.cfg", `dataDir=${home}/broken\nclientPort=${port}\n`);
  const failed = await run(["start", "broken.cfg"]);
  deepEqual([failed.code, failed.out], [1, "Starting zookeeper ... FAILED TO START\n"]);
  match(failed.err, /it is broken/);
});

test("another server at the port is not taken for ours", async () => {
  const other = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end("Zookeeper version: other\n"));
  });
  const taken = await listenAnywhere(other);
  configure(
    "taken.cfg",
    `dataDir=${home}/taken\nclientPort=${taken}\nclientPortAddress=127.0.0.1\n`,
  );
  const failed = await run(["start", "taken.cfg"]);
  await new Promise((resolve) => other.close(resolve));
  equal(failed.out, "Starting zookeeper ... FAILED TO START\n");
  match(failed.err, /EADDRINUSE/);
});

test("a pid file that names another program is stale", async () => {
  mkdirSync(join(home, "data"), { recursive: true });
  const pidFile = join(home, "data/zookeeper_server.pid");
  // The process that started this test is alive and no server of ours.
  writeFileSync(pidFile, String(process.ppid));
  const stopped = await run(["stop"]);
  equal(stopped.out, "Stopping zookeeper ... STOPPED\n");
  process.kill(process.ppid, 0);
});

test("through a symbolic link, with a folder of configurations and a log file of its own", async () => {
  const elsewhere = join(home, "else where");
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, "x.cfg"), `  dataDir = ${home}/linked \nclientPort=${port}\n`);
  const link = join(elsewhere, "zk");
  symlinkSync("../bin/zkServer.sh", link);
  const env = { ZOO_LOG_DIR: join(elsewhere, "logs"), ZOO_LOG_FILE: "zk.log" };
  const pid = { ZOOPIDFILE: join(elsewhere, "run/zk.pid") };
  const started = await run(["--config", elsewhere, "start", "x.cfg"], { ...env, ...pid }, link);
  equal(started.out, "Starting zookeeper ... STARTED\n");
  match(readFileSync(join(elsewhere, "logs/zk.log"), "utf8"), /"verb":"server"/);
  const stopped = await run(["stop", "x.cfg"], { ...pid, ZOOCFGDIR: elsewhere }, link);
  equal(stopped.out, "Stopping zookeeper ... STOPPED\n");
});

test("print-cmd, version and the usage start nothing", async () => {
  const printed = await run(["print-cmd"]);
  const young = '"--max-semi-space-size=8" ';
  const command = (flags: string): RegExp =>
    new RegExp(`^"[^"]*" ${flags}".*/quoll.js" "server" ".*/zoo.cfg" >> ".*.out" 2>&1`);
  match(printed.out, command(young));
  const flags = await run(["print-cmd"], { QUOLL_NODE_FLAGS: "--a --b" });
  match(flags.out, command('"--a" "--b" '));
  match((await run(["print-cmd"], { QUOLL_NODE: "/opt/bun" })).out, command(""));
  const version = await run(["version"]);
  equal(JSON.parse(version.out).verb, "version");
  const usage = await run(["fly"]);
  equal(usage.code, 0);
  match(usage.err, /Usage: .* \[--config <conf-dir>\] \{start\|start-foreground\|stop\|version\|/);
});

test("ZOO_DATADIR_AUTOCREATE_DISABLE wants the folders, and hands the wish on", async () => {
  configure("fixed.cfg", `dataDir=${home}/fixed\nclientPort=${port}\n`);
  const env = { ZOO_DATADIR_AUTOCREATE_DISABLE: "1" };
  const refused = await run(["print-cmd", "fixed.cfg"], env);
  const told = `ZooKeeper data directory is missing at ${home}/fixed fix the path or run initialize\n`;
  deepEqual([refused.code, refused.out], [1, told]);
  mkdirSync(join(home, "fixed/version-2"), { recursive: true });
  const printed = await run(["print-cmd", "fixed.cfg"], env);
  match(printed.out, /"server" "-Dzookeeper\.datadir\.autocreate=false" "/);
});

const ports: ReadonlyArray<readonly [why: string, config: string, out: string, code: number]> = [
  [
    "no port and no myid",
    "dataDir=HOME/none\n",
    "myid could not be determined, will not able to locate clientPort in the server configs.\n" +
      "Client port not found. Looking for secureClientPort in the static config.\n" +
      "Unable to find either secure or unsecure client port in any configs. Terminating.\n",
    1,
  ],
  [
    "the port of this server's line",
    "dataDir=HOME/mine\nserver.3=localhost:1:2;[::1]:PORT\n",
    "Client port found: PORT. Client address: ::1. Client SSL: false.\n" +
      "Error contacting service. It is probably not running.\n",
    1,
  ],
  [
    "the port in the dynamic file",
    "dataDir=HOME/mine\ndynamicConfigFile=HOME/conf/dyn\n",
    "Client port not found in static config file. Looking in dynamic config file.\n" +
      "Client port found: PORT. Client address: localhost. Client SSL: false.\n" +
      "Error contacting service. It is probably not running.\n",
    1,
  ],
  [
    "a secure port",
    "dataDir=HOME/none\nsecureClientPort=PORT\n",
    "myid could not be determined, will not able to locate clientPort in the server configs.\n" +
      "Client port not found. Looking for secureClientPort in the static config.\n" +
      "Client port found: PORT. Client address: localhost. Client SSL: true.\n" +
      "Port PORT is for clients with TLS. Name their stores in CLIENT_JVMFLAGS, such as:\n" +
      '  CLIENT_JVMFLAGS="-Dzookeeper.ssl.keyStore.location=/path/client.pem ' +
      '-Dzookeeper.ssl.trustStore.location=/path/ca.pem" zkServer.sh status\n' +
      "Error contacting service. It is probably not running.\n",
    1,
  ],
];

for (const [why, config, out, code] of ports) {
  test(`status finds ${why}`, async () => {
    const filled = (text: string) => text.replaceAll("HOME", home).replaceAll("PORT", String(port));
    mkdirSync(join(home, "mine"), { recursive: true });
    writeFileSync(join(home, "mine/myid"), "3\n");
    configure("dyn", filled("server.3=localhost:1:2:participant;PORT\n"));
    configure("ports.cfg", filled(config));
    const status = await run(["status", "ports.cfg"]);
    deepEqual([status.out, status.code], [filled(out), code]);
  });
}

test("zkCli.sh and zkCleanup.sh hand their arguments on", async () => {
  const cli = await run(["-server", "h:1", "ls", "/a b"], {}, join(home, "bin/zkCli.sh"));
  deepEqual(JSON.parse(cli.out).rest, ["-server", "h:1", "ls", "/a b"]);
  const cleanup = await run(["-n", "3"], {}, join(home, "bin/zkCleanup.sh"));
  deepEqual(JSON.parse(cleanup.out).rest, [`${home}/data`, "-n", "3"]);
});

test("an installation that is not built says what to do", async () => {
  const bare = mkdtempSync(join(tmpdir(), "quoll-bare-"));
  cpSync(join(ROOT, "bin"), join(bare, "bin"), { recursive: true });
  for (const [script, args] of [
    ["zkServer.sh", ["start"]],
    ["zkCli.sh", []],
  ] as const) {
    const refused = await run(args, {}, join(bare, "bin", script));
    equal(refused.code, 1);
    match(refused.err, /Quoll is not built: .* is missing\.\nRun in .*: npm start/);
  }
  rmSync(bare, { recursive: true });
});
