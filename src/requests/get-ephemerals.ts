/**
 * getEphemerals: the nodes that the caller's session owns, in no order; those whose path begins
 * with a prefix, as text and not by whole names. From: specification 2.10.
 */
import { GetEphemeralsRequest, GetEphemeralsResponse } from "../records/client.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { read } from "./operation.ts";

export const getEphemerals = read({
  code: OpCode.getEphemerals,
  answer({ tree, session }, from, to) {
    const prefix = GetEphemeralsRequest.read(from).prefixPath ?? "";
    const all = tree.ephemeralsOf(session);
    const everything = ["", "/"].includes(prefix.trim());
    const ephemerals = everything ? all : all.filter((path) => path.startsWith(prefix));
    GetEphemeralsResponse.write(to, { ephemerals });
    return ErrorCode.Ok;
  },
});
