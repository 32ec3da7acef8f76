/**
 * What a program may choose when it makes a client, and the machine's options that follow from it.
 */
import { parseConnectString } from "../client-core/connect-string.ts";
import { type ClientOptions, REQUEST_BYTES_MAX } from "../client-core/protocol.ts";
import type { Logger } from "./diagnostics.ts";
import type { Watcher } from "./driver.ts";
import type { Retry } from "./retry.ts";
import type { SaslMechanism } from "./sasl.ts";
import type { TlsOptions } from "./tls.ts";

/**
 * What a client may be given.
 * @example
 * const options: ZooKeeperOptions = {
 *   timeoutMs: 10_000,
 *   auth: [{ scheme: "digest", auth: "alice:secret" }],
 *   retry: { times: 5, baseMs: 100, maxMs: 2000 },
 *   logger: console,
 * };
 */
export type ZooKeeperOptions = {
  /** The session timeout to ask for, in ms. The server decides. 30000 unless given. */
  readonly timeoutMs?: number;
  /** Told of session events: connected, disconnected, expired. */
  readonly watcher?: Watcher;
  /** Told in words why a connection ended or could not be made; the client goes on by itself. */
  readonly onTrouble?: (reason: string) => void;
  /** Told of connections and of the session's end, in sentences; `console` will do. */
  readonly logger?: Logger;
  /**
   * True: a server that lost its quorum will do for reading, until one that takes writes is found.
   */
  readonly canBeReadOnly?: boolean;
  /** Identities to prove on every connection. More can be added later by `addAuth`. */
  readonly auth?: readonly { readonly scheme: string; readonly auth: Uint8Array | string }[];
  /**
   * Proves an identity by SASL, on every connection before anything else: `digestMd5` or another
   * mechanism. A refusal, and a server without SASL, end the session in state AUTH_FAILED.
   */
  readonly sasl?: SaslMechanism;
  /** The largest request, in bytes: the servers' `jute.maxbuffer`. 1048575 unless given. */
  readonly requestBytesMax?: number;
  /** Which failed requests are made again, and when; none unless given. */
  readonly retry?: Retry;
  /** Given: all connections are TLS, to the servers' `secureClientPort`. */
  readonly tls?: TlsOptions;
};

/**
 * What a wait may be given.
 * @example const options: WaitOptions = { signal: AbortSignal.timeout(1000) };
 */
export type WaitOptions = {
  /** Aborting ends the wait, and takes the request back if it has not been sent yet. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * What a request may be given.
 * @example const options: CallOptions = { retry: "never", signal };
 */
export type CallOptions = WaitOptions & {
  /** As the client's option of this name, for this request alone; "never" to be told at once. */
  readonly retry?: Retry | "never" | undefined;
};

const TIMEOUT_MS_DEFAULT = 30_000;
const TIMEOUT_MS_MAX = 0x7fff_ffff;

/** Throws `RangeError` for a connect string or a timeout that is none. */
export function clientOptions(connectString: string, options: ZooKeeperOptions): ClientOptions {
  const { hosts, chroot } = parseConnectString(connectString);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS_DEFAULT;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > TIMEOUT_MS_MAX) {
    throw new RangeError(`timeoutMs ${timeoutMs} is not 1 to ${TIMEOUT_MS_MAX}`);
  }
  return {
    hosts,
    chroot,
    timeoutMs,
    canBeReadOnly: options.canBeReadOnly ?? false,
    requestBytesMax: options.requestBytesMax ?? REQUEST_BYTES_MAX,
    sasl: options.sasl !== undefined,
    seed: Math.floor(Math.random() * 2 ** 32),
  };
}
