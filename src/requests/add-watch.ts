/**
 * addWatch: a watch that firing does not use up, on a path alone or on all that lies below it too.
 * The node need not exist and no permission is asked for: events are held back where READ is
 * missing. From: specification 2.6, 2.10 (Events).
 */
import { ProtocolError } from "../base/errors.ts";
import { ErrorResponse } from "../records/client.ts";
import { AddWatchMode } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { read } from "./operation.ts";
import { skipPath } from "./read-path.ts";

export const addWatch = read({
  code: OpCode.addWatch,
  answer(at, from, to) {
    const start = skipPath(from);
    const path = from.bytes.subarray(start, from.at);
    const mode = from.int();
    const recursive = mode === AddWatchMode.persistentRecursive;
    if (!recursive && mode !== AddWatchMode.persistent) {
      throw new ProtocolError("BAD_VALUE", { what: "addWatch mode", mode });
    }
    at.watches.addPersistent(path, at.watcher, recursive);
    ErrorResponse.write(to, { err: ErrorCode.Ok });
    return ErrorCode.Ok;
  },
});
