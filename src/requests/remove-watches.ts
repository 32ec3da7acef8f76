/**
 * removeWatches and checkWatches: the caller's own watches of one kind at one path go, or are asked
 * for. No event tells of it: clients make their own. From: specification 2.10 (Events);
 * divergences.md `remove-watches`, `check-watches`.
 */
import { ProtocolError } from "../base/errors.ts";
import type { JuteReader } from "../jute/reader.ts";
import { WatcherType } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { read } from "./operation.ts";
import { skipPath } from "./read-path.ts";

const TYPES: ReadonlySet<number> = new Set(Object.values(WatcherType));

function wanted(from: JuteReader): { readonly path: Uint8Array; readonly type: number } {
  const start = skipPath(from);
  const path = from.bytes.subarray(start, from.at);
  const type = from.int();
  if (!TYPES.has(type)) throw new ProtocolError("BAD_VALUE", { what: "watcher type", type });
  return { path, type };
}

export const removeWatches = read({
  code: OpCode.removeWatches,
  answer(at, from) {
    const { path, type } = wanted(from);
    return at.watches.remove(path, at.watcher, type) ? ErrorCode.Ok : ErrorCode.NoWatcher;
  },
});

export const checkWatches = read({
  code: OpCode.checkWatches,
  answer(at, from) {
    const { path, type } = wanted(from);
    return at.watches.has(path, at.watcher, type) ? ErrorCode.Ok : ErrorCode.NoWatcher;
  },
});
