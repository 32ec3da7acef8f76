/**
 * deleteContainer: the server's own way to delete a container that has become empty or a node that
 * its time to live has left behind. Never a client's request: it is not in table.ts. From:
 * specification 2.10 (Containers and TTL nodes; order of checks); divergences.md
 * `container-recheck`.
 */
import type { Millis } from "../base/ids.ts";
import { PathRequest } from "../records/client.ts";
import { ownerOf } from "../records/constants.ts";
import { DigestStat } from "../records/digest-stat.ts";
import { OpCode } from "../records/op-codes.ts";
import { noBody, type OperationSettings, refuse, write } from "./operation.ts";
import { hasParent, isReserved } from "./paths.ts";

/** What decides how long a node stays. Owner and cversion are the stored ones. */
export type Lifetime = {
  readonly owner: bigint;
  readonly childCount: number;
  readonly cversion: number;
  readonly mtime: Millis;
};

/** Whether the server deletes the node at `time`, in ms since 1970. */
export function isOutlived(node: Lifetime, time: Millis, settings: OperationSettings): boolean {
  if (node.childCount > 0) return false;
  const owner = ownerOf(node.owner, settings.extendedTypes);
  const age = time - node.mtime;
  switch (owner.kind) {
    case "container":
      // A new container stays until it has had a child: its maker is about to give it one.
      if (node.cversion > 0) return true;
      return settings.containerNeverUsedMs > 0 && age > settings.containerNeverUsedMs;
    case "ttl":
      return owner.ttlMs > 0 && age > owner.ttlMs;
    case "none":
    case "session":
      return false;
  }
}

export const deleteContainer = write<PathRequest>({
  code: OpCode.deleteContainer,
  body: PathRequest,
  prepare({ view, header, settings }, { path }) {
    if (!hasParent(path) || isReserved(path)) return refuse("BadArguments");
    const node = view.node(path);
    if (node === undefined) return refuse("NoNode");
    const { stat, childCount } = node;
    if (childCount > 0) return refuse("NotEmpty");
    const owner = DigestStat.owner(stat);
    const lifetime = {
      owner,
      childCount,
      cversion: DigestStat.cversion(stat),
      mtime: DigestStat.mtime(stat),
    };
    if (!isOutlived(lifetime, header.time, settings)) return refuse("BadVersion");
    return { kind: "deleteContainer", path };
  },
  reply: noBody,
});
