/** getData: a node's data and Stat. From: specification 2.7 (null and empty data), 2.10. */
import { Permission } from "../records/constants.ts";
import { STAT_BYTES } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { nodeRead } from "./operation.ts";
import { checkNode, skipPath } from "./read-path.ts";

export const getData = nodeRead({
  code: OpCode.getData,
  answer(at, from, to) {
    const start = skipPath(from);
    const end = from.at;
    const watch = from.bool();
    const node = at.tree.find(from.bytes, start, end);
    const err = checkNode(at, node, Permission.READ);
    if (err !== ErrorCode.Ok) return err;
    const length = at.tree.dataLengthOf(node);
    to.int(length);
    if (length > 0) {
      const target = to.reserve(length);
      at.tree.copyData(node, to.bytes, target);
    }
    const target = to.reserve(STAT_BYTES);
    at.tree.copyStat(node, to.bytes, target);
    if (watch) at.watches.addData(from.bytes.subarray(start, end), at.watcher);
    return ErrorCode.Ok;
  },
});
