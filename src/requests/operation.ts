/**
 * What an operation is: one card a file, collected in table.ts. Everything that is special to an
 * operation stands on its card; shared code asks the card and never tests for an operation by name.
 */
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import type { Codec } from "../jute/codec.ts";
import type { JuteReader } from "../jute/reader.ts";
import type { JuteWriter } from "../jute/writer.ts";
import type { Id } from "../records/data.ts";
import { ErrorCode, type ErrorName } from "../records/error-codes.ts";
import type { Txn, TxnHeader } from "../records/txn.ts";
import type { Applied, DataTree } from "../tree/data-tree.ts";
import type { ReadableTree } from "../tree/tree-reader.ts";
import type { WatcherId, WatchTables } from "../tree/watch-table.ts";
import type { Access } from "./access.ts";
import type { View } from "./view.ts";

/** A refusal is a value that walks on: it becomes an error transaction and a reply code. */
export type Refused = { readonly kind: "refused"; readonly err: ErrorCode };
export const refuse = (name: ErrorName): Refused => ({ kind: "refused", err: ErrorCode[name] });

/** Settings that change what an operation does. */
export type OperationSettings = {
  /** TTL nodes exist (`extendedTypesEnabled`). */
  readonly extendedTypes: boolean;
  /** Members may be changed at run time (`reconfigEnabled`). */
  readonly reconfigEnabled: boolean;
  /** A container that never had a child is outlived after so long; 0: never. */
  readonly containerNeverUsedMs: Millis;
  /** Hard quotas refuse writes, soft ones are told of (`enforceQuota`); else nobody looks. */
  readonly enforceQuota: boolean;
};

/** A write that passes a limit, or would. It is refused if the limit is hard. */
export type QuotaExceeded = {
  /** Of the quota, not of the write. */
  readonly path: string;
  readonly what: "count" | "bytes";
  readonly limit: bigint;
  readonly total: bigint;
  readonly isHard: boolean;
};

/** What a write is checked with: the speculative state, the transaction to be, and who asks. */
export type Preparation = {
  readonly view: View;
  readonly header: TxnHeader;
  readonly ids: readonly Id[];
  /** Only this server knows the session: it can own no ephemerals. */
  readonly isLocal: boolean;
  readonly access: Access;
  readonly settings: OperationSettings;
  /** Told of quotas that are passed. */
  readonly quotaExceeded: (exceeded: QuotaExceeded) => void;
};

/** What a reply to a write is made from, at the moment its transaction was applied. */
export type ReplyContext<R> = {
  readonly tree: DataTree;
  readonly request: R;
  readonly applied: Applied;
};

interface Common {
  /** It is done however long the request throttle let it wait. */
  readonly neverLate?: true;
  /** It ends its session. The request throttle lets it through though its connection is gone. */
  readonly endsSession?: true;
}

export interface WriteOperation<R = unknown> extends Common {
  readonly access: "write";
  readonly code: number;
  readonly body: Codec<R>;
  /**
   * The transaction that does it, or why it is refused. First failure wins (specification 2.10).
   */
  prepare(at: Preparation, request: R): Txn | Refused;
  /** Whether only a session that the log knows can do it. */
  needsGlobal?(request: R): boolean;
  /** What it is instead where its session is a local one. */
  readonly whenLocal?: ReadOperation;
  /** Appends the reply's body. Asked only when the transaction did not fail. */
  reply(to: JuteWriter, done: ReplyContext<R>): void;
}

/** What a read of one node is answered from. Its reader stands behind the request header. */
export interface NodeContext {
  readonly tree: ReadableTree;
  readonly watches: Pick<WatchTables, "addData" | "addChild">;
  readonly access: Pick<Access, "permits">;
  readonly ids: readonly Id[];
  readonly watcher: WatcherId;
}

/** What any read is answered from. */
export interface ReadContext extends NodeContext {
  readonly tree: DataTree;
  readonly watches: WatchTables;
  readonly access: Access;
  readonly session: SessionId;
  /** Sends a watch event. `zxid`: of its cause, or -1. */
  event(type: number, path: string, zxid: Zxid): void;
}

export interface ReadOperation extends Common {
  readonly access: "read";
  readonly code: number;
  /** What happens, and is sent, before the reply begins: the events that setWatches makes up. */
  before?(at: ReadContext, from: JuteReader): void;
  /** Answered only after everything that was proposed when it came has been applied. */
  readonly waits?: true;
  /** Bytes of its body before the path, or the first path, that it names; 0 where absent. */
  readonly pathAt?: number;
  /**
   * Appends the reply's body and returns 0, or returns an error code; then what it appended is
   * dropped. Throws `ProtocolError` when the body is malformed. Allocates nothing on the common
   * path.
   */
  answer(at: ReadContext, from: JuteReader, to: JuteWriter): ErrorCode;
}

/** A read that needs no more than one node: other threads can answer it too. */
export interface NodeRead extends ReadOperation {
  answer(at: NodeContext, from: JuteReader, to: JuteWriter): ErrorCode;
}

export type Operation = WriteOperation | ReadOperation;

/** Types a write's card by its codec. */
export const write = <R>(card: Omit<WriteOperation<R>, "access">): WriteOperation =>
  ({ access: "write", ...card }) as WriteOperation<R> as WriteOperation;
export const read = (card: Omit<ReadOperation, "access">): ReadOperation => ({
  access: "read",
  ...card,
});

export const nodeRead = (card: Omit<NodeRead, "access">): NodeRead => ({ access: "read", ...card });

/** The reply body of operations that have none. */
export const noBody = (): void => {};
