/**
 * getAllChildrenNumber: how many nodes lie below a node. READ is asked for on that node alone.
 *
 * The root's answer is known. Elsewhere the nodes below are walked in one turn, some 60 ns each: a
 * million of them hold everybody up for 60 ms. The reference compares the paths of all nodes of the
 * server instead. From: specification 2.8, 2.10; divergences.md `count-empty-path`.
 */
import { Permission } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { type DataTree, NO_NODE, type NodeId } from "../tree/data-tree.ts";
import { read } from "./operation.ts";
import { checkNode, skipPath } from "./read-path.ts";

export const getAllChildrenNumber = read({
  code: OpCode.getAllChildrenNumber,
  answer(at, from, to) {
    const start = skipPath(from);
    const node = at.tree.find(from.bytes, start, from.at);
    const err = checkNode(at, node, Permission.READ);
    if (err !== ErrorCode.Ok) return err;
    to.int(countBelow(at.tree, node));
    return ErrorCode.Ok;
  },
});

function countBelow(tree: DataTree, top: NodeId): number {
  // All but the root, which is counted under both of its names.
  if (top === tree.root) return tree.nodeCount - 2;
  let count = 0;
  for (let node = tree.firstChildOf(top); node !== NO_NODE; node = nextBelow(tree, node, top)) {
    count++;
  }
  return count;
}

/** The node after `node` in a walk of all that is below `top`: parents before their children. */
function nextBelow(tree: DataTree, node: NodeId, top: NodeId): NodeId {
  const child = tree.firstChildOf(node);
  if (child !== NO_NODE) return child;
  for (let at = node; at !== top; at = tree.parentOf(at)) {
    const sibling = tree.nextSiblingOf(at);
    if (sibling !== NO_NODE) return sibling;
  }
  return NO_NODE;
}
