/**
 * The server's log: readable lines on a terminal, one JSON object a line otherwise.
 *
 * Promises: no secret is written. Whatever stands under a key that names one is replaced, however
 * deep, and bytes are told by their number only, since any of them may be credentials. Ids are
 * hexadecimal.
 * Leaves to others: bounding what clients can cause (line-limiter.ts), and never putting a secret
 * into the text of a message.
 */
import { type DestinationStream, type Level, type Logger, pino, stdSerializers } from "pino";
import { describeId } from "../base/ids.ts";

export type LoggingInput = {
  /** QUOLL_LOG_LEVEL: trace, debug, info (the default), warn, error, fatal or silent. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person reads along. */
  readonly isTerminal: boolean;
  /** Where lines go; standard output unless given. */
  readonly destination?: DestinationStream;
};

const LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

export async function makeLogger(input: LoggingInput): Promise<Logger> {
  const { QUOLL_LOG_LEVEL: asked = "info" } = input.env;
  const level = asked.toLowerCase();
  const known = LEVELS.includes(level);
  const logger = pino(
    {
      level: known ? (level as Level | "silent") : "info",
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withoutSecrets(fields) as Record<string, unknown>,
      },
      serializers: { err: (error: Error) => withoutSecrets(stdSerializers.err(error)) },
    },
    await streamFor(input),
  );
  if (!known)
    logger.warn({ asked, levels: LEVELS }, "QUOLL_LOG_LEVEL is not a level; info is used");
  return logger;
}

/** Written at once, in the process: the last lines before an exit are the ones that matter. */
async function streamFor(input: LoggingInput): Promise<DestinationStream> {
  const { isTerminal, destination } = input;
  const plain = destination ?? pino.destination({ fd: 1, sync: true });
  if (!isTerminal) return plain;
  const { prettyFactory } = await import("pino-pretty");
  const colorize = destination === undefined;
  const readable = prettyFactory({ translateTime: "SYS:HH:MM:ss.l", colorize });
  return { write: (line) => plain.write(readable(line)) };
}

const SECRET = "[secret]";
/** Keys, without case, that a secret stands under. `auth` alone is the bytes of an auth request. */
const SECRET_KEY =
  /^(auth|authdata|secret|token|cookie|credentials?)$|passw|superdigest|privatekey|keystore\.pass/i;
/** Deeper than this, only the fact that there is something is logged. */
const DEPTH_MAX = 8;

/** `value` as it may be logged. Exported for what prints outside of the log. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return describeId(value);
  if (typeof value !== "object" || value === null || value instanceof Error) return value;
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if (depth >= DEPTH_MAX) return "...";
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  if (value instanceof Map) return withoutSecrets(Object.fromEntries(value), depth);
  if (value instanceof Set) return withoutSecrets([...value], depth);
  const told = Object.entries(value).map(([key, field]) => [
    key,
    SECRET_KEY.test(key) && field !== undefined ? SECRET : withoutSecrets(field, depth + 1),
  ]);
  return Object.fromEntries(told);
}
