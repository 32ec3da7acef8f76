/** delete: removes a node without children. From: specification 2.10. */
import { DeleteRequest } from "../records/client.ts";
import { ANY_VERSION, Permission } from "../records/constants.ts";
import { OpCode } from "../records/op-codes.ts";
import { noBody, refuse, write } from "./operation.ts";
import { hasParent, isReserved, parentPath } from "./paths.ts";
import { View } from "./view.ts";

export const deleteNode = write<DeleteRequest>({
  code: OpCode.delete,
  body: DeleteRequest,
  prepare({ view, access, ids }, request) {
    const { path, version } = request;
    if (!hasParent(path) || isReserved(path)) return refuse("BadArguments");
    const parent = view.node(parentPath(path));
    if (parent === undefined) return refuse("NoNode");
    if (!access.permits(parent.acl, Permission.DELETE, ids)) return refuse("NoAuth");
    const node = view.node(path);
    if (node === undefined) return refuse("NoNode");
    if (version !== ANY_VERSION && version !== View.versionOf(node)) return refuse("BadVersion");
    if (node.childCount > 0) return refuse("NotEmpty");
    return { kind: "delete", path };
  },
  reply: noBody,
});
