/**
 * The path that is being worked on, as bytes: held once, cut into parent and name, used again for
 * the next. It saves an array for each transaction.
 */
import { EMPTY_BYTES, utf8Into } from "../base/bytes.ts";

const SLASH = 0x2f;
const UTF8_BYTES_PER_UNIT = 3;
const BYTES_AT_START = 1024;
/** Room from one unusually long path is not kept. */
const BYTES_KEPT_MAX = 64 * 1024;

/** UTF-16 units of the text that `bytes[start, end)` are in UTF-8. */
export function utf16Units(bytes: Uint8Array, start: number, end: number): number {
  let units = end - start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < 0x80) continue;
    if (byte < 0xc0) units--;
    else if (byte >= 0xf0) units++;
  }
  return units;
}

export class PathBytes {
  bytes: Uint8Array = EMPTY_BYTES;
  start = 0;
  end = 0;
  private own = new Uint8Array(BYTES_AT_START);

  /** Takes a path as text; `/` becomes the root's empty path. */
  hold(path: string): this {
    this.holdExactly(path);
    return this.borrow(this.bytes, this.start, this.end);
  }

  /** Takes any text as it is. */
  holdExactly(path: string): this {
    const most = path.length * UTF8_BYTES_PER_UNIT;
    const own = this.room(most);
    let at = 0;
    for (; at < path.length; at++) {
      const code = path.charCodeAt(at);
      if (code > 0x7f) break;
      own[at] = code;
    }
    if (at < path.length) at = utf8Into(path, own);
    this.bytes = own;
    this.start = 0;
    this.end = at;
    return this;
  }

  /**
   * Looks at a path in `bytes[start, end)`, as long as the caller leaves them be; `/` as in `hold`.
   */
  borrow(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end - start === 1 && bytes[start] === SLASH ? start : end;
    return this;
  }

  /**
   * Where the parent's path ends, one before the name; -1 for the root and for what has no slash.
   */
  get parentEnd(): number {
    for (let at = this.end - 1; at >= this.start; at--) if (this.bytes[at] === SLASH) return at;
    return -1;
  }

  /** UTF-16 units of the path: what the reference counts as its length. */
  get units(): number {
    return utf16Units(this.bytes, this.start, this.end);
  }

  private room(most: number): Uint8Array<ArrayBuffer> {
    if (most > this.own.length || (this.own.length > BYTES_KEPT_MAX && most <= BYTES_KEPT_MAX)) {
      this.own = new Uint8Array(Math.max(most, BYTES_AT_START));
    }
    return this.own;
  }
}
