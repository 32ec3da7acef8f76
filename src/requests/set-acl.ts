/** setACL: replaces a node's access control list. From: specification 2.6, 2.10. */
import { assert } from "../base/assert.ts";
import { SetACLRequest } from "../records/client.ts";
import { ANY_VERSION, Permission } from "../records/constants.ts";
import { STAT_BYTES } from "../records/data.ts";
import { OpCode } from "../records/op-codes.ts";
import { refuse, write } from "./operation.ts";
import { isValidPath } from "./paths.ts";
import { View } from "./view.ts";

export const setACL = write<SetACLRequest>({
  code: OpCode.setACL,
  body: SetACLRequest,
  prepare({ view, access, ids }, request) {
    const { path, version } = request;
    if (!isValidPath(path)) return refuse("BadArguments");
    const normalised = access.normalise(request.acl, ids);
    if (normalised.kind === "refused") return normalised;
    const { acl } = normalised;
    const node = view.node(path);
    if (node === undefined) return refuse("NoNode");
    if (!access.permits(node.acl, Permission.ADMIN, ids)) return refuse("NoAuth");
    const current = View.aversionOf(node);
    if (version !== ANY_VERSION && version !== current) return refuse("BadVersion");
    return { kind: "setACL", path, acl, version: (current + 1) | 0 };
  },
  reply(to, { tree, applied }) {
    assert(applied.kind === "changed", "a setACL that did not fail changed");
    const target = to.reserve(STAT_BYTES);
    tree.copyStat(applied.node, to.bytes, target);
  },
});
