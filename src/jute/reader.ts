/**
 * Reads Jute binary, the encoding of every ZooKeeper record, from a range of bytes.
 *
 * Promises: nothing is read outside the range, and no length is used before it is checked against
 * what remains; everything malformed is a `ProtocolError`.
 * Memory: buffers it returns are views into the range, borrowed for as long as the owner of the
 * bytes says.
 * From: compatibility specification 1.1.
 */
import { int32At, textOf } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";

/** The eight bytes of a long that is being read: a view of each record's would cost more. */
const LONG = new DataView(new ArrayBuffer(8));

/** A length or count that stands for null. */
const NULL_LENGTH = -1;

export class JuteReader {
  readonly bytes: Uint8Array;
  /** Index of the next byte to read, in `bytes`. */
  at: number;
  /** Index behind the last byte that may be read. */
  end: number;

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
    return int32At(this.bytes, this.take(4));
  }

  long(): bigint {
    LONG.setInt32(0, this.int());
    LONG.setInt32(4, this.int());
    return LONG.getBigInt64(0);
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
