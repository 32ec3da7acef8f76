/** getACL: a node's list; who may not ADMIN sees no digests. From: specification 2.6 (CVE-2019-0201). */
import { vector } from "../jute/codec.ts";
import { Permission } from "../records/constants.ts";
import { Acl, STAT_BYTES } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { read } from "./operation.ts";
import { checkNode, permits, skipPath } from "./read-path.ts";

const AclList = vector(Acl);

export const getACL = read({
  code: OpCode.getACL,
  answer(at, from, to) {
    const start = skipPath(from);
    const node = at.tree.find(from.bytes, start, from.at);
    const err = checkNode(at, node, Permission.READ | Permission.ADMIN);
    if (err !== ErrorCode.Ok) return err;
    const acl = at.tree.aclOf(node);
    AclList.write(to, permits(at, node, Permission.ADMIN) ? acl : acl.map(masked));
    const target = to.reserve(STAT_BYTES);
    at.tree.copyStat(node, to.bytes, target);
    return ErrorCode.Ok;
  },
});

function masked(entry: Acl): Acl {
  if (entry.scheme !== "digest" || entry.id === null) return entry;
  return { ...entry, id: `${entry.id.split(":", 1)[0]}:x` };
}
