/**
 * deploy/docker/entrypoint.sh: what it writes from the variables of the official ZooKeeper image,
 * that the server takes it, also what compose.yaml and the StatefulSet ask for, and that a
 * container's life works: start, health, stop.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { loadConfig } from "../src/server/config/load-config.ts";
import { anyFreePort } from "./support/ports.ts";
import { type Ran, runCommand } from "./support/processes.ts";
import { REPOSITORY } from "./support/subjects.ts";

type Env = Readonly<Record<string, string>>;

const DEPLOY = join(REPOSITORY, "deploy");
const ENTRYPOINT = join(DEPLOY, "docker/entrypoint.sh");
const LIMIT_MS = 30_000;

let home = "";
let made = 0;
before(() => {
  home = mkdtempSync(join(tmpdir(), "quoll entry-"));
});
after(() => rmSync(home, { recursive: true, force: true }));

/** The folders of one container. */
class Container {
  readonly folder = join(home, String(++made));
  readonly config = join(this.folder, "conf/zoo.cfg");
  readonly myid = join(this.folder, "data/myid");

  env(more: Env): NodeJS.ProcessEnv {
    const at = (name: string): string => join(this.folder, name);
    const dirs = { ZOO_CONF_DIR: at("conf"), ZOO_DATA_DIR: at("data"), ZOO_LOG_DIR: at("logs") };
    const path = `${join(REPOSITORY, "bin")}:${process.env["PATH"]}`;
    const own = { PATH: path, ZOOCFGDIR: at("conf"), ZOO_DATA_LOG_DIR: at("datalog") };
    return { ...own, ...dirs, QUOLL_NODE: process.execPath, ...more };
  }

  enter(more: Env, command: readonly string[] = ["echo", "entered"]): Promise<Ran> {
    return runCommand([ENTRYPOINT, ...command], { limitMs: LIMIT_MS, env: this.env(more) });
  }

  /** What was written, without the folder of this test. */
  written(): readonly string[] {
    return readFileSync(this.config, "utf8").replaceAll(this.folder, "").trimEnd().split("\n");
  }

  /** The configuration as the server reads it. Throws where it refuses. */
  loaded() {
    const readFile = (path: string): string => readFileSync(path, "utf8");
    return loadConfig({ argv: [this.config], env: {}, readFile });
  }
}

async function entered(env: Env): Promise<Container> {
  const container = new Container();
  const ran = await container.enter(env);
  assert.deepEqual({ ...ran, stderr: "" }, { code: 0, stdout: "entered\n", stderr: "" });
  return container;
}

const SERVERS = "server.1=a:2888:3888;2181 server.2=b:2888:3888;2181 server.3=c:2888:3888;2181";

test("without variables it is what the official image begins with", async () => {
  const container = await entered({});
  assert.deepEqual(container.written(), [
    "dataDir=/data",
    "dataLogDir=/datalog",
    "tickTime=2000",
    "initLimit=5",
    "syncLimit=2",
    "autopurge.snapRetainCount=3",
    "autopurge.purgeInterval=0",
    "maxClientCnxns=60",
    "standaloneEnabled=true",
    "admin.enableServer=true",
    "server.1=localhost:2888:3888;2181",
  ]);
  assert.equal(readFileSync(container.myid, "utf8"), "1\n");
  const { config } = container.loaded();
  assert.equal(config.ensemble, undefined);
  assert.equal(config.clientPort, 2181);
});

test("every variable has its line", async () => {
  const container = await entered({
    ZOO_MY_ID: "2",
    ZOO_SERVERS: SERVERS,
    ZOO_TICK_TIME: "1000",
    ZOO_INIT_LIMIT: "10",
    ZOO_SYNC_LIMIT: "5",
    ZOO_MAX_CLIENT_CNXNS: "0",
    ZOO_STANDALONE_ENABLED: "false",
    ZOO_ADMINSERVER_ENABLED: "false",
    ZOO_AUTOPURGE_PURGEINTERVAL: "6",
    ZOO_AUTOPURGE_SNAPRETAINCOUNT: "7",
    ZOO_4LW_COMMANDS_WHITELIST: "*",
    ZOO_CFG_EXTRA: "snapCount=5000  quorumListenOnAllIPs=true",
  });
  assert.deepEqual(container.written(), [
    "dataDir=/data",
    "dataLogDir=/datalog",
    "tickTime=1000",
    "initLimit=10",
    "syncLimit=5",
    "autopurge.snapRetainCount=7",
    "autopurge.purgeInterval=6",
    "maxClientCnxns=0",
    "standaloneEnabled=false",
    "admin.enableServer=false",
    ...SERVERS.split(" "),
    "4lw.commands.whitelist=*",
    "snapCount=5000",
    "quorumListenOnAllIPs=true",
  ]);
  const { config } = container.loaded();
  assert.equal(config.ensemble?.self, 2n);
  assert.equal(config.ensemble?.config.members.length, 3);
  assert.equal(config.snapCount, 5000);
  assert.equal(config.purgeIntervalMs, 6 * 3_600_000);
});

