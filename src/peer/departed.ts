/**
 * The watches of connections that are gone, removed a part at a time: a connection may leave a
 * million of them, or a thousand connections may leave at once.
 *
 * Promises: who is gone hears nothing; a watcher's number is given out again only when none of its
 * watches is left.
 */
import { Queue } from "../base/queue.ts";
import type { WatcherId, WatchTables } from "../tree/watch-table.ts";
import type { Connections } from "./connections.ts";

export class Departed {
  private readonly watches: WatchTables;
  private readonly connections: Connections;
  private readonly watchers = new Queue<WatcherId>();

  constructor(watches: WatchTables, connections: Connections) {
    this.watches = watches;
    this.connections = connections;
  }

  add(watcher: WatcherId): void {
    this.watchers.push(watcher);
  }

  /** Removes at most `countMax` watches. True when some are left. */
  dropSome(countMax: number): boolean {
    let left = countMax;
    for (let head = this.watchers.peek(); head !== undefined; head = this.watchers.peek()) {
      left -= this.watches.dropSome(head, left);
      if (left === 0) return true;
      this.watchers.shift();
      this.connections.freeWatcher(head);
    }
    return false;
  }
}
