/**
 * Reads along what goes over a client's connection: what the client's machine does not hand out,
 * but a history tells. Zxids of replies, xids of requests, the answer to the handshake.
 */
import type { Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import { REPLY_BYTES_MAX } from "../client-core/protocol.ts";
import { FrameCutter } from "../jute/frames.ts";
import { JuteReader } from "../jute/reader.ts";
import { ConnectResponse, ReplyHeader, WatcherEvent } from "../records/client.ts";

export type Frame =
  | { readonly kind: "welcome"; readonly response: ConnectResponse }
  | { readonly kind: "reply"; readonly xid: number; readonly zxid: Zxid; readonly err: number }
  | { readonly kind: "event"; readonly zxid: Zxid; readonly type: number; readonly path: string };

/** Of one connection. */
export class Tap {
  private readonly incoming = new FrameCutter(REPLY_BYTES_MAX);
  private readonly outgoing = new FrameCutter(REPLY_BYTES_MAX);
  private isWelcome = false;
  private hasGreeted = false;
  /** Requests that wait for their replies. */
  private readonly open = new Queue<number>();

  /** The frames that these bytes complete. Pings and their like are left out. */
  received(bytes: Uint8Array): readonly Frame[] {
    const frames: Frame[] = [];
    this.incoming.push(bytes, (from, start, end) => {
      const frame = this.read(new JuteReader(from, start, end));
      if (frame !== undefined) frames.push(frame);
      return true;
    });
    return frames;
  }

  /** The xids of the requests that these bytes complete. */
  written(bytes: Uint8Array): readonly number[] {
    const xids: number[] = [];
    this.outgoing.push(bytes, (from, start) => {
      const xid = new DataView(from.buffer, from.byteOffset + start).getInt32(0);
      if (this.hasGreeted && xid > 0) {
        xids.push(xid);
        this.open.push(xid);
      }
      this.hasGreeted = true;
      return true;
    });
    return xids;
  }

  /** What is wrong with a reply that comes now; the one behind it is expected next. */
  outOfTurn({ xid }: Extract<Frame, { readonly kind: "reply" }>): string | undefined {
    const due = this.open.shift();
    return due === xid ? undefined : `a reply to ${xid}, where ${due ?? "none"} is due`;
  }

  private read(from: JuteReader): Frame | undefined {
    if (!this.isWelcome) {
      this.isWelcome = true;
      return { kind: "welcome", response: ConnectResponse.read(from) };
    }
    const { xid, zxid, err } = ReplyHeader.read(from);
    if (xid > 0) return { kind: "reply", xid, zxid, err };
    if (xid !== -1) return undefined;
    const { type, path } = WatcherEvent.read(from);
    return { kind: "event", zxid, type, path };
  }
}
