/**
 * The errors of the client: one class for each code of the protocol, all under `KeeperError`. Tell
 * them apart by `code` or by class, never by message. From: specification 1.6.
 * Table: a class for each code.
 */

import { type ErrorName, errorName } from "../records/error-codes.ts";
import type { MultiResult } from "../records/multi.ts";

export type KeeperErrorCode = Exclude<ErrorName, "Ok"> | "Closed" | "UnknownCode";

/** What an error is about. */
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

export type FailedElement = {
  /** Its place among the operations, from 0. */
  readonly index: number;
  /** Its path. */
  readonly path: string | undefined;
  /** What the server said of each operation. */
  readonly results: readonly MultiResult[];
};

export abstract class KeeperError extends Error {
  abstract readonly code: KeeperErrorCode;
  readonly operation: string;
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

export class SystemError extends KeeperError {
  override readonly code = "SystemError";
  constructor(about: ErrorAbout) {
    super("the server failed while it handled the request", false, about);
  }
}
export class RuntimeInconsistencyError extends KeeperError {
  override readonly code = "RuntimeInconsistency";
  constructor(about: ErrorAbout) {
    super("not tried, because another part of the multi failed", false, about);
  }
}
export class DataInconsistencyError extends KeeperError {
  override readonly code = "DataInconsistency";
  constructor(about: ErrorAbout) {
    super("the server found its data inconsistent", false, about);
  }
}
export class ConnectionLossError extends KeeperError {
  override readonly code = "ConnectionLoss";
  constructor(about: ErrorAbout) {
    super("connection lost before the reply", true, about);
  }
}
export class MarshallingError extends KeeperError {
  override readonly code = "MarshallingError";
  constructor(about: ErrorAbout) {
    super("the server could not read the request", false, about);
  }
}
export class UnimplementedError extends KeeperError {
  override readonly code = "Unimplemented";
  constructor(about: ErrorAbout) {
    super("the server does not know this operation", false, about);
  }
}
export class OperationTimeoutError extends KeeperError {
  override readonly code = "OperationTimeout";
  constructor(about: ErrorAbout) {
    super("not done in time", true, about);
  }
}
export class BadArgumentsError extends KeeperError {
  override readonly code = "BadArguments";
  constructor(about: ErrorAbout) {
    super("arguments are not valid", false, about);
  }
}
export class UnknownSessionError extends KeeperError {
  override readonly code = "UnknownSession";
  constructor(about: ErrorAbout) {
    super("the server does not know the session", false, about);
  }
}
export class NewConfigNoQuorumError extends KeeperError {
  override readonly code = "NewConfigNoQuorum";
  constructor(about: ErrorAbout) {
    super("no quorum of the new configuration is connected and in sync", true, about);
  }
}
export class ReconfigInProgressError extends KeeperError {
  override readonly code = "ReconfigInProgress";
  constructor(about: ErrorAbout) {
    super("another reconfiguration is in progress", true, about);
  }
}
export class ApiError extends KeeperError {
  override readonly code = "ApiError";
  constructor(about: ErrorAbout) {
    super("the server refused the request", false, about);
  }
}
export class NoNodeError extends KeeperError {
  override readonly code = "NoNode";
  constructor(about: ErrorAbout) {
    super("node does not exist", false, about);
  }
}
export class NoAuthError extends KeeperError {
  override readonly code = "NoAuth";
  constructor(about: ErrorAbout) {
    super("insufficient permission", false, about);
  }
}
export class BadVersionError extends KeeperError {
  override readonly code = "BadVersion";
  constructor(about: ErrorAbout) {
    super("version does not match", false, about);
  }
}
export class NoChildrenForEphemeralsError extends KeeperError {
  override readonly code = "NoChildrenForEphemerals";
  constructor(about: ErrorAbout) {
    super("ephemeral nodes have no children", false, about);
  }
}
export class NodeExistsError extends KeeperError {
  override readonly code = "NodeExists";
  constructor(about: ErrorAbout) {
    super("node already exists", false, about);
  }
}
export class NotEmptyError extends KeeperError {
  override readonly code = "NotEmpty";
  constructor(about: ErrorAbout) {
    super("node has children", false, about);
  }
}
export class SessionExpiredError extends KeeperError {
  override readonly code = "SessionExpired";
  constructor(about: ErrorAbout) {
    super("session expired", false, about);
  }
}
export class InvalidCallbackError extends KeeperError {
  override readonly code = "InvalidCallback";
  constructor(about: ErrorAbout) {
    super("callback is not valid", false, about);
  }
}
export class InvalidACLError extends KeeperError {
  override readonly code = "InvalidACL";
  constructor(about: ErrorAbout) {
    super("ACL is not valid", false, about);
  }
}
export class AuthFailedError extends KeeperError {
  override readonly code = "AuthFailed";
  constructor(about: ErrorAbout) {
    super("authentication failed", false, about);
  }
}
export class SessionMovedError extends KeeperError {
  override readonly code = "SessionMoved";
  constructor(about: ErrorAbout) {
    super("session moved to another server", true, about);
  }
}
export class NotReadOnlyError extends KeeperError {
  override readonly code = "NotReadOnly";
  constructor(about: ErrorAbout) {
    super("the server is read-only", true, about);
  }
}
export class EphemeralOnLocalSessionError extends KeeperError {
  override readonly code = "EphemeralOnLocalSession";
  constructor(about: ErrorAbout) {
    super("local sessions own no ephemeral nodes", false, about);
  }
}
export class NoWatcherError extends KeeperError {
  override readonly code = "NoWatcher";
  constructor(about: ErrorAbout) {
    super("no such watch", false, about);
  }
}
export class RequestTimeoutError extends KeeperError {
  override readonly code = "RequestTimeout";
  constructor(about: ErrorAbout) {
    super("no reply in time", true, about);
  }
}
export class ReconfigDisabledError extends KeeperError {
  override readonly code = "ReconfigDisabled";
  constructor(about: ErrorAbout) {
    super("reconfiguration is disabled", false, about);
  }
}
export class SessionClosedRequireSaslAuthError extends KeeperError {
  override readonly code = "SessionClosedRequireSaslAuth";
  constructor(about: ErrorAbout) {
    super("the server requires authentication", false, about);
  }
}
export class QuotaExceededError extends KeeperError {
  override readonly code = "QuotaExceeded";
  constructor(about: ErrorAbout) {
    super("quota exceeded", false, about);
  }
}
export class ThrottledOpError extends KeeperError {
  override readonly code = "ThrottledOp";
  constructor(about: ErrorAbout) {
    super("the server is overloaded and has not tried", true, about);
  }
}
/** The client was closed by its owner. */
export class ClosedError extends KeeperError {
  override readonly code = "Closed";
  constructor(about: ErrorAbout) {
    super("the client is closed", false, about);
  }
}
/** A code that this version does not know. */
export class UnknownCodeError extends KeeperError {
  override readonly code = "UnknownCode";
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

/** The same error, of something that may have been done all the same. */
export function inDoubt(error: KeeperError): KeeperError {
  if (error.ambiguous) return error;
  const { operation, path, detail, element, code } = error;
  const about = { operation, path, detail, element, ambiguous: true };
  if (error instanceof UnknownCodeError) return new UnknownCodeError(error.err, about);
  return code === "Closed" || code === "UnknownCode"
    ? new ClosedError(about)
    : new CLASSES[code](about);
}

/** The error of a reply code other than 0. */
export function keeperError(err: number, about: ErrorAbout): KeeperError {
  const name = errorName(err);
  if (name === undefined || name === "Ok") return new UnknownCodeError(err, about);
  return new CLASSES[name](about);
}
