/**
 * Reads the body of a snapshot, and the mark behind it, from a link: what a leader sends after
 * SNAP. From: specification 4.4.
 */
import { joinBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { JuteReader } from "../jute/reader.ts";
import { SnapshotRows, type SnapshotSink } from "../txnlog/snapshot-rows.ts";
import { STREAM_MARK } from "./quorum-links.ts";

const MARK_BYTES = 4 + STREAM_MARK.length;

export class SnapshotStream {
  private readonly rows: SnapshotRows;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;

  constructor(sink: SnapshotSink) {
    this.rows = new SnapshotRows(sink);
  }

  /**
   * Takes the next bytes, of which it copies what it keeps. Answers what stands behind the mark
   * once that is read, else undefined. Throws `ProtocolError` at what is no snapshot.
   */
  push(piece: Uint8Array): Uint8Array | undefined {
    this.waiting.push(piece);
    this.waitingBytes += piece.length;
    const wanted = this.rows.done ? MARK_BYTES : this.rows.wanted;
    if (this.waitingBytes < wanted) {
      this.waiting[this.waiting.length - 1] = piece.slice();
      return undefined;
    }
    const bytes = joinBytes(this.waiting);
    const at = this.readRows(bytes);
    if (this.rows.done && bytes.length - at >= MARK_BYTES) {
      const from = new JuteReader(bytes, at, bytes.length);
      if (from.ustring() !== STREAM_MARK)
        throw new ProtocolError("BAD_VALUE", { what: "SNAP mark" });
      return bytes.subarray(from.at);
    }
    this.waiting = [bytes.slice(at)];
    this.waitingBytes = bytes.length - at;
    return undefined;
  }

  private readRows(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; ; ) {
      const next = this.rows.read(bytes, view, at, bytes.length);
      if (next === at || this.rows.done) return next;
      at = next;
    }
  }
}
