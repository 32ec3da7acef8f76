/**
 * The errors of the client: one class for each code of the protocol, all under `KeeperError`. Tell
 * them apart by `code` or by class, never by message. From: specification 1.6.
 * Table: a class for each code.
 */

import { type ErrorName, errorName } from "../records/error-codes.ts";
import type { MultiResult } from "../records/multi.ts";

/**
 * The `code` of an error: each class of errors tells its own.
 * @example const isGone = (code: KeeperErrorCode): boolean => code === "NoNode";
 */
export type KeeperErrorCode = Exclude<ErrorName, "Ok"> | "Closed" | "UnknownCode";

/**
 * What an error is about. `path` is the caller's; undefined where the request has none.
 * @example const about: ErrorAbout = { operation: "getData", path: "/config", ambiguous: false };
 */
export type ErrorAbout = {
  readonly operation: string;
  readonly path: string | undefined;
  /** True when a write was sent whose outcome is not known. */
  readonly ambiguous: boolean;
  /** More about it, in words that end a sentence. */
  readonly detail?: string | undefined;
  /** The failed element of a multi. */
  readonly element?: FailedElement | undefined;
};

/**
 * Which operation of a `multi` failed.
 * @example
 * const at = ({ index, path }: FailedElement): string => `operation ${index}, at ${path}`;
 * if (error instanceof KeeperError && error.element) console.error(at(error.element));
 */
export type FailedElement = {
  /** Its place among the operations, from 0. */
  readonly index: number;
  /** Its path. */
  readonly path: string | undefined;
  /** What the server said of each operation. */
  readonly results: readonly MultiResult[];
};

/**
 * What failed requests reject with: a class for each code. Tell them apart by `code` or by class,
 * never by message.
 * @example
 * await zk.delete("/maybe").catch((error: unknown) => {
 *   if (!(error instanceof KeeperError && error.code === "NoNode")) throw error;
 * });
 */
export abstract class KeeperError extends Error {
  /** The name of the code; see the class of the error for what it means. */
  abstract readonly code: KeeperErrorCode;
  /** What was asked: `getData`, `multi`, ... */
  readonly operation: string;
  /** The path that was asked about, as the caller gave it; undefined where there is none. */
  readonly path: string | undefined;
  /** More about it, in words; undefined where the code says all. */
  readonly detail: string | undefined;
  /** True when the same request may succeed later, after a reconnection or a wait. */
  readonly retryable: boolean;
  /** True when the server may have done what was asked. */
  readonly ambiguous: boolean;
  /** In an error of `multi`: which operation failed. */
  readonly element: FailedElement | undefined;

  constructor(words: string, retryable: boolean, about: ErrorAbout) {
    const path = about.element?.path ?? about.path;
    const subject = path === undefined ? about.operation : `${about.operation} ${path}`;
    const doubt = about.ambiguous ? "; it may have been done" : "";
    super(`${subject}: ${about.detail ?? words}${doubt}`);
    this.name = new.target.name;
    this.operation = about.operation;
    this.path = about.path;
    this.detail = about.detail;
    this.retryable = retryable;
    this.ambiguous = about.ambiguous;
    this.element = about.element;
  }
}

/**
 * The server failed while it handled the request; its log says why.
 * @example if (error instanceof SystemError) console.error("see the server's log:", error.message);
 */
export class SystemError extends KeeperError {
  override readonly code = "SystemError";
  constructor(about: ErrorAbout) {
    super("the server failed while it handled the request", false, about);
  }
}
/**
 * In the results of a `multi`: not tried, because another operation of it failed.
 * @example if (error instanceof RuntimeInconsistencyError) console.log("another one failed");
 */
export class RuntimeInconsistencyError extends KeeperError {
  override readonly code = "RuntimeInconsistency";
  constructor(about: ErrorAbout) {
    super("not tried, because another part of the multi failed", false, about);
  }
}
/**
 * The server found its data inconsistent.
 * @example
 * if (error instanceof DataInconsistencyError) console.error("repair that server:", error.message);
 */
export class DataInconsistencyError extends KeeperError {
  override readonly code = "DataInconsistency";
  constructor(about: ErrorAbout) {
    super("the server found its data inconsistent", false, about);
  }
}
/**
 * The connection ended before the reply came. Where `ambiguous`, it may have been done.
 * @example if (error instanceof ConnectionLossError) console.log(error.ambiguous);
 */
