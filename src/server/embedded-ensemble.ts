/**
 * An ensemble inside a program: for tests, and to try things on. Its members are whole servers with
 * a folder each, on ports of 127.0.0.1; only the process is one.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedServer, type StartServerOptions, serving, startServer } from "./embedded.ts";

/**
 * What an ensemble may be started with. All of it may be left out; `config`, `onLog` and
 * `onFailure` are each member's, as in `startServer`.
 * @example const options: StartEnsembleOptions = { size: 5 };
 */
export type StartEnsembleOptions = Pick<StartServerOptions, "config" | "onLog" | "onFailure"> & {
  /** How many servers, all with a vote: 1 to 9. 3 unless given. */
  readonly size?: number;
  /** The folder in which each server gets one. Without it a temporary one, gone after `stop`. */
  readonly dataDir?: string;
  /** For clients of the first member; the others have those behind it. Any free ones unless given. */
  readonly port?: number;
};

/**
 * An ensemble that runs in this process.
 * @example
 * const ensemble: EmbeddedEnsemble = await startEnsemble();
 * console.log(ensemble.connectString, ensemble.servers.length);
 * await ensemble.stop();
 */
export interface EmbeddedEnsemble extends AsyncDisposable {
  /** What clients are given: all members. */
  readonly connectString: string;
  /** By number. One may be stopped alone; then the others go on, if they are enough. */
  readonly servers: readonly EmbeddedServer[];
  /** Stops those that still run; also what `await using` does. Rejects when one had failed. */
  stop(): Promise<void>;
}

const SIZE_MAX = 9;
const DEFAULTS = { initLimit: 100, syncLimit: 50, standaloneEnabled: false };

/**
 * Starts an ensemble; resolves when all members serve. Rejects as `startServer` does.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { startEnsemble } from "quoll/server";
 *
 * await using ensemble = await startEnsemble();
 * const retry = { times: 9, baseMs: 50, maxMs: 500 };
 * await using zk = await ZooKeeper.connect(ensemble.connectString, { retry });
 * await ensemble.servers[0]?.stop(); // two of three are enough
 * console.log(await zk.getChildren("/")); // [ 'zookeeper' ]
 */
export async function startEnsemble(options: StartEnsembleOptions = {}): Promise<EmbeddedEnsemble> {
  const { size = 3, dataDir, port, config, ...watch } = options;
  if (!Number.isInteger(size) || size < 1 || size > SIZE_MAX) {
    throw new RangeError(`an ensemble of ${size} cannot be started: 1 to ${SIZE_MAX}`);
  }
  const home = dataDir ?? mkdtempSync(join(tmpdir(), "quoll-ensemble-"));
  const ids = Array.from({ length: size }, (_, index) => index + 1);
  const ports = await freePorts(2 * size);
  const lines = ids.map((id, index): [string, string] => [
    `server.${id}`,
    `127.0.0.1:${ports[2 * index]}:${ports[2 * index + 1]}`,
  ]);
  const wished = { ...DEFAULTS, ...Object.fromEntries(lines), ...config };
  const servers: EmbeddedServer[] = [];
  const stop = async (): Promise<void> => {
    const stopped = await Promise.allSettled(servers.map((server) => server.stop()));
    if (dataDir === undefined) rmSync(home, { recursive: true, force: true });
    const failed = stopped.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  try {
    for (const [index, id] of ids.entries()) {
      const folder = join(home, String(id));
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "myid"), `${id}\n`);
      const clients = port === undefined ? {} : { port: port + index };
      servers.push(await startServer({ ...watch, ...clients, dataDir: folder, config: wished }));
    }
    await Promise.all(servers.map(serving));
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  const connectString = servers.map((server) => server.connectString).join(",");
  return { connectString, servers, stop, [Symbol.asyncDispose]: stop };
}

/** Ports that the system had free a moment ago: members must know each other's before they start. */
async function freePorts(count: number): Promise<readonly number[]> {
  const doors = Array.from({ length: count }, () => createServer());
  const opened = doors.map(
    (door) =>
      new Promise<number>((resolve, reject) => {
        door.once("error", reject);
        door.listen({ port: 0, host: "127.0.0.1" }, () => {
          const address = door.address();
          resolve(typeof address === "object" && address !== null ? address.port : 0);
        });
      }),
  );
  const ports = await Promise.all(opened);
  await Promise.all(doors.map((door) => new Promise((resolve) => door.close(resolve))));
  return ports;
}
