/**
 * multi and multiRead: several operations in one request. A failed multi changes nothing; its
 * reply's header says 0 and each element's result is an error: 0 before the one that failed, its
 * code there, RuntimeInconsistency after. From: specification 1.3, 2.10.
 */
import type { JuteReader } from "../jute/reader.ts";
import { ErrorCode } from "../records/error-codes.ts";
import {
  type MultiOp,
  type MultiResult,
  readMultiResults,
  writeMultiOps,
} from "../records/multi.ts";
import { OpCode } from "../records/op-codes.ts";
import type { Chroot } from "./chroot.ts";
import type { Operation } from "./operation.ts";
import { owned } from "./operations.ts";

export const multi: Operation<readonly MultiOp[], readonly MultiResult[]> = {
  name: "multi",
  code: OpCode.multi,
  writes: true,
  pathOf: () => undefined,
  write: (to, ops, chroot) => writeMultiOps(to, opsUnder(ops, chroot)),
  read: readResults,
  refusal: failedElement,
  elementPath: (ops, index) => ops[index]?.request.path,
};

export const multiRead: Operation<readonly MultiOp[], readonly MultiResult[]> = {
  name: "multiRead",
  code: OpCode.multiRead,
  writes: false,
  pathOf: () => undefined,
  write: multi.write,
  read: readResults,
};

/** The element that made a multi fail; undefined when it was done. */
function failedElement(
  results: readonly MultiResult[],
): { readonly index: number; readonly err: number } | undefined {
  for (const [index, result] of results.entries()) {
    if (result.kind === "error" && result.err !== ErrorCode.Ok) return { index, err: result.err };
  }
  return undefined;
}

const opsUnder = (ops: readonly MultiOp[], chroot: Chroot): readonly MultiOp[] =>
  ops.map(
    (op) => ({ ...op, request: { ...op.request, path: chroot.under(op.request.path) } }) as MultiOp,
  );

function readResults(from: JuteReader, chroot: Chroot): readonly MultiResult[] {
  return readMultiResults(from).map((result) => {
    switch (result.kind) {
      case "create":
      case "create2":
        return { ...result, path: chroot.strip(result.path) };
      case "getData":
        return { ...result, data: owned(result.data) };
      default:
        return result;
    }
  });
}
