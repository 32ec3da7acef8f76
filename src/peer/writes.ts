/**
 * The way of a write as the parts see it that deal with clients. A standalone server and a leader
 * propose it themselves (write-path.ts); a learner sends it to its leader (forwarding.ts).
 */
import { type Millis, type SessionId, toZxid, type Zxid } from "../base/ids.ts";
import type { Id } from "../records/data.ts";
import type { ErrorCode } from "../records/error-codes.ts";
import type { WriteOperation } from "../requests/operation.ts";

/**
 * Who asks for a write: the session, the request's number in it, and the identities it is checked
 * with.
 */
export type Author = {
  readonly session: SessionId;
  readonly cxid: number;
  readonly ids: readonly Id[];
  /** Only this server knows the session. */
  readonly isLocal?: boolean;
};

/** A request, decoded, and where its body stands: `bytes[start, end)`, which do not change. */
export type Asked = {
  readonly request: unknown;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
};

export interface Writes {
  /** Writes under way. */
  readonly outstandingCount: number;
  /**
   * Sends the request on its way. What comes of it is a transaction, of an error if it is refused.
   * Answers the transaction's zxid; undefined where the leader gives it later: it then comes back
   * with the author's session and number.
   */
  request(author: Author, time: Millis, operation: WriteOperation, asked: Asked): Zxid | undefined;
  /** Asks for the createSession of the author's session. */
  createSession(author: Author, time: Millis, timeoutMs: Millis): void;
  /**
   * A request that is refused before its checks. Undefined where no transaction comes of it: it is
   * then answered here, in its turn.
   */
  refuse(author: Author, time: Millis, err: ErrorCode): Zxid | undefined;
  /**
   * What a sync has to wait for: everything up to a zxid, or UNTIL_TOLD: first until the leader
   * has answered (Replies.synced).
   */
  syncPoint(author: Author, body: () => Uint8Array): Zxid;
}

/** Greater than any zxid. */
export const UNTIL_TOLD: Zxid = toZxid(0x7fff_ffff_ffff_ffffn);

/** The way of writes where there is none. */
export const NO_WRITES: Writes = {
  outstandingCount: 0,
  request: () => undefined,
  createSession() {},
  refuse: () => undefined,
  syncPoint: () => UNTIL_TOLD,
};
