/**
 * setWatches and setWatches2: a client that comes back re-arms its watches. What its one-time
 * watches missed since the zxid that it saw last comes as events, before the reply; what persistent
 * ones missed is lost. Of a node that it may not read it hears nothing (CVE-2024-23944): the watch
 * is armed and stays silent, as one set before. From: specification 2.10 (setWatches).
 */
import { utf8 } from "../base/bytes.ts";
import { toZxid, type Zxid } from "../base/ids.ts";
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
  for (const path of request.data) {
    const missed = missedByData(at, path, request.relativeZxid);
    if (missed === undefined) at.watches.addData(utf8(path), at.watcher);
    else at.event(missed, path, NO_CAUSE);
  }
  for (const path of request.exist) {
    const node = at.tree.findText(path);
    if (node === NO_NODE || !isReadable(at, node)) at.watches.addData(utf8(path), at.watcher);
    else at.event(EventType.nodeCreated, path, NO_CAUSE);
  }
  for (const path of request.child) {
    const missed = missedByChild(at, path, request.relativeZxid);
    if (missed === undefined) at.watches.addChild(utf8(path), at.watcher);
    else at.event(missed, path, NO_CAUSE);
  }
}

const isReadable = (at: ReadContext, node: NodeId): boolean => permits(at, node, Permission.READ);

function missedByData(at: ReadContext, path: string, seen: Zxid): EventType | undefined {
  const node = at.tree.findText(path);
  if (node === NO_NODE) return EventType.nodeDeleted;
  if (!isReadable(at, node)) return undefined;
  return at.tree.statOf(node).mzxid > seen ? EventType.nodeDataChanged : undefined;
}

function missedByChild(at: ReadContext, path: string, seen: Zxid): EventType | undefined {
  const node = at.tree.findText(path);
  if (node === NO_NODE) return EventType.nodeDeleted;
  if (!isReadable(at, node)) return undefined;
  return at.tree.statOf(node).pzxid > seen ? EventType.nodeChildrenChanged : undefined;
}
