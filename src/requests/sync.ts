/**
 * sync: answers its path once everything proposed before it was applied here. The waiting is done
 * by peer/replies.ts, as the card asks; any path will do, also null. From: specification 2.10.
 */
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { read } from "./operation.ts";
import { skipPath } from "./read-path.ts";

/** The length of a string that is null. */
const NULL_LENGTH = -1;

export const sync = read({
  code: OpCode.sync,
  waits: true,
  answer(_at, from, to) {
    const before = from.at;
    if (from.int() === NULL_LENGTH) {
      to.int(NULL_LENGTH);
      return ErrorCode.Ok;
    }
    from.at = before;
    const start = skipPath(from);
    to.buffer(from.bytes.subarray(start, from.at));
    return ErrorCode.Ok;
  },
});
