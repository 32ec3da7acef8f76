/**
 * Setting the watches of a client again on a new connection: setWatches requests of bounded size.
 *
 * The server compares each path with `relativeZxid` and sends at once the events that were missed;
 * it cannot do so for persistent watches, whose events of the time between are lost.
 * From: specification 2.2, 2.10. Persistent watches need setWatches2, which old servers do not
 * know.
 */
import type { Zxid } from "../base/ids.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { SetWatches2Request, SetWatchesRequest } from "../records/client.ts";
import { Xid } from "../records/constants.ts";
import { OpCode } from "../records/op-codes.ts";
import { beginFrame, endFrame } from "./calls.ts";
import { WATCH_KINDS, type Watches, type WatchKind } from "./watches.ts";

/** Most bytes of paths in one request; the reference's number. */
export const SET_WATCHES_BYTES_MAX = 128 * 1024;
/** UTF-8 takes at most three bytes for a UTF-16 unit; each string has a length before it. */
const bytesOf = (path: string): number => 4 + 3 * path.length;

type Lists = Record<WatchKind, string[]>;

/** The requests that set every watch again, each within the limit but for a single longer path. */
export function setWatchesRequests<W>(
  watches: Watches<W>,
  relativeZxid: Zxid,
): readonly SetWatches2Request[] {
  const requests: SetWatches2Request[] = [];
  let lists = emptyLists();
  let bytes = 0;
  for (const kind of WATCH_KINDS) {
    for (const path of watches.paths(kind)) {
      if (bytes > 0 && bytes + bytesOf(path) > SET_WATCHES_BYTES_MAX) {
        requests.push({ relativeZxid, ...lists });
        lists = emptyLists();
        bytes = 0;
      }
      lists[kind].push(path);
      bytes += bytesOf(path);
    }
  }
  if (bytes > 0) requests.push({ relativeZxid, ...lists });
  return requests;
}

/** Writes the frames that set every watch again. */
export function writeSetWatches<W>(to: JuteWriter, watches: Watches<W>, lastZxid: Zxid): void {
  for (const request of setWatchesRequests(watches, lastZxid)) {
    const start = to.at;
    const isNew = request.persistent.length > 0 || request.persistentRecursive.length > 0;
    beginFrame(to, Xid.setWatches, isNew ? OpCode.setWatches2 : OpCode.setWatches);
    if (isNew) SetWatches2Request.write(to, request);
    else SetWatchesRequest.write(to, request);
    endFrame(to, start);
  }
}

const emptyLists = (): Lists => ({
  data: [],
  exist: [],
  child: [],
  persistent: [],
  persistentRecursive: [],
});
