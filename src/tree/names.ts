/**
 * Parts of paths as items of an arena: one length byte (255: four more follow), then the bytes.
 *
 * Names, not paths, are stored: in real trees a path has 115 bytes on average and its last part 24.
 * Used by the znodes and by the watched paths alike.
 */
import { textOf } from "../base/bytes.ts";
import { type Arena, copyBytes, type Page, type Ref, UNIT_MASK } from "./arena.ts";

const LONG = 255;
const SHORT_HEAD = 1;
const LONG_HEAD = 5;

export class Names {
  private readonly arena: Arena;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** Stores a copy of `bytes[start, end)`. */
  add(bytes: Uint8Array, start: number, end: number): Ref {
    const length = end - start;
    const head = length < LONG ? SHORT_HEAD : LONG_HEAD;
    const name = this.arena.allocate(head + length);
    const page = this.arena.page(name);
    const at = (name & UNIT_MASK) << 2;
    page.bytes[at] = Math.min(length, LONG);
    if (head === LONG_HEAD) page.view.setInt32(at + SHORT_HEAD, length);
    copyBytes(bytes, start, length, page.bytes, at + head);
    return name;
  }

  release(name: Ref): void {
    this.arena.release(name);
  }

  lengthOf(name: Ref): number {
    return lengthIn(this.arena.page(name), (name & UNIT_MASK) << 2);
  }

  copy(name: Ref, target: Uint8Array, to: number): void {
    const page = this.arena.page(name);
    const at = (name & UNIT_MASK) << 2;
    copyBytes(page.bytes, at + headIn(page, at), lengthIn(page, at), target, to);
  }

  text(name: Ref): string {
    const page = this.arena.page(name);
    const at = (name & UNIT_MASK) << 2;
    const start = at + headIn(page, at);
    return textOf(page.bytes, start, start + lengthIn(page, at));
  }

  /** When `bytes[start, end)` ends in the name: where the name begins there. Otherwise -1. */
  startOfTail(name: Ref, bytes: Uint8Array, start: number, end: number): number {
    const page = this.arena.page(name);
    const at = (name & UNIT_MASK) << 2;
    const tail = end - lengthIn(page, at);
    if (tail < start) return -1;
    let own = at + headIn(page, at);
    for (let index = tail; index < end; index++) {
      if (bytes[index] !== page.bytes[own++]) return -1;
    }
    return tail;
  }
}

const headIn = (page: Page, at: number): number =>
  page.bytes[at]! < LONG ? SHORT_HEAD : LONG_HEAD;

function lengthIn(page: Page, at: number): number {
  const short = page.bytes[at]!;
  return short < LONG ? short : page.view.getInt32(at + SHORT_HEAD);
}
