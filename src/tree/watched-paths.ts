/**
 * The paths that somebody watches, each held once, as parts that share their beginnings, so that
 * the depth of a tree costs nothing for each path.
 *
 *   word 0  the path up to its last slash (another entry), or NO_REF
 *   word 1  name: what follows that slash
 *   word 2  first data watch
 *   word 3  first child watch
 *   word 4  number of entries that begin here
 *
 * Any bytes will do, for watches are set without a look at the tree. `""` and `"/"` are two paths
 * here; the tree tells of the root as `/`. An entry goes when no watch and no other entry needs it.
 */
import { textOf } from "../base/bytes.ts";
import { type Arena, NO_REF, type Ref, UNIT_MASK } from "./arena.ts";
import { Names } from "./names.ts";
import type { PathHash } from "./path-hash.ts";
import { RefIndex } from "./ref-index.ts";

const PARENT = 0;
const NAME = 1;
const HEADS = 2;
const USES = 4;
const ENTRY_WORDS = 5;
const SLASH = 0x2f;
/** Deeper paths keep their rest in one name: clients choose paths, and each part costs a hash. */
const PARTS_MAX = 32;

/** Which table a watch stands in. */
export const DATA_TABLE = 0;
export const CHILD_TABLE = 1;
export type Table = typeof DATA_TABLE | typeof CHILD_TABLE;

export class WatchedPaths {
  private readonly arena: Arena;
  private readonly names: Names;
  private readonly hash: PathHash;
  private readonly index = new RefIndex();

  constructor(arena: Arena, hash: PathHash) {
    this.arena = arena;
    this.names = new Names(arena);
    this.hash = hash;
  }

  /** Bytes of the index; the entries are in the arena. */
  get memoryBytes(): number {
    return this.index.memoryBytes;
  }

  find(bytes: Uint8Array, start: number, end: number): Ref {
    const hash = this.hash.of(bytes, start, end);
    for (let slot = this.index.first(hash); slot >= 0; slot = this.index.next(hash, slot)) {
      const entry = this.index.refAt(hash, slot);
      if (this.hasPath(entry, bytes, start, end)) return entry;
    }
    return NO_REF;
  }

  /**
   * The entry of a path, made with those that it begins with if need be. A new one must get a
   * watch.
   */
  findOrAdd(bytes: Uint8Array, start: number, end: number): Ref {
    const found = this.find(bytes, start, end);
    if (found !== NO_REF) return found;
    const cuts = cutsOf(bytes, start, end);
    let depth = cuts.length;
    let parent = NO_REF;
    while (depth > 0 && parent === NO_REF) parent = this.find(bytes, start, cuts[--depth]!);
    if (parent !== NO_REF) depth++;
    for (; depth < cuts.length; depth++) {
      const from = depth === 0 ? start : cuts[depth - 1]! + 1;
      parent = this.add(parent, bytes, { start, from, end: cuts[depth]! });
    }
    const from = depth === 0 ? start : cuts[depth - 1]! + 1;
    return this.add(parent, bytes, { start, from, end });
  }

  headOf(entry: Ref, table: Table): Ref {
    return this.word(entry, HEADS + table);
  }

  setHead(entry: Ref, table: Table, watch: Ref): void {
    this.setWord(entry, HEADS + table, watch);
  }

  /** Lets an entry without watches go, and those before it that it alone needed. */
  release(entry: Ref): void {
    let bytes: Uint8Array | undefined;
    let end = 0;
    for (let at = entry; at !== NO_REF && this.isIdle(at); ) {
      if (bytes === undefined) {
        bytes = this.bytesOf(at);
        end = bytes.length;
      }
      const parent = this.word(at, PARENT);
      this.index.remove(this.hash.of(bytes, 0, end), at);
      end -= this.names.lengthOf(this.word(at, NAME)) + 1;
      this.names.release(this.word(at, NAME));
      this.arena.release(at);
      if (parent !== NO_REF) this.setWord(parent, USES, this.word(parent, USES) - 1);
      at = parent;
    }
  }

  textOf(entry: Ref): string {
    return textOf(this.bytesOf(entry));
  }

  /** Every entry. Nothing may change meanwhile. */
  entries(): IterableIterator<Ref> {
    return this.index.refs();
  }

  private add(
    parent: Ref,
    bytes: Uint8Array,
    cut: { readonly start: number; readonly from: number; readonly end: number },
  ): Ref {
    const entry = this.arena.allocate(ENTRY_WORDS * 4);
    this.setWord(entry, PARENT, parent);
    this.setWord(entry, NAME, this.names.add(bytes, cut.from, cut.end));
    this.setHead(entry, DATA_TABLE, NO_REF);
    this.setHead(entry, CHILD_TABLE, NO_REF);
    this.setWord(entry, USES, 0);
    if (parent !== NO_REF) this.setWord(parent, USES, this.word(parent, USES) + 1);
    this.index.add(this.hash.of(bytes, cut.start, cut.end), entry);
    return entry;
  }

  private isIdle(entry: Ref): boolean {
    if (this.word(entry, USES) > 0) return false;
    return this.headOf(entry, DATA_TABLE) === NO_REF && this.headOf(entry, CHILD_TABLE) === NO_REF;
  }

  private hasPath(entry: Ref, bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = entry; ; at = this.word(at, PARENT)) {
      const tail = this.names.startOfTail(this.word(at, NAME), bytes, start, end);
      if (tail < 0) return false;
      if (this.word(at, PARENT) === NO_REF) return tail === start;
      end = tail - 1;
      if (end < start || bytes[end] !== SLASH) return false;
    }
  }

  private bytesOf(entry: Ref): Uint8Array {
    let length = -1;
    for (let at = entry; at !== NO_REF; at = this.word(at, PARENT)) {
      length += 1 + this.names.lengthOf(this.word(at, NAME));
    }
    const bytes = new Uint8Array(length).fill(SLASH);
    let end = length;
    for (let at = entry; at !== NO_REF; at = this.word(at, PARENT)) {
      end -= this.names.lengthOf(this.word(at, NAME));
      this.names.copy(this.word(at, NAME), bytes, end);
      end--;
    }
    return bytes;
  }

  private word(entry: Ref, field: number): number {
    return this.arena.page(entry).words[(entry & UNIT_MASK) + field]!;
  }

  private setWord(entry: Ref, field: number, value: number): void {
    this.arena.page(entry).words[(entry & UNIT_MASK) + field] = value;
  }
}

/** Where the slashes stand that part the path, at most PARTS_MAX of them. */
function cutsOf(bytes: Uint8Array, start: number, end: number): number[] {
  const cuts: number[] = [];
  for (let at = start; at < end && cuts.length < PARTS_MAX; at++) {
    if (bytes[at] === SLASH) cuts.push(at);
  }
  return cuts;
}
