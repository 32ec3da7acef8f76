/**
 * The servers that tests and measurements run against: Apache ZooKeeper (Debian package) and Quoll.
 * Both are started from the same zoo.cfg, so that a harness need not know which one it drives.
 *
 * Promises: a server is returned when it answers; it is ended by its process id; its folder is
 * removed by `dispose` only when this file made it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fourLetter } from "./four-letter.ts";
import { freePort, returnPort } from "./ports.ts";

export type SubjectName = "apache" | "quoll";

export type StartOptions = {
  /** Serve this folder; without it a new one is made. */
  readonly dataDir?: string;
  readonly port?: number;
  /** Further lines of zoo.cfg, over the ones below. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Ready when it answers at all, even if it serves nobody. Without it: when it serves. */
  readonly silent?: boolean;
  /** Further arguments of the JVM. Quoll takes the server's properties among them. */
  readonly jvm?: readonly string[];
  /** What runs Quoll, and its arguments. Without it this Node, or QUOLL_NODE. */
  readonly runtime?: readonly string[];
  /** Variables over those of this process. */
  readonly env?: Readonly<Record<string, string>>;
};

/** One server process. `pid` changes with each `restart`. */
export interface Subject {
  readonly name: SubjectName;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** From the last spawn to the first answer, in ms. */
  readonly readyMs: number;
  /** What the process has printed since it was started, newest last; bounded. */
  readonly output: string;
  /** Asks the process to end (SIGTERM) and waits until it has. */
  stop(): Promise<void>;
  /** Ends it without warning (SIGKILL) and waits until it has. */
  kill9(): Promise<void>;
  /** Further lines of zoo.cfg, over the present ones, from the next start on. */
  configure(lines: Readonly<Record<string, string | number | boolean>>): Promise<void>;
  /** Starts it again on the same folder and port; resolves at the first answer. */
  restart(): Promise<void>;
  /** `kill9` and, if the folder was made here, its removal. */
  dispose(): Promise<void>;
}

export type Start = (options?: StartOptions) => Promise<Subject>;

/** The repository: four levels above `dist/test/support/subjects.js`. */
export const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
export const QUOLL_MAIN = join(REPOSITORY, "dist/src/main/quoll.js");
export const ZOOKEEPER_JAR = "/usr/share/java/zookeeper.jar";
/** An unpacked release of Apache ZooKeeper, to be used in place of Debian's package. */
const { QUOLL_APACHE_HOME } = process.env;
/** The jar of the package, and those for TLS that its manifest forgets. */
const PACKAGE_CLASSES = [
  "zookeeper",
  "netty-codec",
  "netty-resolver",
  "netty-transport-native-unix-common",
]
  .map((name) => `/usr/share/java/${name}.jar`)
  .join(":");
export const REFERENCE_CLASSES =
  QUOLL_APACHE_HOME === undefined
    ? PACKAGE_CLASSES
    : `${QUOLL_APACHE_HOME}/lib/*:${QUOLL_APACHE_HOME}/*`;
const PACKAGE_LOGGER = ["slf4j-api", "slf4j-simple"].map((name) => `/usr/share/java/${name}.jar`);
/**
 * Arguments of the JVM that make it print how a learner is synchronised. Debian's package has no
 * logger among its classes; a release prints all by itself.
 */
export const TELL_SYNC: readonly string[] =
  QUOLL_APACHE_HOME === undefined
    ? [
        `-Xbootclasspath/a:${PACKAGE_LOGGER.join(":")}`,
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        "-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.Learner=info",
      ]
    : [];

/** Longest wait for the first answer of a server, in ms: a JVM on a busy machine is slow. */
const READY_MS_MAX = 60_000;
const POLL_MS = 10;
/**
 * A connection made while the server starts may never be answered: try another one after this, in
 * ms.
 */
const ANSWER_MS_MAX = 100;
const SERVER_PROPERTY = /^-D(zookeeper|readonlymode)\./;
const OUTPUT_CHARACTERS_MAX = 200_000;

/** `super:secret`: may do everything on every subject. */
export const SUPER_AUTH = "super:secret";
const SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";

const CONFIG_DEFAULT: Readonly<Record<string, string | number | boolean>> = {
  tickTime: 2000,
  maxClientCnxns: 0,
  "4lw.commands.whitelist": "*",
  "admin.enableServer": false,
  extendedTypesEnabled: true,
  "DigestAuthenticationProvider.superDigest": SUPER_DIGEST,
};

/** What runs Quoll: this Node, unless QUOLL_NODE tells another, as for the scripts in bin. */
const { QUOLL_NODE: RUNTIME = process.execPath } = process.env;

