/** What the read operations share: finding the node that a request names, without making a string. */
import { ProtocolError } from "../base/errors.ts";
import type { JuteReader } from "../jute/reader.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { NO_NODE, type NodeId } from "../tree/data-tree.ts";
import type { NodeContext } from "./operation.ts";

/** Moves over a path; answers where its bytes start. They end at `from.at`. */
export function skipPath(from: JuteReader): number {
  const length = from.int();
  if (length < 0 || length > from.remaining) {
    throw new ProtocolError("LENGTH_OUT_OF_RANGE", { length, remaining: from.remaining });
  }
  const start = from.at;
  from.at += length;
  return start;
}

/** Whether any of the `needed` permission bits is granted. Most nodes are open: that costs nothing. */
export function permits(at: NodeContext, node: NodeId, needed: number): boolean {
  return (
    at.tree.aclIdOf(node) === OPEN_ACL_ID || at.access.permits(at.tree.aclOf(node), needed, at.ids)
  );
}

/** The ACL id of `world:anyone` with all permissions (specification 5.4). */
const OPEN_ACL_ID = -1;

/** 0 when the caller may do what `needed` says to `node`; else the reply's error. */
export function checkNode(at: NodeContext, node: NodeId, needed: number): ErrorCode {
  if (node === NO_NODE) return ErrorCode.NoNode;
  return permits(at, node, needed) ? ErrorCode.Ok : ErrorCode.NoAuth;
}
