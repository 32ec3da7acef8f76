/** When what is held by an ephemeral is no longer held: the session's end, or the node's. */
import type { ZooKeeper } from "../client/zookeeper.ts";
import { type ClientState, isLive, isOver } from "../client-core/protocol.ts";

/**
 * Why something is held no longer.
 * @example const mayBeOurs = (code: LossCode): boolean => code === "OUT_OF_TOUCH";
 */
export type LossCode =
  /** The session has ended, and its ephemerals with it. */
  | "SESSION_OVER"
  /** There was no connection for so long that the servers may have ended the session. */
  | "OUT_OF_TOUCH"
  /** Somebody deleted the node. */
  | "NODE_DELETED";

/**
 * The reason of a `lost` signal.
 * @example
 * await using held = await new Lock(zk, "/locks/printer").acquire();
 * held.lost.addEventListener("abort", () => {
 *   if (held.lost.reason instanceof LostError) console.error(held.lost.reason.code);
 * });
 */
export class LostError extends Error {
  /** What ended it. */
  readonly code: LossCode;
  /** The node that stood for it. */
  readonly path: string;

  constructor(code: LossCode, path: string) {
    super(`${path} is no longer held: ${WORDS[code]}`);
    this.name = "LostError";
    this.code = code;
    this.path = path;
  }
}

const WORDS: Readonly<Record<LossCode, string>> = {
  SESSION_OVER: "the session is over",
  OUT_OF_TOUCH: "out of touch with the servers for as long as a session lasts",
  NODE_DELETED: "the node was deleted",
};

/**
 * Calls `lost` once, when the session is over or may be; returns how to stop that.
 *
 * A client leaves a silent server after two thirds of the session timeout. A third later, at the
 * latest, a server may end the session, so no more is waited for a new connection. Servers end
 * none earlier, but for the time that their last reply was on its way. A process that is stopped
 * meanwhile learns of it later still: fencing tokens are for that.
 */
export function onSessionLoss(
  zk: ZooKeeper,
  lost: (code: "SESSION_OVER" | "OUT_OF_TOUCH") => void,
): () => void {
  let patience: NodeJS.Timeout | undefined;
  const tell = (code: "SESSION_OVER" | "OUT_OF_TOUCH"): void => {
    stop();
    lost(code);
  };
  const look = (state: ClientState): void => {
    if (isOver(state)) return tell("SESSION_OVER");
    if (isLive(state)) {
      clearTimeout(patience);
      patience = undefined;
    } else patience ??= setTimeout(() => tell("OUT_OF_TOUCH"), zk.timeoutMs / 3);
  };
  const stopListening = zk.onState(look);
  const stop = (): void => {
    stopListening();
    clearTimeout(patience);
  };
  look(zk.state);
  return stop;
}
