/** setData: replaces a node's data. From: specification 2.7, 2.10. */
import { assert } from "../base/assert.ts";
import { SetDataRequest } from "../records/client.ts";
import { ANY_VERSION, Permission } from "../records/constants.ts";
import { STAT_BYTES } from "../records/data.ts";
import { OpCode } from "../records/op-codes.ts";
import { refuse, write } from "./operation.ts";
import { isValidPath } from "./paths.ts";
import { checkQuota } from "./quota.ts";
import { View } from "./view.ts";

/**
 * The version after `version`. It never becomes -1, which in a request means any version
 * (divergences.md "version-wrap").
 */
function nextVersion(version: number): number {
  const next = (version + 1) | 0;
  return next === ANY_VERSION ? 0 : next;
}

export const setData = write<SetDataRequest>({
  code: OpCode.setData,
  body: SetDataRequest,
  prepare(at, request) {
    const { view, access, ids } = at;
    const { path, data, version } = request;
    if (!isValidPath(path)) return refuse("BadArguments");
    const node = view.node(path);
    if (node === undefined) return refuse("NoNode");
    if (!access.permits(node.acl, Permission.WRITE, ids)) return refuse("NoAuth");
    const bytes = (data?.length ?? 0) - node.dataLength;
    const beyondQuota = checkQuota(at, path, { count: 0, bytes });
    if (beyondQuota !== undefined) return beyondQuota;
    const current = View.versionOf(node);
    if (version !== ANY_VERSION && version !== current) return refuse("BadVersion");
    return { kind: "setData", path, data, version: nextVersion(current) };
  },
  reply(to, { tree, applied }) {
    assert(applied.kind === "changed", "a setData that did not fail changed");
    const target = to.reserve(STAT_BYTES);
    tree.copyStat(applied.node, to.bytes, target);
  },
});
