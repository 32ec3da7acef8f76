/**
 * Removals of watches: which of them need no server, and who is told that a watch is gone.
 */
import { rootOf } from "./calls.ts";
import type { Chroot } from "./chroot.ts";
import type { WatchedEvent } from "./events.ts";
import type { Call, ClientEffect } from "./protocol.ts";
import type { Watches } from "./watches.ts";

export class Removals<T, W> {
  private readonly watches: Watches<W>;
  private readonly chroot: Chroot;

  constructor(watches: Watches<W>, chroot: Chroot) {
    this.watches = watches;
    this.chroot = chroot;
  }

  /**
   * How a removal ends that needs no server: there is no such watch, or others stay at the path.
   * Undefined for what must be sent.
   */
  endsHere(call: Call<T, W>, isLive: boolean): "none" | "removed" | undefined {
    const removal = call.operation.removes?.(call.request);
    if (removal === undefined) return undefined;
    const path = rootOf(call, this.chroot).under(removal.path);
    if (!this.watches.has(path, removal.selection, call.watcher)) return "none";
    // A server has one watch for all watchers of a path: it stays while one of them is left.
    const staysAtServer =
      call.watcher !== undefined && this.watches.keepsOthers(path, removal.selection, call.watcher);
    return staysAtServer || (removal.local && !isLive) ? "removed" : undefined;
  }

  /** Takes the watches away, if it is a removal, and tells those who had them. */
  remove(call: Call<T, W>, isLive: boolean, out: ClientEffect<T, W>[]): void {
    const removal = call.operation.removes?.(call.request);
    if (removal === undefined) return;
    const path = rootOf(call, this.chroot).under(removal.path);
    for (const { type, watchers } of this.watches.remove(path, removal.selection, call.watcher)) {
      const state = isLive ? "SyncConnected" : "Disconnected";
      const event: WatchedEvent = { type, state, path: removal.path, zxid: undefined };
      out.push({ kind: "event", event, watchers });
    }
  }
}
