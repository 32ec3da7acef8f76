/**
 * multiRead: several reads in one request; each succeeds or fails for itself and sets no watch.
 * From: specification 1.3, 2.10.
 */
import { utf8 } from "../base/bytes.ts";
import { Permission } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import {
  type MultiOp,
  type MultiResult,
  readMultiOps,
  writeMultiResults,
} from "../records/multi.ts";
import { OpCode } from "../records/op-codes.ts";
import { type ReadContext, read } from "./operation.ts";
import { checkNode } from "./read-path.ts";

/** What stands before each element: its type, a bool and an error. */
const MULTI_HEADER_BYTES = 9;

export const multiRead = read({
  code: OpCode.multiRead,
  pathAt: MULTI_HEADER_BYTES,
  answer(at, from, to) {
    writeMultiResults(
      to,
      readMultiOps(from, true).map((op) => resultOf(at, op)),
    );
    return ErrorCode.Ok;
  },
});

function resultOf(at: ReadContext, op: MultiOp): MultiResult {
  const path = utf8(op.request.path);
  const node = at.tree.find(path, 0, path.length);
  const err = checkNode(at, node, Permission.READ);
  if (err !== ErrorCode.Ok) return { kind: "error", err };
  return op.kind === "getChildren"
    ? { kind: "getChildren", children: at.tree.childrenOf(node) }
    : { kind: "getData", data: at.tree.dataOf(node), stat: at.tree.statOf(node) };
}
