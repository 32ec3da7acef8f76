/**
 * Finds refs by a 32-bit hash: open addressing in typed arrays, cut into shards by the hash's top
 * byte.
 *
 * Only hash and ref stand in a slot, so a wrong candidate is nearly always passed over without
 * touching the item; the caller confirms the rest. The hash is kept so that growing needs no item
 * either, and items need not hold theirs.
 *
 * Promises: one growth step copies one shard (a million entries: some 4000 slots, tens of
 * microseconds). Shards grow by a third and not by doubling, so between 10.7 and 14 bytes an entry
 * are held; they shrink.
 */
import { NO_REF, type Ref } from "./arena.ts";
import { OWN_MEMORY, type TreeMemory } from "./tree-memory.ts";

const SHARD_BITS = 8;
const SHARDS = 1 << SHARD_BITS;
const SHARD_SHIFT = 32 - SHARD_BITS;
/** The bits of a hash that choose the place in the shard. */
const PLACE_RANGE = 1 << SHARD_SHIFT;
const PLACE_MASK = PLACE_RANGE - 1;
const SLOTS_MIN = 4;
const LOAD_MAX = 0.75;
const LOAD_MIN = 0.4;
const LOAD_AFTER_RESIZE = 0.56;
const SLOT_BYTES = 8;

/** Every slot empty. */
const emptyTable = (memory: TreeMemory, slots: number): Int32Array =>
  new Int32Array(memory.make(slots * SLOT_BYTES)).fill(NO_REF);

/** What every shard has until it gets an entry: a small tree leaves most of them without. */
const NOTHING: Int32Array = emptyTable(OWN_MEMORY, 1);

/** Hash and ref alternate; a ref of NO_REF marks an empty slot, and there is always one. */
class Shard {
  readonly number: number;
  table: Int32Array = NOTHING;
  slots = 1;
  count = 0;

  constructor(number: number) {
    this.number = number;
  }
}

/**
 * Where a hash wants to stand among `slots`: in the order of the hashes, so any number of slots
 * will do.
 */
const homeOf = (hash: number, slots: number): number =>
  Math.floor(((hash & PLACE_MASK) * slots) / PLACE_RANGE);

export class RefIndex {
  private readonly shards: Shard[] = Array.from(
    { length: SHARDS },
    (_, number) => new Shard(number),
  );
  private slotsHeld = 0;
  private readonly memory: TreeMemory;

  constructor(memory: TreeMemory = OWN_MEMORY) {
    this.memory = memory;
  }

  get memoryBytes(): number {
    return this.slotsHeld * SLOT_BYTES;
  }

  /**
   * The slot of the first entry with this hash, or -1. Slots hold until the next `add` or `remove`.
   */
  first(hash: number): number {
    const shard = this.shards[hash >>> SHARD_SHIFT]!;
    return seek(shard, hash, homeOf(hash, shard.slots));
  }

  /** The slot of the next entry with this hash after `slot`, or -1. */
  next(hash: number, slot: number): number {
    const shard = this.shards[hash >>> SHARD_SHIFT]!;
    return seek(shard, hash, slot + 1 === shard.slots ? 0 : slot + 1);
  }

  refAt(hash: number, slot: number): Ref {
    return this.shards[hash >>> SHARD_SHIFT]!.table[2 * slot + 1]!;
  }

  /** Adds an entry that is not there. `hash` is any 32-bit number, signed. */
  add(hash: number, ref: Ref): void {
    const shard = this.shards[hash >>> SHARD_SHIFT]!;
    if (shard.count + 1 > shard.slots * LOAD_MAX) this.resize(shard);
    insert(shard.table, shard.slots, hash, ref);
    shard.count++;
  }

  /** Removes an entry that is there. */
  remove(hash: number, ref: Ref): void {
    const shard = this.shards[hash >>> SHARD_SHIFT]!;
    let slot = this.first(hash);
    while (shard.table[2 * slot + 1] !== ref) slot = this.next(hash, slot);
    closeGap(shard, slot);
    shard.count--;
    if (shard.slots > SLOTS_MIN && shard.count < shard.slots * LOAD_MIN) this.resize(shard);
  }

  clear(): void {
    for (const shard of this.shards) {
      shard.table = NOTHING;
      shard.slots = 1;
      shard.count = 0;
    }
    this.slotsHeld = 0;
  }

  /** Shows a shard of another thread's index, to be read and not changed; undefined: empty. */
  show(number: number, buffer: ArrayBufferLike | undefined): void {
    const shard = this.shards[number]!;
    shard.table = buffer === undefined ? NOTHING : new Int32Array(buffer);
    shard.slots = shard.table.length >> 1;
  }

  /** Every ref, in no order. The index must not change meanwhile. */
  *refs(): IterableIterator<Ref> {
    for (const { table } of this.shards) {
      for (let at = 1; at < table.length; at += 2) if (table[at] !== NO_REF) yield table[at]!;
    }
  }

  private resize(shard: Shard): void {
    const slots = Math.max(SLOTS_MIN, Math.ceil((shard.count + 1) / LOAD_AFTER_RESIZE));
    const table = emptyTable(this.memory, slots);
    const old = shard.table;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== NO_REF) insert(table, slots, old[at]!, old[at + 1]!);
    }
    this.slotsHeld += slots - (old === NOTHING ? 0 : shard.slots);
    shard.table = table;
    shard.slots = slots;
    this.memory.tableIs(shard.number, table.buffer);
  }
}

function seek(shard: Shard, hash: number, from: number): number {
  const { table, slots } = shard;
  for (let slot = from; table[2 * slot + 1] !== NO_REF; slot = slot + 1 === slots ? 0 : slot + 1) {
    if (table[2 * slot] === hash) return slot;
  }
  return -1;
}

function insert(table: Int32Array, slots: number, hash: number, ref: Ref): void {
  let slot = homeOf(hash, slots);
  while (table[2 * slot + 1] !== NO_REF) slot = slot + 1 === slots ? 0 : slot + 1;
  table[2 * slot] = hash;
  table[2 * slot + 1] = ref;
}

/** Empties a slot and moves later entries up, so that no search stops short of its entry. */
function closeGap(shard: Shard, slot: number): void {
  const { table, slots } = shard;
  let gap = slot;
  for (let at = gap; ; ) {
    at = at + 1 === slots ? 0 : at + 1;
    if (table[2 * at + 1] === NO_REF) break;
    const home = homeOf(table[2 * at]!, slots);
    // An entry may move up unless its home lies behind the gap: between gap and entry, going round.
    const staysBehind = gap <= at ? home > gap && home <= at : home > gap || home <= at;
    if (staysBehind) continue;
    table[2 * gap] = table[2 * at]!;
    table[2 * gap + 1] = table[2 * at + 1]!;
    gap = at;
  }
  table[2 * gap + 1] = NO_REF;
}
