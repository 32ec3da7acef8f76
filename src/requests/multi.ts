/**
 * multi: several writes under one zxid, all or none; and multiRead: several reads, each for itself.
 * From: specification 1.3, 2.10 (multi), 1.4 (a failed multi is logged too).
 */
import { assert } from "../base/assert.ts";
import type { Codec } from "../jute/codec.ts";
import { CreateMode, isCreateMode, isTtl } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import {
  type MultiOp,
  type MultiResult,
  readMultiOps,
  writeMultiOps,
  writeMultiResults,
} from "../records/multi.ts";
import { OpCode } from "../records/op-codes.ts";
import type { Txn } from "../records/txn.ts";
import type { MultiApplied } from "../tree/data-tree.ts";
import { check } from "./check.ts";
import { create, create2, createContainer, createTTL, makesEphemeral } from "./create.ts";
import { deleteNode } from "./delete.ts";
import { type Preparation, type Refused, refuse, type WriteOperation, write } from "./operation.ts";
import { setData } from "./set-data.ts";

type WriteKind = Exclude<MultiOp["kind"], "getData" | "getChildren">;
const CARDS: Readonly<Record<WriteKind, WriteOperation>> = {
  create,
  create2,
  createContainer,
  createTTL,
  delete: deleteNode,
  setData,
  check,
};

export const MultiRequest: Codec<readonly MultiOp[]> = {
  bytesMin: 9,
  read: (from) => readMultiOps(from, false),
  write: writeMultiOps,
};

export const multi = write<readonly MultiOp[]>({
  code: OpCode.multi,
  body: MultiRequest,
  /** Proposes its elements itself, so that each sees those before it; after a failure none is. */
  prepare(at, ops) {
    const txns: Txn[] = [];
    for (const [index, op] of ops.entries()) {
      const txn = prepareElement(at, op);
      if (txn.kind === "refused") {
        at.view.rollback();
        // One element that cannot be read makes the whole request so, as in the reference.
        if (txn.err === ErrorCode.MarshallingError) return txn;
        return { kind: "multi", txns: failedAt(index, txn, txns, ops.length) };
      }
      at.view.propose(txn);
      txns.push(txn);
    }
    return { kind: "multi", txns };
  },
  needsGlobal: (ops) =>
    ops.some((op) => (op.kind === "create" || op.kind === "create2") && makesEphemeral(op.request)),
  reply(to, { request, applied }) {
    assert(applied.kind === "multi", "a multi is applied as one");
    writeMultiResults(
      to,
      applied.results.map((result, index) => resultOf(request[index]!, result)),
    );
  },
});

/**
 * What an element does. Of the creates it follows the flags, not the code (specification 1.3). TTL
 * flags without a TTL are malformed: undefined.
 */
function effectiveKind(op: MultiOp): WriteKind | undefined {
  const kind = op.kind as WriteKind;
  if (!("flags" in op.request)) return kind;
  const { flags } = op.request;
  if (flags === CreateMode.container) return "createContainer";
  if (isCreateMode(flags) && isTtl(flags)) return kind === "createTTL" ? kind : undefined;
  return kind === "create2" ? kind : "create";
}

function prepareElement(at: Preparation, op: MultiOp): Txn | Refused {
  const kind = effectiveKind(op);
  if (kind === undefined) return refuse("MarshallingError");
  const txn = CARDS[kind].prepare(at, op.request);
  // 3.8.0 and 3.8.1 cannot apply a create2 inside a multi (ZOOKEEPER-4026): a create does the same.
  return txn.kind === "create2" ? { ...txn, kind: "create" } : txn;
}

/** As logged: the elements before keep their bodies, then the error, then -2 for each one after. */
function failedAt(index: number, refused: Refused, before: readonly Txn[], count: number): Txn[] {
  const error: Txn = { kind: "error", err: refused.err };
  const after: Txn = { kind: "error", err: ErrorCode.RuntimeInconsistency };
  return [...before, error, ...new Array<Txn>(count - index - 1).fill(after)];
}

/** An element's result takes its form from what was asked. In a failed multi every one is an error. */
function resultOf(op: MultiOp, applied: MultiApplied): MultiResult {
  switch (applied.kind) {
    case "failed":
      return { kind: "error", err: applied.err };
    case "created":
      return effectiveKind(op) === "create"
        ? { kind: "create", path: applied.path }
        : { kind: "create2", path: applied.path, stat: applied.stat };
    case "changed":
      return { kind: "setData", stat: applied.stat };
    case "done":
      return { kind: op.kind === "check" ? "check" : "delete" };
  }
}
