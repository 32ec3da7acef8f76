/**
 * The ACL lists in use, each held once. A znode holds a *slot*, a small number that serves again
 * when its list has gone; snapshots and the outside know a list by its *id*, which is never given
 * twice.
 *
 * World:anyone with all permissions has id -1 and stands in no snapshot's map; other ids are 1, 2,
 * ... A znode whose id no map explains (specification 5.4, defect 4846) gets the list DENY_ACL in a
 * slot of its own, so that such znodes can be counted; its entry is not empty, for an empty list
 * lets everybody in.
 */
import type { Acl } from "../records/data.ts";
import { OPEN_ACL } from "../records/data.ts";

/** The id of the list that allows everything to everybody. */
export const OPEN_ACL_ID = -1;
/** The slot of that list. */
export const OPEN_SLOT = 0;
/** The slot of nodes whose ACL is not known. */
export const UNKNOWN_SLOT = 1;

/** Nobody may do anything, save who passes every check anyway. */
const DENY_ACL: readonly Acl[] = [{ perms: 0, scheme: "world", id: "anyone" }];

type Entry = { id: number; readonly list: readonly Acl[]; readonly key: string; refs: number };

const NO_ID = 0;

const keyOf = (list: readonly Acl[]): string =>
  JSON.stringify(list.map(({ perms, scheme, id }) => [perms, scheme, id]));

function isOpen(list: readonly Acl[]): boolean {
  const entry = list[0];
  if (list.length !== 1 || entry === undefined) return false;
  return entry.perms === 31 && entry.scheme === "world" && entry.id === "anyone";
}

export class AclTable {
  /** By slot. */
  private readonly entriesBySlot: (Entry | undefined)[] = [];
  private readonly freeSlots: number[] = [];
  private readonly slotsByKey = new Map<string, number>();
  private readonly slotsById = new Map<number, number>();
  private next = 1;

  constructor() {
    this.clear();
  }

  /** The id that the next new list gets: lists with smaller ids were there before. */
  get nextId(): number {
    return this.next;
  }

  /** Uses of the unknown list. */
  get unknownUses(): number {
    return this.entriesBySlot[UNKNOWN_SLOT]!.refs;
  }

  /** Forgets every list. */
  clear(): void {
    this.entriesBySlot.length = 0;
    this.freeSlots.length = 0;
    this.slotsByKey.clear();
    this.slotsById.clear();
    this.next = 1;
    this.entriesBySlot[OPEN_SLOT] = { id: OPEN_ACL_ID, list: OPEN_ACL, key: "", refs: 0 };
    this.entriesBySlot[UNKNOWN_SLOT] = { id: NO_ID, list: DENY_ACL, key: "", refs: 0 };
  }

  /** The slot of a list, with one more use. The list is copied. */
  acquire(list: readonly Acl[]): number {
    const slot = this.slotOf(list);
    this.retain(slot);
    return slot;
  }

  /** The slot of a loaded id, with one more use; UNKNOWN_SLOT when no loaded list has that id. */
  acquireId(id: number): number {
    const slot = id === OPEN_ACL_ID ? OPEN_SLOT : (this.slotsById.get(id) ?? UNKNOWN_SLOT);
    this.retain(slot);
    return slot;
  }

  /** One use less. A list without uses goes away. */
  release(slot: number): void {
    const entry = this.entriesBySlot[slot]!;
    entry.refs--;
    if (entry.refs === 0) this.forget(slot, entry);
  }

  listAt(slot: number): readonly Acl[] {
    return this.entriesBySlot[slot]!.list;
  }

  idAt(slot: number): number {
    return this.entriesBySlot[slot]!.id;
  }

  /** The id of a list, if it is in use. */
  idOf(list: readonly Acl[]): number | undefined {
    if (isOpen(list)) return OPEN_ACL_ID;
    const slot = this.slotsByKey.get(keyOf(list));
    return slot === undefined ? undefined : this.idAt(slot);
  }

  /** The list with an id, if it is in use. */
  listOf(id: number): readonly Acl[] | undefined {
    if (id === OPEN_ACL_ID) return OPEN_ACL;
    const slot = this.slotsById.get(id);
    return slot === undefined ? undefined : this.listAt(slot);
  }

  /** What stands in a snapshot's map: every list in use but the open one. */
  *entries(): IterableIterator<readonly [id: number, list: readonly Acl[]]> {
    for (const [id, slot] of this.slotsById) yield [id, this.listAt(slot)];
  }

  /**
   * Takes over an entry of a snapshot's map. `trim` drops it again unless a node came to use it.
   */
  load(id: number, list: readonly Acl[]): void {
    if (id === OPEN_ACL_ID || this.slotsById.has(id)) return;
    this.next = Math.max(this.next, id + 1);
    this.add(list, keyOf(list), id);
  }

  /** Drops lists that nobody uses. */
  trim(): void {
    for (const slot of [...this.slotsById.values()]) {
      const entry = this.entriesBySlot[slot]!;
      if (entry.refs === 0) this.forget(slot, entry);
    }
  }

  private slotOf(list: readonly Acl[]): number {
    if (isOpen(list)) return OPEN_SLOT;
    const key = keyOf(list);
    return this.slotsByKey.get(key) ?? this.add(list, key, this.next++);
  }

  private add(list: readonly Acl[], key: string, id: number): number {
    const slot = this.freeSlots.pop() ?? this.entriesBySlot.length;
    this.entriesBySlot[slot] = { id, list: list.map((entry) => ({ ...entry })), key, refs: 0 };
    this.slotsById.set(id, slot);
    // Two ids with one list can stand in a file; the first serves new nodes.
    if (!this.slotsByKey.has(key)) this.slotsByKey.set(key, slot);
    return slot;
  }

  private retain(slot: number): void {
    const entry = this.entriesBySlot[slot]!;
    entry.refs++;
    if (slot === UNKNOWN_SLOT && entry.id === NO_ID) {
      entry.id = this.next++;
      this.slotsById.set(entry.id, slot);
    }
  }

  private forget(slot: number, entry: Entry): void {
    if (slot === OPEN_SLOT) return;
    this.slotsById.delete(entry.id);
    if (slot === UNKNOWN_SLOT) {
      entry.id = NO_ID;
      return;
    }
    if (this.slotsByKey.get(entry.key) === slot) this.slotsByKey.delete(entry.key);
    this.entriesBySlot[slot] = undefined;
    this.freeSlots.push(slot);
  }
}