export class ConnectionLossError extends KeeperError {
  override readonly code = "ConnectionLoss";
  constructor(about: ErrorAbout) {
    super("connection lost before the reply", true, about);
  }
}
/**
 * The server could not read the request.
 * @example if (error instanceof MarshallingError) console.error(error.operation);
 */
export class MarshallingError extends KeeperError {
  override readonly code = "MarshallingError";
  constructor(about: ErrorAbout) {
    super("the server could not read the request", false, about);
  }
}
/**
 * The server does not know this operation: it is older, or has it turned off.
 * @example if (error instanceof UnimplementedError) console.log("no", error.operation);
 */
export class UnimplementedError extends KeeperError {
  override readonly code = "Unimplemented";
  constructor(about: ErrorAbout) {
    super("the server does not know this operation", false, about);
  }
}
/**
 * The server did not do it in time.
 * @example if (error instanceof OperationTimeoutError) console.log(error.retryable); // true
 */
export class OperationTimeoutError extends KeeperError {
  override readonly code = "OperationTimeout";
  constructor(about: ErrorAbout) {
    super("not done in time", true, about);
  }
}
/**
 * A path, a version or an option is none. The client finds most of them before it sends.
 * @example if (error instanceof BadArgumentsError) console.error(error.detail);
 */
export class BadArgumentsError extends KeeperError {
  override readonly code = "BadArguments";
  constructor(about: ErrorAbout) {
    super("arguments are not valid", false, about);
  }
}
/**
 * The server does not know the session that the request was made in.
 * @example if (error instanceof UnknownSessionError) console.log("connect anew");
 */
export class UnknownSessionError extends KeeperError {
  override readonly code = "UnknownSession";
  constructor(about: ErrorAbout) {
    super("the server does not know the session", false, about);
  }
}
/**
 * A reconfiguration whose members have no quorum that is connected and in sync.
 * @example if (error instanceof NewConfigNoQuorumError) console.log("start the new servers first");
 */
export class NewConfigNoQuorumError extends KeeperError {
  override readonly code = "NewConfigNoQuorum";
  constructor(about: ErrorAbout) {
    super("no quorum of the new configuration is connected and in sync", true, about);
  }
}
/**
 * Another reconfiguration is not done yet.
 * @example if (error instanceof ReconfigInProgressError) console.log("later");
 */
export class ReconfigInProgressError extends KeeperError {
  override readonly code = "ReconfigInProgress";
  constructor(about: ErrorAbout) {
    super("another reconfiguration is in progress", true, about);
  }
}
/**
 * The server refused the request, and names no other reason.
 * @example if (error instanceof ApiError) console.error(error.message);
 */
export class ApiError extends KeeperError {
  override readonly code = "ApiError";
  constructor(about: ErrorAbout) {
    super("the server refused the request", false, about);
  }
}
/**
 * There is no such node; of a creation: no such parent.
 * @example if (error instanceof NoNodeError) console.log("nothing at", error.path);
 */
export class NoNodeError extends KeeperError {
  override readonly code = "NoNode";
  constructor(about: ErrorAbout) {
    super("node does not exist", false, about);
  }
}
/**
 * The identities of this connection do not have the permission.
 * @example if (error instanceof NoAuthError) console.log("not allowed at", error.path);
 */
export class NoAuthError extends KeeperError {
  override readonly code = "NoAuth";
  constructor(about: ErrorAbout) {
    super("insufficient permission", false, about);
  }
}
/**
 * The node has another version than the one that was given: somebody else was quicker.
 * @example if (error instanceof BadVersionError) console.log("read again:", error.path);
 */
export class BadVersionError extends KeeperError {
  override readonly code = "BadVersion";
  constructor(about: ErrorAbout) {
    super("version does not match", false, about);
  }
}
/**
 * The parent is ephemeral, and such nodes have no children.
 * @example if (error instanceof NoChildrenForEphemeralsError) console.error(error.path);
 */
