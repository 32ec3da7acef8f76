/**
 * Cuts a stream of bytes into frames: a length of four bytes, then that many bytes.
 *
 * Frames that lie whole in a received chunk are handed out in place, without a copy. Only the rest
 * of a chunk that ends inside a frame is kept, and only as much as that frame needs.
 */
import { ProtocolError } from "../base/errors.ts";

const LENGTH_BYTES = 4;

/**
 * Receives one frame: its body is `bytes[start, end)`, borrowed until the call returns. False:
 * stop.
 */
export type FrameSink = (bytes: Uint8Array, start: number, end: number) => boolean;

export class FrameCutter {
  private readonly frameBytesMax: number;
  private readonly check: ((length: number) => void) | undefined;
  /**
   * The unfinished frame, length included; null between frames. Bytes before `partAt` are there.
   */
  private part: Uint8Array | null = null;
  private partAt = 0;

  /** `check` is asked, maybe twice, about the length of each frame before its bytes are kept. */
  constructor(frameBytesMax: number, check?: (length: number) => void) {
    this.frameBytesMax = frameBytesMax;
    this.check = check;
  }

  /** Bytes kept of an unfinished frame. */
  get held(): number {
    return this.partAt;
  }

  /**
   * Hands each frame that is complete now to `sink`, in order. `chunk` is borrowed until this
   * returns. When `sink` answers false the rest of the chunk is dropped. Throws `ProtocolError` at
   * a length below 0 or above the limit, after the frames before it.
   */
  push(chunk: Uint8Array, sink: FrameSink): void {
    let at = this.part === null ? 0 : this.finishPart(chunk, sink);
    while (at >= 0 && chunk.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + this.checkedLength(chunk, at);
      if (end > chunk.length) break;
      at = sink(chunk, at + LENGTH_BYTES, end) ? end : -1;
    }
    if (at >= 0 && at < chunk.length) this.keep(chunk, at);
  }

  /**
   * Completes the unfinished frame; returns where the chunk goes on, or -1 when the sink said
   * stop.
   */
  private finishPart(chunk: Uint8Array, sink: FrameSink): number {
    let at = 0;
    if (this.partAt < LENGTH_BYTES) {
      at = this.fill(chunk, at, LENGTH_BYTES);
      if (this.partAt < LENGTH_BYTES) return at;
      this.widen(LENGTH_BYTES + this.checkedLength(this.part!, 0));
    }
    const whole = this.part!;
    at = this.fill(chunk, at, whole.length);
    if (this.partAt < whole.length) return at;
    this.part = null;
    this.partAt = 0;
    return sink(whole, LENGTH_BYTES, whole.length) ? at : -1;
  }

  private keep(chunk: Uint8Array, at: number): void {
    const known = chunk.length - at >= LENGTH_BYTES;
    this.part = new Uint8Array(known ? LENGTH_BYTES + this.checkedLength(chunk, at) : LENGTH_BYTES);
    this.partAt = 0;
    this.fill(chunk, at, this.part.length);
  }

  /**
   * Copies from `chunk` at `from` until `target` bytes of the part are there. Returns where it
   * ended.
   */
  private fill(chunk: Uint8Array, from: number, target: number): number {
    const until = Math.min(chunk.length, from + target - this.partAt);
    this.part!.set(chunk.subarray(from, until), this.partAt);
    this.partAt += until - from;
    return until;
  }

  private widen(size: number): void {
    const whole = new Uint8Array(size);
    whole.set(this.part!.subarray(0, this.partAt));
    this.part = whole;
  }

  private checkedLength(bytes: Uint8Array, at: number): number {
    const length =
      (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (length < 0) throw new ProtocolError("FRAME_NEGATIVE", { length });
    if (length > this.frameBytesMax) {
      throw new ProtocolError("FRAME_TOO_LARGE", { length, limit: this.frameBytesMax });
    }
    this.check?.(length);
    return length;
  }
}
