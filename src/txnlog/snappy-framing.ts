/**
 * The framing of compressed snapshots with extension `.snappy`: that of snappy-java's stream
 * classes, not the official one. The compression of a block itself comes from outside.
 *
 *   stream = 82 "SNAPPY" 00, int 1, int 1, block*
 *   block  = int length, that many bytes of raw Snappy for at most 32 KiB of content
 *
 * From: specification 5.4; golden `snapshot.15c.snappy`.
 */
import { EMPTY_BYTES, joinBytes, sameBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import type { Decompressor } from "./snapshot-reader.ts";
import type { Compressor } from "./snapshot-writer.ts";

/** Compresses or uncompresses one raw Snappy block. */
export type BlockCodec = (block: Uint8Array) => Uint8Array;

const MAGIC = new Uint8Array([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const STREAM_VERSION = 1;
const HEADER_BYTES = MAGIC.length + 8;
const BLOCK_BYTES = 32 << 10;
/**
 * Largest compressed block that is read, in bytes; writers can be told to make larger ones than 32
 * KiB.
 */
const BLOCK_BYTES_MAX = 64 << 20;

export class SnappyCompressor implements Compressor {
  readonly extension = ".snappy";
  private readonly compress: BlockCodec;
  private readonly block = new Uint8Array(BLOCK_BYTES);
  private filled = 0;
  private begun = false;

  constructor(compress: BlockCodec) {
    this.compress = compress;
  }

  push(bytes: Uint8Array): Uint8Array {
    const to = new JuteWriter(bytes.length + HEADER_BYTES);
    this.begin(to);
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.filled);
      this.block.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
      if (this.filled === BLOCK_BYTES) this.writeBlock(to);
    }
    return to.written();
  }

  finish(): Uint8Array {
    const to = new JuteWriter(BLOCK_BYTES);
    this.begin(to);
    if (this.filled > 0) this.writeBlock(to);
    return to.written();
  }

  private begin(to: JuteWriter): void {
    if (this.begun) return;
    this.begun = true;
    to.raw(MAGIC);
    to.int(STREAM_VERSION);
    to.int(STREAM_VERSION);
  }

  private writeBlock(to: JuteWriter): void {
    to.buffer(this.compress(this.block.subarray(0, this.filled)));
    this.filled = 0;
  }
}

/** Throws `ProtocolError` at bytes that are no such stream, or not all of it. */
export class SnappyDecompressor implements Decompressor {
  private readonly uncompress: BlockCodec;
  private waiting: Uint8Array = EMPTY_BYTES;
  private begun = false;

  constructor(uncompress: BlockCodec) {
    this.uncompress = uncompress;
  }

  push(bytes: Uint8Array): Uint8Array {
    const from = new JuteReader(joinBytes([this.waiting, bytes]));
    if (!this.begun) this.begin(from);
    const blocks: Uint8Array[] = [];
    while (this.begun && from.remaining >= 4) {
      const start = from.at;
      const length = from.int();
      if (length < 0 || length > BLOCK_BYTES_MAX) {
        throw new ProtocolError("LENGTH_OUT_OF_RANGE", { length });
      }
      from.at = start;
      if (from.remaining < 4 + length) break;
      blocks.push(this.uncompress(from.buffer() ?? EMPTY_BYTES));
    }
    this.waiting = from.bytes.subarray(from.at);
    return joinBytes(blocks);
  }

  finish(): Uint8Array {
    if (!this.begun || this.waiting.length > 0) {
      throw new ProtocolError("RECORD_TOO_SHORT", { remaining: this.waiting.length });
    }
    return EMPTY_BYTES;
  }

  private begin(from: JuteReader): void {
    if (from.remaining < HEADER_BYTES) return;
    if (!sameBytes(from.bytes.subarray(0, MAGIC.length), MAGIC)) {
      throw new ProtocolError("BAD_VALUE", { at: 0 });
    }
    // The versions that follow tell nothing yet: every writer puts 1 and 1.
    from.at = HEADER_BYTES;
    this.begun = true;
  }
}
