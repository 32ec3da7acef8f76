/** exists: a node's Stat; a watch is set even where there is no node. From: specification 2.6, 2.9, 2.10. */
import type { JuteReader } from "../jute/reader.ts";
import { Permission } from "../records/constants.ts";
import { STAT_BYTES } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { NO_NODE } from "../tree/data-tree.ts";
import { nodeRead } from "./operation.ts";
import { permits, skipPath } from "./read-path.ts";

export const exists = nodeRead({
  code: OpCode.exists,
  answer(at, from, to) {
    const start = skipPath(from);
    const end = from.at;
    const watch = from.bool();
    if (hasNul(from, start, end)) return ErrorCode.BadArguments;
    const node = at.tree.find(from.bytes, start, end);
    // READ is asked for since 3.8.4 and 3.9.2 (ZOOKEEPER-2590).
    if (node !== NO_NODE && !permits(at, node, Permission.READ)) return ErrorCode.NoAuth;
    if (watch) at.watches.addData(from.bytes.subarray(start, end), at.watcher);
    if (node === NO_NODE) return ErrorCode.NoNode;
    const target = to.reserve(STAT_BYTES);
    at.tree.copyStat(node, to.bytes, target);
    return ErrorCode.Ok;
  },
});

function hasNul(from: JuteReader, start: number, end: number): boolean {
  const at = from.bytes.indexOf(0, start);
  return at >= 0 && at < end;
}