export class NoChildrenForEphemeralsError extends KeeperError {
  override readonly code = "NoChildrenForEphemerals";
  constructor(about: ErrorAbout) {
    super("ephemeral nodes have no children", false, about);
  }
}
/**
 * There is a node at this path already.
 * @example if (error instanceof NodeExistsError) console.log("is there:", error.path);
 */
export class NodeExistsError extends KeeperError {
  override readonly code = "NodeExists";
  constructor(about: ErrorAbout) {
    super("node already exists", false, about);
  }
}
/**
 * The node has children, and is not deleted.
 * @example if (error instanceof NotEmptyError) console.log("not empty:", error.path);
 */
export class NotEmptyError extends KeeperError {
  override readonly code = "NotEmpty";
  constructor(about: ErrorAbout) {
    super("node has children", false, about);
  }
}
/**
 * The session is over, and its ephemerals are gone. Go on with a new client.
 * @example if (error instanceof SessionExpiredError) console.log("connect anew");
 */
export class SessionExpiredError extends KeeperError {
  override readonly code = "SessionExpired";
  constructor(about: ErrorAbout) {
    super("session expired", false, about);
  }
}
/**
 * A code of the reference that no request of this client is answered with.
 * @example if (error instanceof InvalidCallbackError) console.error(error.message);
 */
export class InvalidCallbackError extends KeeperError {
  override readonly code = "InvalidCallback";
  constructor(about: ErrorAbout) {
    super("callback is not valid", false, about);
  }
}
/**
 * The ACL is empty, has an entry that is none, or names an identity that was not proven.
 * @example if (error instanceof InvalidACLError) console.error(error.path);
 */
export class InvalidACLError extends KeeperError {
  override readonly code = "InvalidACL";
  constructor(about: ErrorAbout) {
    super("ACL is not valid", false, about);
  }
}
/**
 * An identity was refused. The session is over.
 * @example if (error instanceof AuthFailedError) console.error("wrong secret");
 */
export class AuthFailedError extends KeeperError {
  override readonly code = "AuthFailed";
  constructor(about: ErrorAbout) {
    super("authentication failed", false, about);
  }
}
/**
 * The session is served by another server by now.
 * @example if (error instanceof SessionMovedError) console.log(error.retryable); // true
 */
export class SessionMovedError extends KeeperError {
  override readonly code = "SessionMoved";
  constructor(about: ErrorAbout) {
    super("session moved to another server", true, about);
  }
}
/**
 * A write at a server that lost its quorum and serves readers only.
 * @example if (error instanceof NotReadOnlyError) console.log("later");
 */
export class NotReadOnlyError extends KeeperError {
  override readonly code = "NotReadOnly";
  constructor(about: ErrorAbout) {
    super("the server is read-only", true, about);
  }
}
/**
 * The session is local to its server, and owns no ephemeral nodes.
 * @example if (error instanceof EphemeralOnLocalSessionError) console.error(error.path);
 */
export class EphemeralOnLocalSessionError extends KeeperError {
  override readonly code = "EphemeralOnLocalSession";
  constructor(about: ErrorAbout) {
    super("local sessions own no ephemeral nodes", false, about);
  }
}
/**
 * There is no such watch to remove.
 * @example if (error instanceof NoWatcherError) console.log("gone already");
 */
export class NoWatcherError extends KeeperError {
  override readonly code = "NoWatcher";
  constructor(about: ErrorAbout) {
    super("no such watch", false, about);
  }
}
/**
 * The reply did not come in time.
 * @example if (error instanceof RequestTimeoutError) console.log(error.ambiguous);
 */
export class RequestTimeoutError extends KeeperError {
  override readonly code = "RequestTimeout";
  constructor(about: ErrorAbout) {
    super("no reply in time", true, about);
  }
}
/**
 * The server takes no reconfigurations: `reconfigEnabled` is off.
 * @example if (error instanceof ReconfigDisabledError) console.error(error.message);
 */
export class ReconfigDisabledError extends KeeperError {
  override readonly code = "ReconfigDisabled";
  constructor(about: ErrorAbout) {
    super("reconfiguration is disabled", false, about);
  }
}
/**
 * The server closed the session: it requires an identity that was not proven.
 * @example if (error instanceof SessionClosedRequireSaslAuthError) console.error(error.message);
 */
