/**
 * setWatches and setWatches2: a client that comes back re-arms its watches. What its one-time
 * watches missed since the zxid that it saw last comes as events, before the reply; what persistent
 * ones missed is lost. Of a node that it may not read it hears nothing (CVE-2024-23944).
 * From: specification 2.10 (setWatches).
 */
import { utf8 } from "../base/bytes.ts";
import { toZxid } from "../base/ids.ts";
import { SetWatches2Request, SetWatchesRequest } from "../records/client.ts";
import { EventType, Permission } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { NO_NODE, type NodeId } from "../tree/data-tree.ts";
import { type ReadContext, read } from "./operation.ts";
import { permits } from "./read-path.ts";

/** Events made up for a client that was away have no transaction of their own. */
const NO_CAUSE = toZxid(-1n);

export const setWatches = read({
  code: OpCode.setWatches,
  before: (at, from) => rearm(at, SetWatchesRequest.read(from)),
  answer: () => ErrorCode.Ok,
});

export const setWatches2 = read({
  code: OpCode.setWatches2,
  before(at, from) {
    const request = SetWatches2Request.read(from);
    rearm(at, request);
    for (const path of request.persistent) at.watches.addPersistent(path, at.watcher, false);
    for (const path of request.persistentRecursive) {
      at.watches.addPersistent(path, at.watcher, true);
    }
  },
  answer: () => ErrorCode.Ok,
});

function rearm(at: ReadContext, request: SetWatchesRequest): void {
  const seen = request.relativeZxid;
  for (const path of request.data) {
    const node = at.tree.findText(path);
    if (node === NO_NODE) at.event(EventType.nodeDeleted, path, NO_CAUSE);
    else if (at.tree.statOf(node).mzxid > seen) missed(at, node, EventType.nodeDataChanged, path);
    else at.watches.addData(utf8(path), at.watcher);
  }
  for (const path of request.exist) {
    const node = at.tree.findText(path);
    if (node === NO_NODE) at.watches.addData(utf8(path), at.watcher);
    else missed(at, node, EventType.nodeCreated, path);
  }
  for (const path of request.child) {
    const node = at.tree.findText(path);
    if (node === NO_NODE) at.event(EventType.nodeDeleted, path, NO_CAUSE);
    else if (at.tree.statOf(node).pzxid > seen) {
      missed(at, node, EventType.nodeChildrenChanged, path);
    } else at.watches.addChild(utf8(path), at.watcher);
  }
}

/** As when the client was there: the watch is used up, whether its owner may hear of it or not. */
function missed(at: ReadContext, node: NodeId, type: EventType, path: string): void {
  if (permits(at, node, Permission.READ)) at.event(type, path, NO_CAUSE);
}
