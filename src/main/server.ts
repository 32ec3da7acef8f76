/**
 * `quoll server`: a server in the foreground, until a signal ends it. Its exit codes are the
 * reference's.
 */
import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { ConfigError } from "../server/config/config-error.ts";
import { loadConfig } from "../server/config/load-config.ts";
import type { ServerConfig } from "../server/config/server-config.ts";
import { FolderError } from "../server/data-folders.ts";
import { ExitCode } from "../server/exit-codes.ts";
import { makeLogger } from "../server/logging.ts";
import { startServing } from "../server/serving.ts";
import { MemberPortError, type RunningServer } from "../server/start-server.ts";
import { DiskRefused } from "../txnlog/errors.ts";

/** What the process does when it has started: `npm start` says more than a service should. */
export type Greeting = (server: RunningServer, config: ServerConfig) => void;

/**
 * Runs until a signal; resolves when the server serves. `argv` is what follows `server`.
 */
export async function runServer(
  argv: readonly string[],
  greet: Greeting = () => {},
): Promise<undefined> {
  const isTerminal = process.stdout.isTTY === true;
  const logger = await makeLogger({ env: process.env, isTerminal });
  stopOnDefects(logger);
  try {
    const config = readConfig(argv, logger);
    const server = await start(config, logger);
    stopOnSignals(server, logger);
    greet(server, config);
  } catch (error) {
    // At once: what a start has begun and not ended must not keep the process.
    process.exit(tellFailure(error, logger));
  }
}

function readConfig(argv: readonly string[], logger: Logger): ServerConfig {
  const readFile = (path: string): string => readFileSync(path, "utf8");
  const { config, notes } = loadConfig({ argv, env: process.env, readFile });
  for (const note of notes) logger.warn(note);
  return config;
}

function start(config: ServerConfig, logger: Logger): Promise<RunningServer> {
  return startServing({
    config,
    logger,
    onFailure: (error, while_) => {
      logger.fatal({ err: error }, `the server stops: it failed while ${while_}${adviceOn(error)}`);
      process.exit(ExitCode.unexpectedError);
    },
  });
}

/**
 * An error that nobody caught is ours: one line, and no server that goes on in a state nobody
 * knows.
 */
function stopOnDefects(logger: Logger): void {
  const stop = (error: unknown): void => {
    logger.fatal({ err: error }, "the server stops: an error that nobody caught");
    process.exit(ExitCode.unexpectedError);
  };
  process.once("uncaughtException", stop);
  process.once("unhandledRejection", stop);
}

/** What an operator can do about a disk that refused, as the end of a sentence. */
function adviceOn(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return ". The disk is full: make space and start again. Nothing acknowledged is lost";
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return ". The disk does not allow to write: check its mount, owner and permissions";
    default:
      return "";
  }
}

function stopOnSignals(server: RunningServer, logger: Logger): void {
  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, "stopping");
    server.stop().then(
      () => process.exit(ExitCode.finished),
      (error: unknown) => {
        logger.fatal({ err: error }, "stopping failed");
        process.exit(ExitCode.unexpectedError);
      },
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function tellFailure(error: unknown, logger: Logger): number {
  if (error instanceof ConfigError) {
    logger.fatal(error.message);
    return ExitCode.invalidInvocation;
  }
  if (error instanceof FolderError) {
    logger.fatal(error.message);
    return ExitCode.unableToAccessDatadir;
  }
  if (error instanceof DiskRefused) {
    for (const note of error.notes) logger.warn(note);
    logger.fatal(`${error.message}. ${error.advice}`);
    return ExitCode.unexpectedError;
  }
  if (error instanceof MemberPortError) {
    logger.fatal(`${error.message}. Check this server's own server.N line, and who listens there.`);
    return ExitCode.unableToBindQuorumPort;
  }
  if (isListenError(error)) {
    logger.fatal(
      `cannot listen on ${error.address ?? "any address"}, port ${error.port}: ` +
        (error.code === "EADDRINUSE"
          ? "another process listens there. Stop it, or set another port."
          : `${error.code}. Check clientPort, secureClientPort and their addresses.`),
    );
    return ExitCode.unexpectedError;
  }
  logger.fatal({ err: error }, `the server cannot start${adviceOn(error)}`);
  return ExitCode.unexpectedError;
}

type ListenError = NodeJS.ErrnoException & { readonly address?: string; readonly port: number };

const isListenError = (error: unknown): error is ListenError =>
  error instanceof Error && "syscall" in error && error.syscall === "listen" && "port" in error;
