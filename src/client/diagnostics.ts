/**
 * What a client tells about itself to who listens: `node:diagnostics_channel` and a logger. Costs
 * nothing while nobody does.
 *
 *   quoll:client:connecting     { server }
 *   quoll:client:connected      { server, sessionId, readOnly }
 *   quoll:client:disconnected   { server, reason }: a connection ended or could not be made
 *   quoll:client:ended          { sessionId, state }: EXPIRED, AUTH_FAILED or CLOSED
 *   quoll:client:request        { operation, path, ms, error }: answered, refused or lost
 *
 * Promises: the logger is called in a job of its own; what it throws is an uncaught exception, and
 * the client goes on. Channels do the same by themselves.
 */
import { channel } from "node:diagnostics_channel";
import { describeId, type SessionId } from "../base/ids.ts";
import { describeHost, type Host } from "../client-core/connect-string.ts";
import { type ClientState, isLive, isOver } from "../client-core/protocol.ts";
import type { KeeperError } from "./keeper-error.ts";

/**
 * Told in sentences: `console` is one, and so is a pino logger.
 * @example const logger: Logger = { info: () => {}, warn: (message) => console.error(message) };
 */
export interface Logger {
  /** Told of connections, and of sessions that their owner ended. */
  info(message: string): void;
  /** Told of connections that ended or could not be made, and of sessions that were lost. */
  warn(message: string): void;
}

const connecting = channel("quoll:client:connecting");
const connected = channel("quoll:client:connected");
const disconnected = channel("quoll:client:disconnected");
const ended = channel("quoll:client:ended");
const request = channel("quoll:client:request");

/** When a request begins, for `answered`; 0 when nobody listens. */
export const startOfRequest = (): number => (request.hasSubscribers ? performance.now() : 0);

/** A request is settled. `startedAt`: what `startOfRequest` said. */
export function answered(
  about: {
    readonly operation: string;
    readonly path: string | undefined;
    readonly startedAt: number;
  },
  error: KeeperError | undefined,
): void {
  if (!request.hasSubscribers || about.startedAt === 0) return;
  const { operation, path, startedAt } = about;
  request.publish({ operation, path, ms: performance.now() - startedAt, error });
}

/** Tells of one client's connections and of the end of its session. */
export class Reporter {
  private readonly logger: Logger | undefined;
  private server = "";

  constructor(logger: Logger | undefined) {
    this.logger = logger;
  }

  dialing(host: Host): void {
    this.server = describeHost(host);
    if (connecting.hasSubscribers) connecting.publish({ server: this.server });
  }

  trouble(reason: string): void {
    const { server } = this;
    if (disconnected.hasSubscribers) disconnected.publish({ server, reason });
    this.log("warn", `${server}: ${reason}`);
  }

  state(state: ClientState, sessionId: SessionId): void {
    const { server } = this;
    if (isLive(state)) {
      const readOnly = state === "CONNECTED_READ_ONLY";
      if (connected.hasSubscribers) connected.publish({ server, sessionId, readOnly });
      const how = readOnly ? ", for reading only" : "";
      this.log("info", `connected to ${server}, session ${describeId(sessionId)}${how}`);
    } else if (isOver(state)) {
      if (ended.hasSubscribers) ended.publish({ sessionId, state });
      const level = state === "CLOSED" ? "info" : "warn";
      this.log(level, `session ${describeId(sessionId)} is over: ${state}`);
    }
  }

  private log(level: "info" | "warn", message: string): void {
    const { logger } = this;
    if (logger !== undefined) queueMicrotask(() => logger[level](message));
  }
}
