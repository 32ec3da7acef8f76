/**
 * Watches: who wants to hear of changes at a path. Two tables, as in the reference: *data* watches
 * (of exists, getData, addWatch) and *child* watches (of getChildren, addWatch). What a watcher
 * holds in one table on one path is one record, with the modes one-shot, persistent and recursive
 * independent of each other as since 3.9 (defects 4466, 4471, 4472, 4475).
 *
 *   word 0      path entry
 *   word 1      watcher << 4 | table << 3 | modes
 *   words 2, 3  next and previous on the path; the first's previous is the last
 *   words 4, 5  next and previous of the watcher
 *
 * Promises: adding, removing and asking take no longer for many watches; a million one-shot watches
 * on a million paths take 81 MB (bench/tree-million.ts); equal histories fire in equal order.
 * Leaves to others: permission to hear (CVE-2024-23944), sending, checking paths.
 * From: specification 2.10 "Events". A recursive watch stands in both tables as in the reference,
 * whose counts clients can see, but from the child table it never fires.
 * Size: records, links and counters change together, so they stand together.
 */
import { assert } from "../base/assert.ts";
import { EventType, WatcherType } from "../records/constants.ts";
import { Arena, NO_REF, type Ref, UNIT_MASK } from "./arena.ts";
import { PathBytes } from "./path-bytes.ts";
import { PathHash } from "./path-hash.ts";
import { RefIndex } from "./ref-index.ts";
import { CHILD_TABLE, DATA_TABLE, type Table, WatchedPaths } from "./watched-paths.ts";

/**
 * A small integer that the owner gives each connection: 0 to WATCHER_MAX, free again when it
 * has no watches.
 */
export type WatcherId = number;
const WATCHER_MAX = 2 ** 27 - 1;

/** Hears of a change. It must not change the tables while it is told. */
type Deliver = (watcher: WatcherId, type: EventType, path: string) => void;

type DataWatchSummary = {
  readonly connections: number;
  readonly paths: number;
  readonly watches: number;
};

const ONE_SHOT = 1;
const PERSISTENT = 2;
const RECURSIVE = 4;
const MODES = 7;
const TABLE_SHIFT = 3;
const WATCHER_SHIFT = 4;

const PATH = 0;
const WHO = 1;
const NEXT_ON_PATH = 2;
const PREVIOUS_ON_PATH = 3;
const NEXT_OF_WATCHER = 4;
const PREVIOUS_OF_WATCHER = 5;
const WATCH_WORDS = 6;
const SLASH = 0x2f;

export class WatchTables {
  private readonly arena = new Arena();
  private readonly hash: PathHash;
  private readonly paths: WatchedPaths;
  /** Watches by path entry, table and watcher. */
  private readonly index = new RefIndex();
  private readonly path = new PathBytes();
  /** By watcher: the newest of its watches, and how many it has in the data table. */
  private readonly newest: Ref[] = [];
  private readonly dataWatches: number[] = [];
  private readonly watches: [data: number, child: number] = [0, 0];
  private readonly watchedPaths: [data: number, child: number] = [0, 0];
  private distinctPaths = 0;
  private dataWatchers = 0;
  private recursive = 0;

  /**
   * `hashSeed`: secret 32 bits of chance; clients who know it can prepare paths that slow a table
   * down.
   */
  constructor(hashSeed = 0) {
    this.hash = new PathHash(hashSeed);
    this.paths = new WatchedPaths(this.arena, this.hash);
  }

  /** Watches in both tables. */
  get watchCount(): number {
    return this.watches[DATA_TABLE] + this.watches[CHILD_TABLE];
  }

  /** Distinct paths with a watch in either table. */
  get pathCount(): number {
    return this.distinctPaths;
  }

  get memoryBytes(): number {
    return this.arena.memoryBytes + this.index.memoryBytes + this.paths.memoryBytes;
  }

  /** Of the data table alone, as `wchs` reports it. */
  summary(): DataWatchSummary {
    const paths = this.watchedPaths[DATA_TABLE];
    return { connections: this.dataWatchers, paths, watches: this.watches[DATA_TABLE] };
  }

  /** One-shot, for exists and getData. */
  addData(path: Uint8Array | string, watcher: WatcherId): void {
    this.add(this.entryFor(path), DATA_TABLE, watcher, ONE_SHOT);
  }

