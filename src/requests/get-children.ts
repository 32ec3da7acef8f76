/** getChildren and getChildren2: the names of a node's children, without or with its Stat. */
import type { JuteReader } from "../jute/reader.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { Permission } from "../records/constants.ts";
import { STAT_BYTES } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { NO_NODE, type NodeId } from "../tree/data-tree.ts";
import { type NodeContext, nodeRead } from "./operation.ts";
import { checkNode, skipPath } from "./read-path.ts";

function answer(at: NodeContext, from: JuteReader, to: JuteWriter, withStat: boolean): ErrorCode {
  const start = skipPath(from);
  const end = from.at;
  const watch = from.bool();
  const node = at.tree.find(from.bytes, start, end);
  const err = checkNode(at, node, Permission.READ);
  if (err !== ErrorCode.Ok) return err;
  writeNames(at, node, to);
  if (withStat) {
    const target = to.reserve(STAT_BYTES);
    at.tree.copyStat(node, to.bytes, target);
  }
  if (watch) at.watches.addChild(from.bytes.subarray(start, end), at.watcher);
  return ErrorCode.Ok;
}

function writeNames({ tree }: NodeContext, node: NodeId, to: JuteWriter): void {
  to.int(tree.numChildrenOf(node));
  for (let child = tree.firstChildOf(node); child !== NO_NODE; child = tree.nextSiblingOf(child)) {
    const length = tree.nameLengthOf(child);
    to.int(length);
    const target = to.reserve(length);
    tree.copyName(child, to.bytes, target);
  }
}

export const getChildren = nodeRead({
  code: OpCode.getChildren,
  answer: (at, from, to) => answer(at, from, to, false),
});

export const getChildren2 = nodeRead({
  code: OpCode.getChildren2,
  answer: (at, from, to) => answer(at, from, to, true),
});
