/**
 * `quoll dev`: a server to try things on, or an ensemble. It keeps its data in memory, or with
 * `--disk` in a folder that goes when it stops; an ensemble always in such a folder.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type EmbeddedServer, startServer } from "../server/embedded.ts";
import { startEnsemble } from "../server/embedded-ensemble.ts";
import { ExitCode } from "../server/exit-codes.ts";

const USAGE = `Usage: quoll dev [--nodes N] [--port PORT] [--disk]
  --nodes  how many servers, 1 to 9: more than one are an ensemble
  --port   for clients, of the first server; any free one unless given
  --disk   in a temporary folder, not in memory; an ensemble always is
`;

type Asked = { readonly nodes: number; readonly port: number; readonly disk: boolean };

/** Answers an exit code, or undefined while it serves. */
export async function runDev(argv: readonly string[]): Promise<number | undefined> {
  if (argv[0] === "--help") {
    process.stdout.write(USAGE);
    return ExitCode.finished;
  }
  const asked = parse(argv);
  if (typeof asked === "string") {
    process.stderr.write(`quoll dev: ${asked}\n${USAGE}`);
    return ExitCode.invalidInvocation;
  }
  const folder =
    asked.disk || asked.nodes > 1 ? mkdtempSync(join(tmpdir(), "quoll-dev-")) : undefined;
  const remove = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const server = await start(asked, folder, remove);
    stopOnSignals(server, remove);
    process.stdout.write(greeting(asked, server.connectString, folder));
    return undefined;
  } catch (error) {
    remove();
    process.stderr.write(`quoll dev: ${error instanceof Error ? error.message : error}\n`);
    return ExitCode.unexpectedError;
  }
}

type Started = Pick<EmbeddedServer, "connectString" | "stop">;

function start(
  { nodes, port }: Asked,
  folder: string | undefined,
  remove: () => void,
): Promise<Started> {
  const onFailure = (error: Error): void => {
    remove();
    process.stderr.write(`quoll dev: ${error.message}: ${error.cause}\n`);
    process.exit(ExitCode.unexpectedError);
  };
  const at = folder === undefined ? {} : { dataDir: folder };
  if (nodes === 1) return startServer({ port, ...at, onFailure });
  return startEnsemble({ size: nodes, ...(port !== 0 && { port }), ...at, onFailure });
}

function stopOnSignals(server: Started, remove: () => void): void {
  const stop = (): void => {
    server.stop().then(
      () => {
        remove();
        process.exit(ExitCode.finished);
      },
      (error: Error) => {
        remove();
        process.stderr.write(`quoll dev: ${error.message}\n`);
        process.exit(ExitCode.unexpectedError);
      },
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function greeting({ nodes }: Asked, at: string, folder: string | undefined): string {
  const what = nodes === 1 ? "A server" : `An ensemble of ${nodes}`;
  const where = folder === undefined ? "in memory" : `in ${folder}`;
  return `${what} to throw away, ${where}: nothing is left when it stops.

  ${at}

Try, in another terminal:

  bin/zkCli.sh -server ${at} create /hello world
  bin/zkCli.sh -server ${at} get /hello

Ctrl-C stops it.
`;
}

/** The wish, or what is wrong with it. */
function parse(argv: readonly string[]): Asked | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        nodes: { type: "string", default: "1" },
        port: { type: "string", default: "0" },
        disk: { type: "boolean", default: false },
      },
    });
    const [nodes, port] = [Number(values.nodes), Number(values.port)];
    if (!/^[1-9]$/.test(values.nodes)) return `--nodes ${values.nodes} is not 1 to 9`;
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535) return `--port ${values.port} is no port`;
    return { nodes, port, disk: values.disk };
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}