/** What bin/zkServer.sh gives the runtime. */
const flagsOf = (program = ""): readonly string[] =>
  /(^|\/)bun[^/]*$/.test(program) ? [] : ["--max-semi-space-size=8"];

/** The command line of a subject that serves `config`. */
const COMMANDS: Readonly<
  Record<SubjectName, (config: string, options: StartOptions) => readonly string[]>
> = {
  apache: (config, { jvm = [] }) => [
    "java",
    ...jvm,
    "-cp",
    REFERENCE_CLASSES,
    "org.apache.zookeeper.server.quorum.QuorumPeerMain",
    config,
  ],
  quoll: (config, { runtime: [program = RUNTIME, ...more] = [] }) => [
    program,
    ...flagsOf(program),
    ...more,
    QUOLL_MAIN,
    "server",
    config,
  ],
};

export const startApache: Start = (options = {}) => start("apache", options);
export const startQuoll: Start = (options = {}) => start("quoll", options);
export const START: Readonly<Record<SubjectName, Start>> = {
  apache: startApache,
  quoll: startQuoll,
};

async function start(name: SubjectName, options: StartOptions): Promise<Subject> {
  const home = await mkdtemp(join(tmpdir(), `quoll-test-${name}-`));
  const dataDir = options.dataDir ?? join(home, "data");
  await mkdir(dataDir, { recursive: true });
  const port = options.port ?? (await freePort());
  const configFile = join(home, "zoo.cfg");
  const config = { ...CONFIG_DEFAULT, ...options.config, dataDir, clientPort: port };
  const lines = Object.entries(config).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(configFile, lines.join(""));
  const server = new ServerProcess(name, port, dataDir, configFile, home, options);
  try {
    await server.restart();
  } catch (cause) {
    await server.dispose();
    throw cause;
  }
  return server;
}

class ServerProcess implements Subject {
  readonly name: SubjectName;
  readonly port: number;
  readonly dataDir: string;
  output = "";
  readyMs = 0;
  private readonly configFile: string;
  private readonly home: string;
  private readonly options: StartOptions;
  /** The first answer that counts. */
  private readonly firstAnswer: RegExp;
  private child: ChildProcess | null = null;
  private ended: Promise<unknown> = Promise.resolve();

  constructor(
    name: SubjectName,
    port: number,
    dataDir: string,
    configFile: string,
    home: string,
    options: StartOptions,
  ) {
    this.name = name;
    this.port = port;
    this.dataDir = dataDir;
    this.configFile = configFile;
    this.home = home;
    this.options = options;
    this.firstAnswer = options.silent === true ? /./ : /Mode: /;
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`${this.name} is not running`);
    return this.child.pid;
  }

  async restart(): Promise<void> {
    const startedAt = performance.now();
    const [command, ...args] = COMMANDS[this.name](this.configFile, this.options);
    const { jvm = [], env: own } = this.options;
    const flags = jvm.filter((arg) => SERVER_PROPERTY.test(arg)).join(" ");
    const env = { ...process.env, ...(flags && { SERVER_JVMFLAGS: flags }), ...own };
    const child = spawn(command!, args, { cwd: this.home, env, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    this.output = "";
    // "close" comes after the last output, "error" when there was no process at all.
    this.ended = new Promise((resolve) => {
      child.once("close", resolve);
      child.once("error", resolve);
    });
    child.on("error", (error) => this.keep(error.message));
    child.stdout.on("data", (chunk: Buffer) => this.keep(chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => this.keep(chunk.toString()));
    await this.ready(child, startedAt);
    this.readyMs = performance.now() - startedAt;
  }

  async configure(lines: Readonly<Record<string, string | number | boolean>>): Promise<void> {
    const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
    // Of a key that occurs twice the last line counts.
    await appendFile(this.configFile, text.join(""));
  }

  stop(): Promise<void> {
    return this.end("SIGTERM");
  }

  kill9(): Promise<void> {
    return this.end("SIGKILL");
  }

  async dispose(): Promise<void> {
    await this.kill9();
    returnPort(this.port);
    await rm(this.home, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child === null) return;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
    }
    await this.ended;
    this.child = null;
  }

  private async ready(child: ChildProcess, startedAt: number): Promise<void> {
    while (performance.now() - startedAt < READY_MS_MAX) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        await this.ended;
        throw new Error(`${this.name} ended before it answered:\n${this.output}`);
      }
      const answer = await fourLetter(this.port, "srvr", ANSWER_MS_MAX).catch(() => "");
      if (this.firstAnswer.test(answer)) return;
      await wait(POLL_MS);
    }
    throw new Error(`${this.name} did not answer within ${READY_MS_MAX} ms:\n${this.output}`);
  }

  private keep(text: string): void {
    this.output = (this.output + text).slice(-OUTPUT_CHARACTERS_MAX);
  }
}