test("an empty ZOO_DATA_LOG_DIR keeps the log with the data", async () => {
  const container = await entered({ ZOO_DATA_LOG_DIR: "" });
  assert.equal(container.written().includes("dataLogDir="), false);
  const { dataDir, dataLogDir } = container.loaded().config;
  assert.equal(dataLogDir, dataDir);
});

test("what is there already is not touched", async () => {
  const container = new Container();
  mkdirSync(join(container.folder, "conf"), { recursive: true });
  mkdirSync(join(container.folder, "data"));
  writeFileSync(container.config, "mine\n");
  writeFileSync(container.myid, "3\n");
  const { code, stdout, stderr } = await container.enter({ ZOO_MY_ID: "1", ZOO_TICK_TIME: "1" });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "entered\n" });
  assert.match(stderr, /myid says 3 and counts; ZOO_MY_ID says 1/);
  assert.deepEqual(container.written(), ["mine"]);
  assert.equal(readFileSync(container.myid, "utf8"), "3\n");
});

test("ZOO_MY_ID=ordinal counts from the host name", async () => {
  for (const [host, number] of [
    ["zk-0", "1"],
    ["my-zk-11", "12"],
  ] as const) {
    const container = await entered({ ZOO_MY_ID: "ordinal", HOSTNAME: host });
    assert.equal(readFileSync(container.myid, "utf8"), `${number}\n`);
  }
  for (const host of ["zk", "zk-", "zk-a", "zk-08", "3"]) {
    const ran = await new Container().enter({ ZOO_MY_ID: "ordinal", HOSTNAME: host });
    assert.equal(ran.code, 2, host);
    assert.match(ran.stderr, /does not end in - and a number/);
  }
});

test("a folder that cannot be made is told with its remedy", async () => {
  const container = new Container();
  mkdirSync(container.folder);
  writeFileSync(join(container.folder, "data"), "a file where a folder should be");
  const { code, stderr } = await container.enter({});
  assert.equal(code, 2);
  assert.match(stderr, /data cannot be written by user \d+: on the host, chown -R/);
});

type Variable = { readonly name: string; readonly value: string };

test("the StatefulSet's variables make three members that are each other's", async () => {
  const text = readFileSync(join(DEPLOY, "kubernetes/quoll.yaml"), "utf8");
  const set = text
    .split(/^---$/m)
    .map((part) => parse(part))
    .find((part) => part.kind === "StatefulSet");
  const variables: readonly Variable[] = set.spec.template.spec.containers[0].env;
  const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
  for (let ordinal = 0; ordinal < set.spec.replicas; ordinal++) {
    const host = `${set.metadata.name}-${ordinal}`;
    const { ensemble, quorumListenOnAllIps } = (await entered({ ...env, HOSTNAME: host })).loaded()
      .config;
    assert.equal(ensemble?.own.addresses[0]?.host, `${host}.${set.spec.serviceName}`);
    assert.equal(ensemble.config.members.length, set.spec.replicas);
    assert.equal(quorumListenOnAllIps, true);
  }
});

test("the services of compose.yaml are each other's members", async () => {
  const text = readFileSync(join(DEPLOY, "docker/compose.yaml"), "utf8");
  const { services } = parse(text, { merge: true });
  assert.equal(Object.keys(services).length, 3);
  for (const [name, { environment, hostname }] of Object.entries<{
    environment: Env;
    hostname: string;
  }>(services)) {
    const { ensemble } = (await entered(environment)).loaded().config;
    assert.equal(hostname, name);
    assert.equal(ensemble?.own.addresses[0]?.host, name);
    assert.equal(ensemble.config.members.length, 3);
  }
});

/** The commands in the Dockerfile, in the order in which they stand there. */
function commands(): readonly (readonly string[])[] {
  const text = readFileSync(join(DEPLOY, "docker/Dockerfile"), "utf8");
  return [...text.matchAll(/^ *CMD (\[.*\])$/gm)].map(([, words]) => JSON.parse(words!));
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once("exit", resolve));

test("the image's commands start a server, find it healthy and stop it", async () => {
  const container = new Container();
  const port = await anyFreePort();
  const env = container.env({ ZOO_SERVERS: `server.1=localhost:2888:3888;${port}` });
  const [health, start] = commands();
  assert.ok(health !== undefined && start !== undefined);
  const child = spawn(ENTRYPOINT, start, { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise<void>((resolve, reject) => {
      let output = "";
      child.once("exit", () => reject(new Error(`it ended:\n${output}`)));
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('"serving clients"')) resolve();
      });
    });
    const healthy = await runCommand(health, { limitMs: LIMIT_MS, env });
    assert.equal(healthy.code, 0);
    assert.match(healthy.stdout, /Mode: standalone/);
  } finally {
    child.kill("SIGTERM");
  }
  assert.equal(await ended(child), 0);
  const gone = await runCommand(health, { limitMs: LIMIT_MS, env });
  assert.equal(gone.code, 1);
});
