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

/**
 * An operation of `multi`, made by `op`.
 * @example const ops: WriteOp[] = [op.check("/config", 3), op.setData("/config", "4")];
 */
export type WriteOp = Exclude<MultiOp, ReadOp>;
/**
 * An operation of `multiRead`, made by `op`.
 * @example const ops: ReadOp[] = [op.getData("/config"), op.getChildren("/jobs")];
 */
export type ReadOp = Extract<MultiOp, { readonly kind: "getData" | "getChildren" }>;
/**
 * What an operation of `multi` has done. `create` and `create2` tell the `path`, `create2` and
 * `setData` the new `stat`; of `delete` and `check` there is nothing to tell.
 * @example
 * const [first]: readonly WriteResult[] = await zk.multi([op.create("/jobs/a")]);
 * if (first?.kind === "create") console.log(first.path);
 */
export type WriteResult = Extract<
  MultiResult,
  { readonly kind: "create" | "create2" | "delete" | "check" | "setData" }
>;
/**
 * What an operation of `multiRead` has found, or its error: `data` and `stat` of `getData`, the
 * `children` of `getChildren`.
 * @example
 * const [first]: readonly ReadResult[] = await zk.multiRead([op.getData("/config")]);
 * if (first?.kind === "getData") console.log(first.stat.version);
 * if (first?.kind === "error") console.error(first.error.code);
 */
export type ReadResult =
  | Extract<MultiResult, { readonly kind: "getData" | "getChildren" }>
  | { readonly kind: "error"; readonly error: KeeperError };

/**
 * Makes operations for `multi` and `multiRead`. They throw `BadArgumentsError`. Versions are as in
 * the client's methods: -1 unless given, which matches every one.
 * @example
 * await zk.multi([
 *   op.check("/config", 3),
 *   op.create("/jobs/a", "work", { mode: "ephemeral" }),
 *   op.setData("/count", "1"),
 *   op.delete("/jobs/b"),
 * ]);
 * await zk.multiRead([op.getData("/config"), op.getChildren("/jobs")]);
 */
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

/**
 * Collects operations that are done all or none. The methods that collect throw
 * `BadArgumentsError`, and nothing is sent before `commit`.
 * @example await zk.transaction().check("/config", 3).create("/jobs/a").delete("/jobs/b").commit();
 */
export class Transaction {
  private readonly ops: WriteOp[] = [];
  private readonly send: Commit;

  /** Made by `ZooKeeper.transaction`. */
  constructor(send: Commit) {
    this.send = send;
  }

  /**
   * Adds a creation, as `ZooKeeper.create` makes it without `protected`.
   * @example
   * await zk.transaction().create("/jobs/job-", "work", { mode: "persistentSequential" }).commit();
   */
  create(path: string, data: Data = null, options: CreateOptions = {}): this {
    return this.add(op.create(path, data, options));
  }
  /**
   * Adds a deletion; of any version unless `version` is given.
   * @example await zk.transaction().delete("/jobs/a", 0).commit();
   */
  delete(path: string, version: number = ANY_VERSION): this {
    return this.add(op.delete(path, version));
  }
  /**
   * Adds a setting of data; at any version unless `version` is given.
   * @example await zk.transaction().setData("/count", "2", 1).commit();
   */
  setData(path: string, data: Data, version: number = ANY_VERSION): this {
    return this.add(op.setData(path, data, version));
  }
  /**
   * The transaction fails unless the node has this version.
   * @example await zk.transaction().check("/leader", 0).setData("/state", "on").commit();
   */
  check(path: string, version: number = ANY_VERSION): this {
    return this.add(op.check(path, version));
  }

  /**
   * Does all of it or nothing. Rejects with the error of the operation that failed.
   * @example const results = await zk.transaction().create("/a").create("/a/b").commit({ signal });
   */
  commit(options: CallOptions = {}): Promise<readonly WriteResult[]> {
    return this.send(this.ops, options);
  }

  private add(one: WriteOp): this {
    this.ops.push(one);
    return this;
  }
}
