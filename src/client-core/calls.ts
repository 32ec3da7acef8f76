/**
 * The requests of a client on their way: waiting for a connection, or sent and not yet answered.
 * Gives the xids and writes the frames.
 *
 * Replies come in the order of the requests, so what is sent is a queue. Xids run from 1 to 2^31-1
 * and then from 1 again. From: specification 1.7, 2.4.
 */

import { Queue } from "../base/queue.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { OpCode } from "../records/op-codes.ts";
import { type Chroot, NO_CHROOT } from "./chroot.ts";
import type { Call } from "./protocol.ts";

const XID_MAX = 0x7fff_ffff;
const LENGTH_BYTES = 4;

export type Sent<T, W> = { readonly xid: number; readonly call: Call<T, W> };

export class Calls<T, W> {
  private readonly waiting = new Queue<Call<T, W>>();
  private readonly sent = new Queue<Sent<T, W>>();
  private readonly chroot: Chroot;
  private readonly frameBytesMax: number;
  private lastXid: number;

  constructor(options: { chroot: Chroot; frameBytesMax: number; lastXid?: number }) {
    this.chroot = options.chroot;
    this.frameBytesMax = options.frameBytesMax;
    this.lastXid = options.lastXid ?? 0;
  }

  hold(call: Call<T, W>): void {
    this.waiting.push(call);
  }

  takeWaiting(): readonly Call<T, W>[] {
    return this.waiting.takeAll();
  }

  /** Takes waiting calls of this ticket. */
  withdraw(ticket: T): readonly Call<T, W>[] {
    return this.waiting.takeWhere((call) => call.ticket === ticket);
  }

  /**
   * Writes the call's frame. Returns the frame's size in bytes when it is above the limit: then
   * nothing is written and nothing sent.
   */
  send(to: JuteWriter, call: Call<T, W>): number | undefined {
    const start = to.at;
    const xid = this.lastXid === XID_MAX ? 1 : this.lastXid + 1;
    beginFrame(to, xid, call.operation.code);
    call.operation.write(to, call.request, rootOf(call, this.chroot));
    const size = to.at - start - LENGTH_BYTES;
    if (size > this.frameBytesMax) {
      to.at = start;
      return size;
    }
    endFrame(to, start);
    this.lastXid = xid;
    this.sent.push({ xid, call });
    return undefined;
  }

  /** Writes a closeSession request; returns its xid, which comes after those of all calls. */
  sendClose(to: JuteWriter): number {
    this.lastXid = this.lastXid === XID_MAX ? 1 : this.lastXid + 1;
    writeBare(to, this.lastXid, OpCode.closeSession);
    return this.lastXid;
  }

  /** The oldest call without an answer. */
  takeSent(): Sent<T, W> | undefined {
    return this.sent.shift();
  }

  takeAllSent(): readonly Sent<T, W>[] {
    return this.sent.takeAll();
  }
}

/** Begins a frame at the writer's place; `endFrame` with the place before fills in the length. */
export function beginFrame(to: JuteWriter, xid: number, code: number): void {
  to.reserve(LENGTH_BYTES);
  to.int(xid);
  to.int(code);
}

export function endFrame(to: JuteWriter, start: number): void {
  to.view.setInt32(start, to.at - start - LENGTH_BYTES);
}

/** A frame of a header alone. */
export function writeBare(to: JuteWriter, xid: number, code: number): void {
  const start = to.at;
  beginFrame(to, xid, code);
  endFrame(to, start);
}

/** The chroot that this call's paths are under. */
export const rootOf = <T, W>(call: Call<T, W>, chroot: Chroot): Chroot =>
  call.operation.ignoresChroot === true ? NO_CHROOT : chroot;
