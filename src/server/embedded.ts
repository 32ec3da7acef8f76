/**
 * A server inside a program: for tests, and for whoever wants no process of its own for it.
 *
 * Promises: arguments and environment are not read; servers beside each other share nothing; after
 * `stop` no timer, socket or file of the server is left.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError } from "./config/config-error.ts";
import { loadConfig } from "./config/load-config.ts";
import { type AnyOption, OPTIONS } from "./config/options.ts";
import type { LoadedConfig } from "./config/server-config.ts";
import { makeLogger } from "./logging.ts";
import { startServing } from "./serving.ts";
import type { RunningServer } from "./start-server.ts";

/**
 * What a server may be started with. All of it may be left out.
 * @example const options: StartServerOptions = { dataDir: "./data", config: { tickTime: 100 } };
 */
export type StartServerOptions = {
  /**
   * The folder of snapshots and logs; it is made when it is missing. Without it the server keeps
   * its data in memory and forgets them when it stops.
   */
  readonly dataDir?: string;
  /** The port for clients, 0 to 65535. 0, as without it: any free one. */
  readonly port?: number;
  /**
   * Keys of zoo.cfg, or whole names of Java properties (`jute.maxbuffer`), with their values as
   * they would be written there: docs/configuration.md. Not `dataDir` and `clientPort`.
   *
   * Where it says nothing, the server listens on 127.0.0.1 only, lets in any number of connections,
   * answers every four-letter word, grants session timeouts from 200 ms to a minute, and finds out
   * within 100 ms that a session's time is over (`tickTime`).
   */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Told each line of the server's log, as JSON without a line end. Without it there is no log. */
  readonly onLog?: (line: string) => void;
  /**
   * The server cannot go on, as when its disk is full; it has stopped serving already. `stop`
   * rejects with the same error.
   */
  readonly onFailure?: (error: Error) => void;
};

/**
 * A server that runs in this process.
 * @example
 * const server: EmbeddedServer = await startServer();
 * console.log(server.connectString, server.port, server.securePort);
 * await server.stop();
 */
export interface EmbeddedServer extends AsyncDisposable {
  /** What clients are given: `127.0.0.1:40123`. */
  readonly connectString: string;
  /** The port that clients without TLS connect to. */
  readonly port: number;
  /** The port for clients with TLS (`secureClientPort`), where the configuration opens one. */
  readonly securePort: number | undefined;
  /**
   * Closes every connection and lets the disk come to rest; also what `await using` does. Sessions
   * do not end by it: on the same folder, a later server knows them. Calling it again does nothing
   * more. Rejects when the server had failed.
   */
  stop(): Promise<void>;
}

const DEFAULTS = {
  clientPortAddress: "127.0.0.1",
  maxClientCnxns: 0,
  "4lw.commands.whitelist": "*",
  tickTime: 100,
  minSessionTimeout: 200,
  maxSessionTimeout: 60_000,
};

/** Snapshots that nobody would read are not taken. */
const IN_MEMORY = { snapCount: 0x7fff_ffff, snapSizeLimitInKb: 0 };

/**
 * Starts a server; resolves when it serves.
 *
 * Rejects with a `ConfigError` at a value that is none, with a `FolderError` at a folder that
 * cannot be used, with a `DiskRefused` at data that are damaged, and with the system's error
 * (`code` EADDRINUSE and the like) at a port that is not to be had. `message` says what to do.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using zk = await ZooKeeper.connect(server.connectString);
 * console.log(await zk.getChildren("/")); // [ 'zookeeper' ]
 */
export async function startServer(options: StartServerOptions = {}): Promise<EmbeddedServer> {
  const { dataDir, port = 0, onLog, onFailure } = options;
  const logger = await makeLogger({
    env: { QUOLL_LOG_LEVEL: onLog === undefined ? "silent" : "info" },
    isTerminal: false,
    destination: { write: (line) => onLog?.(line.trimEnd()) },
  });
  const { config, notes } = configFrom(options);
  for (const note of notes) logger.warn(note);
  let failure: Error | undefined;
  const running = await startServing({
    config: { ...config, clientPort: port, configFile: undefined },
    logger,
    inMemory: dataDir === undefined,
    onFailure: (error, while_) => {
      failure ??= new Error(`the server failed while ${while_}`, { cause: error });
      logger.fatal({ err: error }, failure.message);
      onFailure?.(failure);
    },
  });
  const server = embedded(running, () => failure);
  STATES.set(server, () => {
    if (failure !== undefined) throw failure;
    return running.status.serving;
  });
  return server;
}

/** Whether it serves; throws its failure. For those who start several that need each other. */
const STATES = new WeakMap<EmbeddedServer, () => boolean>();
const POLL_MS = 5;

/** Resolves when the server, a member of an ensemble, serves; rejects when it fails before. */
export async function serving(server: EmbeddedServer): Promise<void> {
  const serves = STATES.get(server);
  while (serves?.() === false) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

function embedded(running: RunningServer, failure: () => Error | undefined): EmbeddedServer {
  // It was asked for a plain door, and would not be running without.
  const { family, address, port } = running.address!;
  const host = family === "IPv6" ? `[${address}]` : address;
  let stopped: Promise<void> | undefined;
  const stopOnce = async (): Promise<void> => {
    await running.stop();
    const error = failure();
    if (error !== undefined) throw error;
  };
  const stop = (): Promise<void> => (stopped ??= stopOnce());
  return {
    connectString: `${ANY_ADDRESS[host] ?? host}:${port}`,
    port,
    securePort: running.secureAddress?.port,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Whoever listens everywhere is found here. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "[::]": "[::1]" };

const KNOWN: readonly AnyOption[] = Object.values(OPTIONS);

/** No folder: what the answers to `conf` and `dirs` name. */
const NO_FOLDER = "/nowhere/(memory)";

/** Throws `ConfigError`. A value counts as if it stood in zoo.cfg, a property as if it were -D. */
function configFrom({ dataDir, config = {} }: StartServerOptions): LoadedConfig {
  const where = "the config of startServer";
  for (const key of ["dataDir", "clientPort"]) {
    if (!(key in config)) continue;
    const remedy = "Use the options dataDir and port.";
    throw new ConfigError({ where, key, problem: "it is set here", remedy });
  }
  const wished = { ...DEFAULTS, ...(dataDir === undefined && IN_MEMORY), ...config };
  const argv = [where];
  // 0 in a file says that there is none; which port it is stands in the options.
  const lines = [
    `dataDir=${escaped(dataDir === undefined ? NO_FOLDER : resolve(dataDir))}`,
    "clientPort=1",
  ];
  for (const [key, value] of Object.entries(wished)) {
    if (isProperty(key)) argv.push(`-D${key}=${value}`);
    else lines.push(`${escaped(key)}=${escaped(String(value))}`);
  }
  const readFile = (path: string): string =>
    path === where ? lines.join("\n") : readFileSync(path, "utf8");
  return loadConfig({ argv, env: {}, readFile });
}

const isProperty = (key: string): boolean =>
  key.startsWith("zookeeper.") || KNOWN.some((row) => row.door === "property" && row.key === key);

/** As properties files want it. */
const escaped = (text: string): string =>
  text.replace(/[\\\s:=#!]/g, (char) => LINE_ENDS[char] ?? `\\${char}`);
const LINE_ENDS: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" };
