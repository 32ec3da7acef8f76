/**
 * whoAmI: the identities of the connection, without what proves them. From: specification 2.10.
 */
import { WhoAmIResponse } from "../records/client.ts";
import type { Id } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { SUPER_SCHEME } from "./auth-scheme.ts";
import { read } from "./operation.ts";

export const whoAmI = read({
  code: OpCode.whoAmI,
  answer({ ids }, _from, to) {
    const clientInfo = ids.map((id) => ({ authScheme: id.scheme ?? "", user: userOf(id) }));
    WhoAmIResponse.write(to, { clientInfo });
    return ErrorCode.Ok;
  },
});

function userOf({ scheme, id }: Id): string {
  // It is no scheme of its own; the name stands with the scheme that proved it.
  if (scheme === SUPER_SCHEME) return "";
  const text = id ?? "";
  return scheme === "digest" ? text.split(":", 1)[0]! : text;
}