  /** One-shot, for getChildren. */
  addChild(path: Uint8Array | string, watcher: WatcherId): void {
    this.add(this.entryFor(path), CHILD_TABLE, watcher, ONE_SHOT);
  }

  /** Until removed; with `recursive` also for all that lies below. */
  addPersistent(path: Uint8Array | string, watcher: WatcherId, recursive: boolean): void {
    const entry = this.entryFor(path);
    const mode = recursive ? RECURSIVE : PERSISTENT;
    this.add(entry, DATA_TABLE, watcher, mode);
    this.add(entry, CHILD_TABLE, watcher, mode);
  }

  /**
   * Tells each watcher that a change concerns, once for each table, in the order in which they came
   * to the path, those of recursive watches above it last. One-shot watches that fired are gone
   * before anybody is told. NodeDeleted also reaches, and uses up, child watches; who was told
   * before is not told again.
   */
  fire(type: EventType, path: string, deliver: Deliver): void {
    const told: WatcherId[] = [];
    this.path.holdExactly(path);
    if (type === EventType.nodeChildrenChanged) {
      this.use(CHILD_TABLE, told);
    } else {
      this.use(DATA_TABLE, told);
      if (this.recursive > 0) this.tellAncestors(told);
      if (type === EventType.nodeDeleted) this.useChildrenNotTold(told);
    }
    for (const watcher of told) deliver(watcher, type, path);
  }

  /** Whether the watcher holds a watch of the kind `type` (WatcherType) at the path. */
  has(path: Uint8Array | string, watcher: WatcherId, type: number): boolean {
    return this.matching(path, watcher, type).length > 0;
  }

  /** Removes the watcher's watches of the kind `type` at the path. False when there was none. */
  remove(path: Uint8Array | string, watcher: WatcherId, type: number): boolean {
    const found = this.matching(path, watcher, type);
    for (const { watch, modes } of found) this.clearModes(watch, modes);
    return found.length > 0;
  }

  /** Removes up to `countMax` of a watcher's watches. Fewer than that: none is left. */
  dropSome(watcher: WatcherId, countMax: number): number {
    for (let count = 0; count < countMax; count++) {
      const watch = this.newest[watcher] ?? NO_REF;
      if (watch === NO_REF) return count;
      this.clearModes(watch, MODES);
    }
    return countMax;
  }

  /** Paths of the watcher's data watches, newest first. */
  pathsOf(watcher: WatcherId): string[] {
    const paths: string[] = [];
    let watch = this.newest[watcher] ?? NO_REF;
    for (; watch !== NO_REF; watch = this.word(watch, NEXT_OF_WATCHER)) {
      if (tableOf(this.word(watch, WHO)) === DATA_TABLE) {
        paths.push(this.paths.textOf(this.word(watch, PATH)));
      }
    }
    return paths;
  }

  /** Paths with data watches, and their watchers. Nothing may change while this is walked. */
  *watchersByPath(): IterableIterator<readonly [path: string, watchers: readonly WatcherId[]]> {
    for (const entry of this.paths.entries()) {
      const watchers: WatcherId[] = [];
      let watch = this.paths.headOf(entry, DATA_TABLE);
      for (; watch !== NO_REF; watch = this.word(watch, NEXT_ON_PATH)) {
        watchers.push(this.word(watch, WHO) >>> WATCHER_SHIFT);
      }
      if (watchers.length > 0) yield [this.paths.textOf(entry), watchers];
    }
  }

  // ---- firing ----

  /** Collects whom the watches at the held path tell, and uses up the one-shot ones. */
  private use(table: Table, told: WatcherId[]): void {
    const { bytes, start, end } = this.path;
    const entry = this.paths.find(bytes, start, end);
    if (entry === NO_REF) return;
    const firing = table === DATA_TABLE ? MODES : ONE_SHOT | PERSISTENT;
    for (let watch = this.paths.headOf(entry, table); watch !== NO_REF; ) {
      const next = this.word(watch, NEXT_ON_PATH);
      const who = this.word(watch, WHO);
      if ((who & firing) !== 0) told.push(who >>> WATCHER_SHIFT);
      if ((who & ONE_SHOT) !== 0) this.clearModes(watch, ONE_SHOT);
      watch = next;
    }
  }

