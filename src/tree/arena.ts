/**
 * Memory for many small things of many sizes, outside the collector's sight: node records, names,
 * data, watches. One thing is an *item*; a `Ref` (31 bits) names it.
 *
 *   ref = page number << 16 | unit in the page          a unit is 4 bytes, a page 256 KiB
 *
 * Each page serves one size class: 4 to 256 bytes in steps of 4 (half a unit is lost on average,
 * where steps of 8 would lose a whole one), then sizes at least an eighth apart that divide the
 * page without much rest. Items above 128 KiB have a page of their own, of their exact size.
 *
 * Promises: allocate and free are O(1) and never move an item; nothing is copied to grow; a page
 * whose last item went serves other classes or is let go; `memoryBytes` is exact for the pages.
 * What a page has not handed out yet takes no real memory.
 * Why 256 KiB: pages of 64 KiB stayed with
 * the C library when let go (292 MB held, 294 afterwards); these went back to the system (295 MB,
 * then 43). The first two pages of a class are 4 and 32 KiB, if eight items fit: a tree of some
 * hundred nodes is made and let go in a seventh of the time.
 * Limits: 2^15 pages, thus 8 GiB of small items, or 32768 items above 128 KiB. Passing it stops the
 * process.
 */
import { assert } from "../base/assert.ts";
import { OWN_MEMORY, type TreeMemory } from "./tree-memory.ts";

/** Names an item of an arena: 0 to 2^31-1. */
export type Ref = number;
export const NO_REF = -1;

const UNIT_BITS = 16;
export const UNIT_MASK = (1 << UNIT_BITS) - 1;
const PAGE_UNITS = 1 << UNIT_BITS;
const PAGE_BYTES = PAGE_UNITS * 4;
/** Of the first page of a class; the second has eight times, every other the full size. */
const FIRST_PAGE_BYTES = 4096;
const PAGE_GROWTH = 8;
const FIRST_ITEMS_MIN = 8;
const PAGES_MAX = 1 << (31 - UNIT_BITS);
/** The largest item, in units, that shares a page with others. */
const SHARED_UNITS_MAX = PAGE_UNITS / 2;
const FINE_UNITS_MAX = 64;
const COARSE_STEP = 9 / 8;
/**
 * Empty pages that are kept for the next need, so that a class at the edge of a page does not
 * thrash.
 */
const SPARES_MAX = 4;
/** The class of pages that hold one large item. */
const LARGE = -1;

/** Size of each class in units, ascending. */
const CLASS_UNITS: readonly number[] = (() => {
  const sizes: number[] = [];
  for (let units = 1; units <= FINE_UNITS_MAX; units++) sizes.push(units);
  for (let items = PAGE_UNITS / FINE_UNITS_MAX; items > 2; ) {
    items = Math.min(items - 1, Math.floor(items / COARSE_STEP));
    sizes.push(Math.floor(PAGE_UNITS / items));
  }
  return sizes;
})();

/** The size, in bytes, of the next page of a class that has so many. */
function nextPageBytes(units: number, pages: number): number {
  if (units * 4 * FIRST_ITEMS_MIN > FIRST_PAGE_BYTES) return PAGE_BYTES;
  return Math.min(FIRST_PAGE_BYTES * PAGE_GROWTH ** pages, PAGE_BYTES);
}

/** The class that an item of so many units belongs to. */
const CLASS_OF_UNITS: Uint8Array = (() => {
  const classes = new Uint8Array(SHARED_UNITS_MAX + 1);
  let sizeClass = 0;
  for (let units = 1; units <= SHARED_UNITS_MAX; units++) {
    if (units > CLASS_UNITS[sizeClass]!) sizeClass++;
    classes[units] = sizeClass;
  }
  return classes;
})();

/** The class of an item of `byteCount` bytes. */
function classOf(byteCount: number): number {
  const units = (byteCount + 3) >> 2;
  return units <= SHARED_UNITS_MAX ? CLASS_OF_UNITS[units]! : LARGE;
}

/** True when an item of one size can hold the other without moving. */
export function sharesClass(byteCount: number, otherByteCount: number): boolean {
  const sizeClass = classOf(byteCount);
  return sizeClass !== LARGE && sizeClass === classOf(otherByteCount);
}

/** One buffer seen as bytes, native words and big-endian numbers. The rest is the arena's own. */
export class Page {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  readonly id: number;
  sizeClass = LARGE;
  itemUnits = 0;
  /**
   * Unit of the first item that was freed, which holds the next one in its first word; -1 for none.
   */
  free = -1;
  /** Items from this unit on were never handed out. */
  fresh = 0;
  live = 0;
  /** Neighbours in the list of pages of this class that have room. */
  listed = false;
  before: Page | undefined = undefined;
  after: Page | undefined = undefined;

  constructor(id: number, buffer: ArrayBufferLike) {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.view = new DataView(buffer);
    this.id = id;
  }

  get full(): boolean {
    return this.free < 0 && this.fresh + this.itemUnits > this.words.length;
  }
}

export class Arena {
  private readonly pages: (Page | undefined)[] = [];
  /** Numbers of pages that went back to the system. */
  private readonly freeIds: number[] = [];
  private readonly spares: Page[] = [];
  /** For each class the first page with room. */
  private readonly roomy: (Page | undefined)[] = CLASS_UNITS.map(() => undefined);
  /** How many pages each class has. */
  private readonly pagesOf = new Int32Array(CLASS_UNITS.length);
  private bytesHeld = 0;
  private readonly memory: TreeMemory;

