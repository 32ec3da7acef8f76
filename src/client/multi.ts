/**
 * Operations for `multi` and `multiRead`, and the transaction builder.
 *
 *   await zk.multi([op.check("/lock", 3), op.setData("/value", "new"), op.delete("/old")]);
 *   await zk.transaction().check("/lock", 3).setData("/value", "new").commit();
 */
import { multiRead as multiReadOperation } from "../client-core/multi.ts";
import { type Operation, withReply } from "../client-core/operation.ts";
import { ANY_VERSION } from "../records/constants.ts";
import type { MultiOp, MultiResult } from "../records/multi.ts";
import { type KeeperError, keeperError } from "./keeper-error.ts";
import type { CallOptions } from "./options.ts";
import {
  bytesOf,
  type CreateOptions,
  checkPath,
  checkVersion,
  creation,
  type Data,
} from "./requests.ts";

export type WriteOp = Exclude<MultiOp, ReadOp>;
export type ReadOp = Extract<MultiOp, { readonly kind: "getData" | "getChildren" }>;
export type WriteResult = Extract<
  MultiResult,
  { readonly kind: "create" | "create2" | "delete" | "check" | "setData" }
>;
export type ReadResult =
  | Extract<MultiResult, { readonly kind: "getData" | "getChildren" }>
  | { readonly kind: "error"; readonly error: KeeperError };

/** Makes operations for `multi` and `multiRead`. They throw `BadArgumentsError`. */
export const op = {
  create(path: string, data: Data = null, options: CreateOptions = {}): WriteOp {
    return creation(path, data, options) as WriteOp;
  },
  delete(path: string, version: number = ANY_VERSION): WriteOp {
    checkPath("delete", path);
    checkVersion("delete", path, version);
    return { kind: "delete", request: { path, version } };
  },
  setData(path: string, data: Data, version: number = ANY_VERSION): WriteOp {
    checkPath("setData", path);
    checkVersion("setData", path, version);
    return { kind: "setData", request: { path, data: bytesOf(data), version } };
  },
  check(path: string, version: number = ANY_VERSION): WriteOp {
    checkPath("check", path);
    checkVersion("check", path, version);
    return { kind: "check", request: { path, version } };
  },
  getData(path: string): ReadOp {
    checkPath("getData", path);
    return { kind: "getData", request: { path, watch: false } };
  },
  getChildren(path: string): ReadOp {
    checkPath("getChildren", path);
    return { kind: "getChildren", request: { path, watch: false } };
  },
};

/** multiRead, its errors as `KeeperError`s in their places. */
export const readOperation = (
  ops: readonly ReadOp[],
): Operation<readonly MultiOp[], readonly ReadResult[]> =>
  withReply(multiReadOperation, (results) =>
    results.map((result, index) => {
      if (result.kind !== "error") return result as ReadResult;
      const asked = ops[index];
      const about = { operation: asked?.kind ?? "multiRead", path: asked?.request.path };
      return { kind: "error", error: keeperError(result.err, { ...about, ambiguous: false }) };
    }),
  );

type Commit = (ops: readonly WriteOp[], options: CallOptions) => Promise<readonly WriteResult[]>;

/** Collects operations that are done all or none. */
export class Transaction {
  private readonly ops: WriteOp[] = [];
  private readonly send: Commit;

  constructor(send: Commit) {
    this.send = send;
  }

  create(path: string, data: Data = null, options: CreateOptions = {}): this {
    return this.add(op.create(path, data, options));
  }
  delete(path: string, version: number = ANY_VERSION): this {
    return this.add(op.delete(path, version));
  }
  setData(path: string, data: Data, version: number = ANY_VERSION): this {
    return this.add(op.setData(path, data, version));
  }
  /** The transaction fails unless the node has this version. */
  check(path: string, version: number = ANY_VERSION): this {
    return this.add(op.check(path, version));
  }

  /** Does all of it or nothing. Rejects with the error of the operation that failed. */
  commit(options: CallOptions = {}): Promise<readonly WriteResult[]> {
    return this.send(this.ops, options);
  }

  private add(one: WriteOp): this {
    this.ops.push(one);
    return this;
  }
}