  private useChildrenNotTold(told: WatcherId[]): void {
    const children: WatcherId[] = [];
    this.use(CHILD_TABLE, children);
    if (children.length === 0) return;
    const before = new Set(told);
    for (const watcher of children) if (!before.has(watcher)) told.push(watcher);
  }

  /** Adds the recursive watchers of the paths above the held one that are not yet told. */
  private tellAncestors(told: WatcherId[]): void {
    const { bytes, start, end } = this.path;
    const before = new Set(told);
    for (let at = end - 1; at >= start; at--) {
      if (bytes[at] !== SLASH || end - start === 1) continue;
      // The root's path is its slash.
      const entry = this.paths.find(bytes, start, at === start ? at + 1 : at);
      if (entry === NO_REF) continue;
      let watch = this.paths.headOf(entry, DATA_TABLE);
      for (; watch !== NO_REF; watch = this.word(watch, NEXT_ON_PATH)) {
        const who = this.word(watch, WHO);
        const watcher = who >>> WATCHER_SHIFT;
        if ((who & RECURSIVE) === 0 || before.has(watcher)) continue;
        before.add(watcher);
        told.push(watcher);
      }
    }
  }

  // ---- records ----

  private entryFor(path: Uint8Array | string): Ref {
    const { bytes, start, end } = this.held(path);
    return this.paths.findOrAdd(bytes, start, end);
  }

  private held(path: Uint8Array | string) {
    if (typeof path === "string") return this.path.holdExactly(path);
    return { bytes: path, start: 0, end: path.length };
  }

  private find(entry: Ref, table: Table, watcher: WatcherId): Ref {
    const who = (watcher << WATCHER_SHIFT) | (table << TABLE_SHIFT);
    const hash = this.hash.ofPair(entry, who);
    for (let slot = this.index.first(hash); slot >= 0; slot = this.index.next(hash, slot)) {
      const watch = this.index.refAt(hash, slot);
      if (this.word(watch, PATH) !== entry) continue;
      if ((this.word(watch, WHO) & ~MODES) === who) return watch;
    }
    return NO_REF;
  }

  private add(entry: Ref, table: Table, watcher: WatcherId, mode: number): void {
    assert(watcher >= 0 && watcher <= WATCHER_MAX, "a watcher id is in range");
    let watch = this.find(entry, table, watcher);
    if (watch === NO_REF) watch = this.create(entry, table, watcher);
    const who = this.word(watch, WHO);
    if ((who & mode) !== 0) return;
    this.setWord(watch, WHO, who | mode);
    if (mode === RECURSIVE && table === DATA_TABLE) this.recursive++;
  }

  private create(entry: Ref, table: Table, watcher: WatcherId): Ref {
    const watch = this.arena.allocate(WATCH_WORDS * 4);
    const who = (watcher << WATCHER_SHIFT) | (table << TABLE_SHIFT);
    this.setWord(watch, PATH, entry);
    this.setWord(watch, WHO, who);
    this.index.add(this.hash.ofPair(entry, who), watch);
    this.linkToPath(entry, table, watch);
    this.linkToWatcher(watcher, watch);
    this.watches[table]++;
    if (table === DATA_TABLE) {
      const had = this.dataWatches[watcher] ?? 0;
      this.dataWatches[watcher] = had + 1;
      if (had === 0) this.dataWatchers++;
    }
    return watch;
  }

  /** Takes modes off a watch; without any it goes, and its path entry if that is idle then. */
  private clearModes(watch: Ref, modes: number): void {
    const who = this.word(watch, WHO);
    const table = tableOf(who);
    if ((who & modes & RECURSIVE) !== 0 && table === DATA_TABLE) this.recursive--;
    this.setWord(watch, WHO, who & ~modes);
    if ((who & MODES & ~modes) === 0) this.destroy(watch, table, who >>> WATCHER_SHIFT);
  }

  private destroy(watch: Ref, table: Table, watcher: WatcherId): void {
    const entry = this.word(watch, PATH);
    this.index.remove(this.hash.ofPair(entry, this.word(watch, WHO)), watch);
    this.unlinkFromPath(entry, table, watch);
    this.unlinkFromWatcher(watcher, watch);
    this.arena.release(watch);
    this.watches[table]--;
    if (table === DATA_TABLE && --this.dataWatches[watcher]! === 0) this.dataWatchers--;
  }

