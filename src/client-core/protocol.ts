/**
 * What goes into the client's session machine and what comes out of it.
 *
 *   start                      -> connect                  a server to dial
 *   connected, received, ...   -> write, settle, event     the talk with it
 *   submit ... submit, flush   -> one write                requests are pipelined
 *
 * `T` is a ticket and `W` a watcher: the machine hands them back and looks at nothing but their
 * identity.
 */
import type { Millis } from "../base/ids.ts";
import type { Host } from "./connect-string.ts";
import type { WatchedEvent } from "./events.ts";
import type { Operation } from "./operation.ts";
import type { SaslAnswer } from "./sasl.ts";

/**
 * Where a session stands. `NOT_CONNECTED` is before the first try; the last three are final.
 * @example const state: ClientState = zk.state;
 */
export type ClientState =
  | "NOT_CONNECTED"
  | "CONNECTING"
  | "CONNECTED"
  | "CONNECTED_READ_ONLY"
  | "AUTH_FAILED"
  | "EXPIRED"
  | "CLOSED";

/**
 * A state that nothing leads out of.
 * @example if (isOver(zk.state)) console.log("a new client is needed");
 */
export const isOver = (state: ClientState): boolean =>
  state === "AUTH_FAILED" || state === "EXPIRED" || state === "CLOSED";
/**
 * A state with a connection that requests go over.
 * @example if (isLive(zk.state)) await zk.sync("/");
 */
export const isLive = (state: ClientState): boolean =>
  state === "CONNECTED" || state === "CONNECTED_READ_ONLY";

export type Call<T, W> = {
  readonly ticket: T;
  // biome-ignore lint/suspicious/noExplicitAny: a list of calls holds operations of every kind
  readonly operation: Operation<any, any>;
  readonly request: unknown;
  readonly watcher: W | undefined;
};

/** An identity to prove on every connection. */
export type Auth = { readonly scheme: string; readonly auth: Uint8Array };

/** A number that grows with each connection asked for. Inputs of an older one are ignored. */
export type Attempt = number;

/** `now` is by a clock that never goes back; its zero means nothing. */
export type ClientInput<T, W> =
  | { readonly kind: "start"; readonly now: Millis }
  | { readonly kind: "connected"; readonly now: Millis; readonly attempt: Attempt }
  /** `bytes` are borrowed until `step` returns. */
  | {
      readonly kind: "received";
      readonly now: Millis;
      readonly attempt: Attempt;
      readonly bytes: Uint8Array;
    }
  /** Refused, broken or closed by the server. */
  | {
      readonly kind: "disconnected";
      readonly now: Millis;
      readonly attempt: Attempt;
      readonly reason: string;
    }
  /** The answer to `probe`: true when the server takes writes. */
  | {
      readonly kind: "probed";
      readonly now: Millis;
      readonly host: Host;
      readonly writable: boolean;
    }
  | { readonly kind: "tick"; readonly now: Millis }
  /** Another list of servers, not empty. */
  | { readonly kind: "updateServers"; readonly now: Millis; readonly hosts: readonly Host[] }
  /** Writes nothing by itself: `flush` follows when the caller has submitted what it has. */
  | { readonly kind: "submit"; readonly call: Call<T, W> }
  | { readonly kind: "flush"; readonly now: Millis }
  /** What the mechanism says to `prove`. */
  | {
      readonly kind: "proved";
      readonly now: Millis;
      readonly attempt: Attempt;
      readonly answer: SaslAnswer;
    }
  | { readonly kind: "addAuth"; readonly now: Millis; readonly auth: Auth; readonly ticket: T }
  /** Nobody waits for this ticket any more: a request not sent yet is not sent. */
  | { readonly kind: "cancel"; readonly ticket: T }
  | { readonly kind: "close"; readonly now: Millis };

export type Outcome =
  | { readonly kind: "done"; readonly reply: unknown }
  | {
      readonly kind: "failed";
      readonly err: number;
      /** True when the request reached a connection, so that the server may have done it. */
      readonly sent: boolean;
      /** More about it, in words that end a sentence. */
      readonly detail?: string;
      /** The element of a multi that failed, and the whole reply. */
      readonly element?: {
        readonly index: number;
        readonly path: string | undefined;
        readonly reply: unknown;
      };
    };

export type ClientEffect<T, W> =
  | { readonly kind: "connect"; readonly attempt: Attempt; readonly host: Host }
  /** To the current attempt. The bytes belong to whoever performs this. */
  | { readonly kind: "write"; readonly attempt: Attempt; readonly bytes: Uint8Array }
  | { readonly kind: "disconnect"; readonly attempt: Attempt; readonly reason: string }
  /** Ask this server whether it takes writes (`isro`). */
  | { readonly kind: "probe"; readonly host: Host }
  /** Ask the SASL mechanism for its first word on this connection, or its answer to a challenge. */
  | {
      readonly kind: "prove";
      readonly attempt: Attempt;
      readonly host: Host;
      readonly challenge: Uint8Array | undefined;
    }
  | { readonly kind: "settle"; readonly ticket: T; readonly outcome: Outcome }
  | { readonly kind: "event"; readonly event: WatchedEvent; readonly watchers: readonly W[] }
  | { readonly kind: "state"; readonly state: ClientState };

export type ClientOptions = {
  readonly hosts: readonly Host[];
  /** Empty, or a valid path other than `/`. */
  readonly chroot: string;
  /** The session timeout to ask for, in ms. The server decides. */
  readonly timeoutMs: Millis;
  /** True: a server that lost its quorum will do, until one that takes writes is found. */
  readonly canBeReadOnly: boolean;
  /** True: an identity is proved by SASL on every connection before anything else is sent. */
  readonly sasl: boolean;
  /** The largest request frame to send, in bytes: servers close the connection on larger ones. */
  readonly requestBytesMax: number;
  /** Chance: the order of the hosts and the lengths of pauses follow from it. */
  readonly seed: number;
};

/** Largest request frame, in bytes. The reference server's default for `jute.maxbuffer`. */
export const REQUEST_BYTES_MAX = 0xf_ffff;
/**
 * Largest frame taken from a server, in bytes: a long list of children may pass `jute.maxbuffer`.
 */
export const REPLY_BYTES_MAX = 64 * 1024 * 1024;
