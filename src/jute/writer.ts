/**
 * Writes Jute binary into a buffer that grows and can be used again.
 *
 * Memory: `written` is a view into the writer's own buffer, borrowed until the next call on the
 * writer; `taken` is a copy that the caller owns.
 * From: compatibility specification 1.1.
 */
import { utf8Into } from "../base/bytes.ts";

const BYTES_AT_START = 256;
/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const UTF8_BYTES_PER_UNIT = 3;

export class JuteWriter {
  /** The buffer; bytes before `at` are written. Replaced when it grows. */
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  at = 0;

  constructor(capacity = BYTES_AT_START) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Forgets what was written and keeps the buffer. */
  clear(): void {
    this.at = 0;
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  taken(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.at);
  }

  byte(value: number): void {
    const at = this.reserve(1); // first: it may replace `bytes`
    this.bytes[at] = value;
  }

  bool(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  int(value: number): void {
    const at = this.reserve(4);
    const { bytes } = this;
    // Not by the view: its methods are calls wherever this is not compiled for good.
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  long(value: bigint): void {
    const at = this.reserve(8);
    this.view.setBigInt64(at, value);
  }

  buffer(value: Uint8Array | null): void {
    if (value === null) return this.int(-1);
    this.int(value.length);
    this.raw(value);
  }

  ustring(value: string | null): void {
    if (value === null) return this.int(-1);
    const at = this.reserve(4 + value.length * UTF8_BYTES_PER_UNIT);
    const length = this.text(value, at + 4);
    this.view.setInt32(at, length);
    this.at = at + 4 + length;
  }

  /** The bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length); // first: it may replace `bytes`
    this.bytes.set(value, at);
  }

  /** Makes room for `count` bytes and moves behind them; returns where they start. */
  reserve(count: number): number {
    const start = this.at;
    if (start + count > this.bytes.length) this.grow(start + count);
    this.at = start + count;
    return start;
  }

  /** Writes `value` at `at` without a length; room is there. Returns the number of bytes. */
  private text(value: string, at: number): number {
    const bytes = this.bytes;
    for (let unit = 0; unit < value.length; unit++) {
      const code = value.charCodeAt(unit);
      if (code > 0x7f) return utf8Into(value, bytes.subarray(at));
      bytes[at + unit] = code;
    }
    return value.length;
  }

  private grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