export class SessionClosedRequireSaslAuthError extends KeeperError {
  override readonly code = "SessionClosedRequireSaslAuth";
  constructor(about: ErrorAbout) {
    super("the server requires authentication", false, about);
  }
}
/**
 * The write would pass a hard limit of a quota above the node.
 * @example if (error instanceof QuotaExceededError) console.log("full:", error.path);
 */
export class QuotaExceededError extends KeeperError {
  override readonly code = "QuotaExceeded";
  constructor(about: ErrorAbout) {
    super("quota exceeded", false, about);
  }
}
/**
 * The server has too much to do, and has not tried.
 * @example if (error instanceof ThrottledOpError) console.log(error.ambiguous); // false
 */
export class ThrottledOpError extends KeeperError {
  override readonly code = "ThrottledOp";
  constructor(about: ErrorAbout) {
    super("the server is overloaded and has not tried", true, about);
  }
}
/**
 * The client was closed by its owner; also a wait that `close` ended.
 * @example if (error instanceof ClosedError) console.log("closed");
 */
export class ClosedError extends KeeperError {
  override readonly code = "Closed";
  constructor(about: ErrorAbout) {
    super("the client is closed", false, about);
  }
}
/**
 * A code that this version does not know; `err` is its number.
 * @example if (error instanceof UnknownCodeError) console.error(error.err);
 */
export class UnknownCodeError extends KeeperError {
  override readonly code = "UnknownCode";
  /** The code on the wire. */
  readonly err: number;
  constructor(err: number, about: ErrorAbout) {
    super(`error ${err}`, false, about);
    this.err = err;
  }
}

const CLASSES: Readonly<Record<Exclude<ErrorName, "Ok">, new (about: ErrorAbout) => KeeperError>> =
  {
    SystemError: SystemError,
    RuntimeInconsistency: RuntimeInconsistencyError,
    DataInconsistency: DataInconsistencyError,
    ConnectionLoss: ConnectionLossError,
    MarshallingError: MarshallingError,
    Unimplemented: UnimplementedError,
    OperationTimeout: OperationTimeoutError,
    BadArguments: BadArgumentsError,
    UnknownSession: UnknownSessionError,
    NewConfigNoQuorum: NewConfigNoQuorumError,
    ReconfigInProgress: ReconfigInProgressError,
    ApiError: ApiError,
    NoNode: NoNodeError,
    NoAuth: NoAuthError,
    BadVersion: BadVersionError,
    NoChildrenForEphemerals: NoChildrenForEphemeralsError,
    NodeExists: NodeExistsError,
    NotEmpty: NotEmptyError,
    SessionExpired: SessionExpiredError,
    InvalidCallback: InvalidCallbackError,
    InvalidACL: InvalidACLError,
    AuthFailed: AuthFailedError,
    SessionMoved: SessionMovedError,
    NotReadOnly: NotReadOnlyError,
    EphemeralOnLocalSession: EphemeralOnLocalSessionError,
    NoWatcher: NoWatcherError,
    RequestTimeout: RequestTimeoutError,
    ReconfigDisabled: ReconfigDisabledError,
    SessionClosedRequireSaslAuth: SessionClosedRequireSaslAuthError,
    QuotaExceeded: QuotaExceededError,
    ThrottledOp: ThrottledOpError,
  };

/**
 * The same error, of something that may have been done all the same.
 * @example if (error instanceof KeeperError) throw inDoubt(error);
 */
export function inDoubt(error: KeeperError): KeeperError {
  if (error.ambiguous) return error;
  const { operation, path, detail, element, code } = error;
  const about = { operation, path, detail, element, ambiguous: true };
  if (error instanceof UnknownCodeError) return new UnknownCodeError(error.err, about);
  return code === "Closed" || code === "UnknownCode"
    ? new ClosedError(about)
    : new CLASSES[code](about);
}

/**
 * The error of a reply code other than 0.
 * @example
 * const about = { operation: "getData", path: "/config", ambiguous: false };
 * console.log(keeperError(-101, about).code); // NoNode
 */
export function keeperError(err: number, about: ErrorAbout): KeeperError {
  const name = errorName(err);
  if (name === undefined || name === "Ok") return new UnknownCodeError(err, about);
  return new CLASSES[name](about);
}
