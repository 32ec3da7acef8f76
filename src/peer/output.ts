/**
 * What goes to connections in one turn: each gets one buffer however many replies and events it
 * holds.
 *
 * Buffers come from a pool and go back to it at the next turn, so an idle connection owns none.
 */
import type { Zxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { REPLY_HEADER_BYTES } from "../records/client.ts";
import type { ErrorCode } from "../records/error-codes.ts";

/** The length before a frame. */
export const LENGTH_BYTES = 4;
const BYTES_AT_START = 4096;
/** A buffer that grew beyond this is not kept. */
const POOLED_BYTES_MAX = 1 << 20;
/** How many are kept that grew, and in all: a change can have thousands of watchers. */
const POOLED_GROWN_MAX = 256;
const POOLED_BUFFERS_MAX = 1024;

export class WriterPool {
  private readonly free: JuteWriter[] = [];
  private readonly lent: JuteWriter[] = [];

  take(): JuteWriter {
    const writer = this.free.pop() ?? new JuteWriter(BYTES_AT_START);
    this.lent.push(writer);
    return writer;
  }

  /** The effects of the last turn have been performed: its buffers may be used again. */
  reclaim(): void {
    for (let writer = this.lent.pop(); writer !== undefined; writer = this.lent.pop()) {
      const { length } = writer.bytes;
      const countMax = length > BYTES_AT_START ? POOLED_GROWN_MAX : POOLED_BUFFERS_MAX;
      if (this.free.length >= countMax || length > POOLED_BYTES_MAX) continue;
      writer.clear();
      this.free.push(writer);
    }
  }
}

/** Opens a frame with a reply header of error 0; answers where the frame starts. */
export function beginReply(to: JuteWriter, xid: number, zxid: Zxid): number {
  const start = to.reserve(LENGTH_BYTES + REPLY_HEADER_BYTES);
  to.view.setInt32(start + 4, xid);
  to.view.setBigInt64(start + 8, zxid);
  to.view.setInt32(start + 16, 0);
  return start;
}

/**
 * Closes the frame; an error drops what was written of its body. Answers the frame's size in bytes.
 */
export function endReply(to: JuteWriter, start: number, err: ErrorCode): number {
  if (err !== 0) {
    to.at = start + LENGTH_BYTES + REPLY_HEADER_BYTES;
    to.view.setInt32(start + 16, err);
  }
  return endFrame(to, start);
}

/** Opens a frame without a header. */
export const beginFrame = (to: JuteWriter): number => to.reserve(LENGTH_BYTES);

export function endFrame(to: JuteWriter, start: number): number {
  to.view.setInt32(start, to.at - start - LENGTH_BYTES);
  return to.at - start;
}
