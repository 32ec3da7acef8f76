/** ping: renews the session, which receiving it did; the reply has a header only. */
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { read } from "./operation.ts";

export const ping = read({ code: OpCode.ping, neverLate: true, answer: () => ErrorCode.Ok });