  constructor(memory: TreeMemory = OWN_MEMORY) {
    this.memory = memory;
  }

  /** Bytes of all pages, spare ones included. */
  get memoryBytes(): number {
    return this.bytesHeld;
  }

  /**
   * The page of a live item. Its word index there is `ref & UNIT_MASK`, its byte index four times
   * that.
   */
  page(ref: Ref): Page {
    return this.pages[ref >>> UNIT_BITS]!;
  }

  /**
   * An item of at least `byteCount` bytes (0 counts as 1), aligned to 4. Its contents are
   * undefined.
   */
  allocate(byteCount: number): Ref {
    const sizeClass = classOf(Math.max(byteCount, 1));
    if (sizeClass === LARGE) return this.allocateLarge(byteCount);
    const page = this.roomy[sizeClass] ?? this.openPage(sizeClass);
    let unit = page.free;
    if (unit >= 0) {
      page.free = page.words[unit]!;
    } else {
      unit = page.fresh;
      page.fresh += page.itemUnits;
    }
    page.live++;
    if (page.full) this.unlist(page);
    return (page.id << UNIT_BITS) | unit;
  }

  /** Ends the item's life. Its ref may be given out again. */
  release(ref: Ref): void {
    const page = this.page(ref);
    if (page.sizeClass === LARGE) return this.discard(page);
    const unit = ref & UNIT_MASK;
    page.words[unit] = page.free;
    page.free = unit;
    page.live--;
    if (page.live > 0) return this.list(page);
    this.unlist(page);
    this.pagesOf[page.sizeClass]!--;
    const isUsual = page.bytes.length === PAGE_BYTES;
    if (isUsual && this.spares.length < SPARES_MAX) this.spares.push(page);
    else this.discard(page);
  }

  /** Ends the life of every item. The next item gets the ref that the very first one had: 0. */
  clear(): void {
    this.pages.length = 0;
    this.freeIds.length = 0;
    this.spares.length = 0;
    this.roomy.fill(undefined);
    this.pagesOf.fill(0);
    this.bytesHeld = 0;
  }

  /** Shows a page of another thread's arena, to be read and not changed; undefined: none. */
  show(id: number, buffer: ArrayBufferLike | undefined): void {
    this.pages[id] = buffer && new Page(id, buffer);
  }

  private allocateLarge(byteCount: number): Ref {
    const page = this.makePage((byteCount + 3) & ~3);
    page.live = 1;
    return page.id << UNIT_BITS;
  }

  private openPage(sizeClass: number): Page {
    const itemUnits = CLASS_UNITS[sizeClass]!;
    const byteCount = nextPageBytes(itemUnits, this.pagesOf[sizeClass]!);
    this.pagesOf[sizeClass]!++;
    const spare = byteCount === PAGE_BYTES ? this.spares.pop() : undefined;
    const page = spare ?? this.makePage(byteCount);
    page.sizeClass = sizeClass;
    page.itemUnits = itemUnits;
    page.free = -1;
    page.fresh = 0;
    this.list(page);
    return page;
  }

  private makePage(byteCount: number): Page {
    const id = this.freeIds.pop() ?? this.pages.length;
    assert(id < PAGES_MAX, "the arena's pages suffice");
    const buffer = this.memory.make(byteCount);
    const page = new Page(id, buffer);
    this.pages[id] = page;
    this.memory.pageIs(id, buffer);
    this.bytesHeld += byteCount;
    return page;
  }

  private discard(page: Page): void {
    this.pages[page.id] = undefined;
    this.memory.pageIs(page.id, undefined);
    this.freeIds.push(page.id);
    this.bytesHeld -= page.bytes.length;
  }

  private list(page: Page): void {
    if (page.listed) return;
    const head = this.roomy[page.sizeClass];
    page.listed = true;
    page.before = undefined;
    page.after = head;
    if (head !== undefined) head.before = page;
    this.roomy[page.sizeClass] = page;
  }

  private unlist(page: Page): void {
    if (!page.listed) return;
    if (page.before === undefined) this.roomy[page.sizeClass] = page.after;
    else page.before.after = page.after;
    if (page.after !== undefined) page.after.before = page.before;
    page.listed = false;
    page.before = undefined;
    page.after = undefined;
  }
}

/** Above this many bytes, a view and one block copy are cheaper than a loop. */
const LOOP_BYTES_MAX = 160;
/** The same for a loop over words. */
const LOOP_WORDS_BYTES_MAX = 512;

/**
 * Copies `count` bytes from `source[from...]` to `target[to...]`; short ones without making a view.
 * Five parameters: a holder object for them would be the garbage that this avoids.
 */
export function copyBytes(
  source: Uint8Array,
  from: number,
  count: number,
  target: Uint8Array,
  to: number,
): void {
  if (count > LOOP_BYTES_MAX) {
    target.set(source.subarray(from, from + count), to);
  } else {
    for (let index = 0; index < count; index++) target[to + index] = source[from + index]!;
  }
}

/** As `copyBytes`, four bytes at a time, where there are views of both anyway. */
export function copyWords(
  source: DataView<ArrayBufferLike>,
  from: number,
  count: number,
  target: Page,
  to: number,
): void {
  if (count > LOOP_WORDS_BYTES_MAX) {
    target.bytes.set(new Uint8Array(source.buffer, source.byteOffset + from, count), to);
    return;
  }
  const { view } = target;
  let at = 0;
  for (; at + 4 <= count; at += 4) view.setInt32(to + at, source.getInt32(from + at));
  for (; at < count; at++) view.setUint8(to + at, source.getUint8(from + at));
}
