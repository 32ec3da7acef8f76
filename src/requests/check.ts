/**
 * check: passes when a node has a version. Only inside a multi: alone the reference logs a record
 * that it cannot read back (divergences.md "check-alone").
 */
import { CheckVersionRequest } from "../records/client.ts";
import { ANY_VERSION, Permission } from "../records/constants.ts";
import { OpCode } from "../records/op-codes.ts";
import { noBody, refuse, write } from "./operation.ts";
import { isValidPath } from "./paths.ts";
import { View } from "./view.ts";

export const check = write<CheckVersionRequest>({
  code: OpCode.check,
  body: CheckVersionRequest,
  prepare({ view, access, ids }, { path, version }) {
    if (!isValidPath(path)) return refuse("BadArguments");
    const node = view.node(path);
    if (node === undefined) return refuse("NoNode");
    if (!access.permits(node.acl, Permission.READ, ids)) return refuse("NoAuth");
    const current = View.versionOf(node);
    if (version !== ANY_VERSION && version !== current) return refuse("BadVersion");
    return { kind: "check", path, version: (current + 1) | 0 };
  },
  reply: noBody,
});
