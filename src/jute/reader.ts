/**
 * Reads Jute binary, the encoding of every ZooKeeper record, from a range of bytes.
 *
 * Promises: nothing is read outside the range, and no length is used before it is checked against
 * what remains; everything malformed is a `ProtocolError`.
 * Memory: buffers it returns are views into the range, borrowed for as long as the owner of the
 * bytes says.
 * From: compatibility specification 1.1.
 */
import { textOf } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";

/** A length or count that stands for null. */
const NULL_LENGTH = -1;

export class JuteReader {
  readonly bytes: Uint8Array;
  /** Index of the next byte to read, in `bytes`. */
  at: number;
  /** Index behind the last byte that may be read. */
  end: number;
  /** Of all bytes; made for the first long: most records have none, and are shorter than it. */
  private view: DataView | undefined;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  byte(): number {
    const at = this.take(1);
    return this.bytes[at]!;
  }

  /** Any byte but 0 is true. */
  bool(): boolean {
    return this.byte() !== 0;
  }

  int(): number {
    const { bytes } = this;
    const at = this.take(4);
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  long(): bigint {
    const { buffer, byteOffset, byteLength } = this.bytes;
    this.view ??= new DataView(buffer, byteOffset, byteLength);
    return this.view.getBigInt64(this.take(8));
  }

  buffer(): Uint8Array | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  ustring(): string | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    const start = this.take(length);
    return textOf(this.bytes, start, start + length);
  }

  /**
   * The number of elements of a vector, each of which takes at least `elementBytesMin` bytes; null
   * for a null vector. Other negative counts are 0, as in the reference.
   */
  count(elementBytesMin: number): number | null {
    const count = this.int();
    if (count === NULL_LENGTH) return null;
    if (count * elementBytesMin > this.remaining) {
      throw new ProtocolError("LENGTH_OUT_OF_RANGE", { count, remaining: this.remaining });
    }
    return Math.max(count, 0);
  }

  private length(): number {
    const length = this.int();
    if (length < NULL_LENGTH || length > this.remaining) {
      throw new ProtocolError("LENGTH_OUT_OF_RANGE", { length, remaining: this.remaining });
    }
    return length;
  }

  private take(count: number): number {
    const start = this.at;
    if (count > this.end - start) {
      throw new ProtocolError("RECORD_TOO_SHORT", { wanted: count, remaining: this.end - start });
    }
    this.at = start + count;
    return start;
  }
}
