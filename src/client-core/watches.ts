/**
 * The watches of one client: who is to be told of what. Paths are the server's.
 *
 *   data, exist, child          one-shot: firing removes them
 *   persistent                  data and child events of the path
 *   persistentRecursive         created, deleted and changed, at the path and everywhere below
 *
 * A watcher is compared by identity: registered twice, it is told once.
 * From: reference `ZKWatchManager`; specification 2.10. Other than there, a recursive watcher is
 * never told of NodeChildrenChanged (reference defect 4475).
 */
import type { WatcherType } from "../records/constants.ts";
import type { EventTypeName } from "./events.ts";

export const WATCH_KINDS = ["data", "exist", "child", "persistent", "persistentRecursive"] as const;
export type WatchKind = (typeof WATCH_KINDS)[number];

/**
 * Which watches a removal is about: `children`, `data` (those of `exists` too), `any`, `persistent`
 * or `persistentRecursive`.
 * @example const selection: WatchSelection = "children";
 */
export type WatchSelection = keyof typeof WatcherType;

const SELECTED: Readonly<Record<WatchSelection, readonly WatchKind[]>> = {
  children: ["child"],
  data: ["data", "exist"],
  any: WATCH_KINDS,
  persistent: ["persistent"],
  persistentRecursive: ["persistentRecursive"],
};

/** One-shot kinds that an event of this type fires. */
const FIRED: Readonly<Partial<Record<EventTypeName, readonly WatchKind[]>>> = {
  NodeCreated: ["data", "exist"],
  NodeDataChanged: ["data", "exist"],
  NodeDeleted: ["data", "exist", "child"],
  NodeChildrenChanged: ["child"],
};

const REMOVED_EVENT: Readonly<Record<WatchKind, EventTypeName>> = {
  data: "DataWatchRemoved",
  exist: "DataWatchRemoved",
  child: "ChildWatchRemoved",
  persistent: "PersistentWatchRemoved",
  persistentRecursive: "PersistentWatchRemoved",
};

/** Watchers that lost their watch, and the event that tells them so. */
type Removed<W> = { readonly type: EventTypeName; readonly watchers: readonly W[] };

export class Watches<W> {
  private readonly tables: Readonly<Record<WatchKind, Map<string, Set<W>>>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    persistentRecursive: new Map(),
  };

  add(kind: WatchKind, path: string, watcher: W): void {
    const table = this.tables[kind];
    const there = table.get(path);
    if (there === undefined) table.set(path, new Set([watcher]));
    else there.add(watcher);
  }

  /** Who is told of an event at `path`. Removes the one-shot watches that it fires. */
  fire(type: EventTypeName, path: string): readonly W[] {
    const told = new Set<W>();
    for (const kind of FIRED[type] ?? []) {
      addAll(told, this.tables[kind].get(path));
      this.tables[kind].delete(path);
    }
    addAll(told, this.tables.persistent.get(path));
    if (type !== "NodeChildrenChanged") this.addRecursive(told, path);
    return [...told];
  }

  /** Everybody who watches anything. */
  all(): readonly W[] {
    const everybody = new Set<W>();
    for (const kind of WATCH_KINDS) {
      for (const watchers of this.tables[kind].values()) addAll(everybody, watchers);
    }
    return [...everybody];
  }

  /** True when `watcher` (or anybody, when undefined) has a watch of this selection at `path`. */
  has(path: string, selection: WatchSelection, watcher: W | undefined): boolean {
    return SELECTED[selection].some((kind) => {
      const there = this.tables[kind].get(path);
      return there !== undefined && (watcher === undefined || there.has(watcher));
    });
  }

  /** True when `path` keeps a watch after `remove` with the same arguments. */
  keepsOthers(path: string, selection: WatchSelection, watcher: W | undefined): boolean {
    return WATCH_KINDS.some((kind) => {
      const there = this.tables[kind].get(path);
      if (there === undefined) return false;
      if (!SELECTED[selection].includes(kind)) return true;
      return watcher !== undefined && !(there.size === 1 && there.has(watcher));
    });
  }

  /** Takes away the watches that `has` asks for, and tells whose they were. */
  remove(path: string, selection: WatchSelection, watcher: W | undefined): readonly Removed<W>[] {
    const removed = new Map<EventTypeName, Set<W>>();
    for (const kind of SELECTED[selection]) {
      const gone = this.removeFrom(kind, path, watcher);
      const type = REMOVED_EVENT[kind];
      if (gone.length > 0) removed.set(type, addAll(removed.get(type) ?? new Set(), gone));
    }
    return [...removed].map(([type, watchers]) => ({ type, watchers: [...watchers] }));
  }

  paths(kind: WatchKind): Iterable<string> {
    return this.tables[kind].keys();
  }

  private removeFrom(kind: WatchKind, path: string, watcher: W | undefined): readonly W[] {
    const there = this.tables[kind].get(path);
    if (there === undefined) return [];
    const gone = watcher === undefined ? [...there] : there.has(watcher) ? [watcher] : [];
    for (const one of gone) there.delete(one);
    if (there.size === 0) this.tables[kind].delete(path);
    return gone;
  }

  private addRecursive(told: Set<W>, path: string): void {
    const table = this.tables.persistentRecursive;
    if (table.size === 0) return;
    for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) {
      addAll(told, table.get(path.slice(0, at)));
    }
    addAll(told, table.get("/"));
  }
}

function addAll<W>(to: Set<W>, from: Iterable<W> | undefined): Set<W> {
  for (const one of from ?? []) to.add(one);
  return to;
}
