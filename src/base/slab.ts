/**
 * Memory for many small arrays that come and go in the order in which they were made: parts of
 * larger ones, for a buffer of its own costs each of them more than its bytes.
 *
 * Memory: a piece is let go when the last array in it is; nothing is handed out twice.
 */

const PIECE_BYTES = 64 << 10;
/** Larger arrays have their own. */
const SHARED_BYTES_MAX = PIECE_BYTES / 16;

export class Slab {
  private piece = new Uint8Array(0);
  private at = 0;

  /** A copy of the first `length` of `bytes`, the caller's own. */
  copy(bytes: Uint8Array, length: number): Uint8Array {
    if (length > SHARED_BYTES_MAX) return bytes.slice(0, length);
    if (this.at + length > this.piece.length) {
      this.piece = new Uint8Array(PIECE_BYTES);
      this.at = 0;
    }
    const start = this.at;
    this.at += length;
    this.piece.set(bytes.subarray(0, length), start);
    return this.piece.subarray(start, this.at);
  }
}