  private linkToPath(entry: Ref, table: Table, watch: Ref): void {
    const head = this.paths.headOf(entry, table);
    this.setWord(watch, NEXT_ON_PATH, NO_REF);
    if (head === NO_REF) {
      this.watchedPaths[table]++;
      if (this.paths.headOf(entry, other(table)) === NO_REF) this.distinctPaths++;
      this.setWord(watch, PREVIOUS_ON_PATH, watch);
      this.paths.setHead(entry, table, watch);
    } else {
      const last = this.word(head, PREVIOUS_ON_PATH);
      this.setWord(last, NEXT_ON_PATH, watch);
      this.setWord(watch, PREVIOUS_ON_PATH, last);
      this.setWord(head, PREVIOUS_ON_PATH, watch);
    }
  }

  private unlinkFromPath(entry: Ref, table: Table, watch: Ref): void {
    const head = this.paths.headOf(entry, table);
    const next = this.word(watch, NEXT_ON_PATH);
    const previous = this.word(watch, PREVIOUS_ON_PATH);
    if (watch === head) this.paths.setHead(entry, table, next);
    else this.setWord(previous, NEXT_ON_PATH, next);
    if (next !== NO_REF) this.setWord(next, PREVIOUS_ON_PATH, previous);
    else if (watch !== head) this.setWord(head, PREVIOUS_ON_PATH, previous);
    if (this.paths.headOf(entry, table) !== NO_REF) return;
    this.watchedPaths[table]--;
    if (this.paths.headOf(entry, other(table)) !== NO_REF) return;
    this.distinctPaths--;
    this.paths.release(entry);
  }

  private linkToWatcher(watcher: WatcherId, watch: Ref): void {
    const next = this.newest[watcher] ?? NO_REF;
    this.setWord(watch, NEXT_OF_WATCHER, next);
    this.setWord(watch, PREVIOUS_OF_WATCHER, NO_REF);
    if (next !== NO_REF) this.setWord(next, PREVIOUS_OF_WATCHER, watch);
    this.newest[watcher] = watch;
  }

  private unlinkFromWatcher(watcher: WatcherId, watch: Ref): void {
    const next = this.word(watch, NEXT_OF_WATCHER);
    const previous = this.word(watch, PREVIOUS_OF_WATCHER);
    if (previous === NO_REF) this.newest[watcher] = next;
    else this.setWord(previous, NEXT_OF_WATCHER, next);
    if (next !== NO_REF) this.setWord(next, PREVIOUS_OF_WATCHER, previous);
  }

  /** The watcher's watches at a path that are of a kind, with the modes that make them so. */
  private matching(
    path: Uint8Array | string,
    watcher: WatcherId,
    type: number,
  ): { watch: Ref; modes: number }[] {
    const { bytes, start, end } = this.held(path);
    const entry = this.paths.find(bytes, start, end);
    const found: { watch: Ref; modes: number }[] = [];
    if (entry === NO_REF) return found;
    for (const table of [DATA_TABLE, CHILD_TABLE] as const) {
      const watch = this.find(entry, table, watcher);
      if (watch === NO_REF) continue;
      const modes = this.word(watch, WHO) & modesOf(type, table);
      if (modes !== 0) found.push({ watch, modes });
    }
    return found;
  }

  private word(watch: Ref, field: number): number {
    return this.arena.page(watch).words[(watch & UNIT_MASK) + field]!;
  }

  private setWord(watch: Ref, field: number, value: number): void {
    this.arena.page(watch).words[(watch & UNIT_MASK) + field] = value;
  }
}

const tableOf = (who: number): Table => ((who >>> TABLE_SHIFT) & 1) as Table;
const other = (table: Table): Table => (table === DATA_TABLE ? CHILD_TABLE : DATA_TABLE);

/** Which modes in which table a WatcherType means (specification 2.10, as of 3.9). */
function modesOf(type: number, table: Table): number {
  switch (type) {
    case WatcherType.children:
      return table === CHILD_TABLE ? ONE_SHOT : 0;
    case WatcherType.data:
      return table === DATA_TABLE ? ONE_SHOT : 0;
    case WatcherType.any:
      return MODES;
    case WatcherType.persistent:
      return PERSISTENT;
    case WatcherType.persistentRecursive:
      return RECURSIVE;
    default:
      return 0;
  }
}
