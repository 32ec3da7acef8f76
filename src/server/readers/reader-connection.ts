/**
 * A connection in its reader: cuts what comes into frames, answers the reads that can be answered
 * there, and sends everything else on to the server.
 *
 *   new -> joining (its handshake is with the server) -> open
 *   new -> passing: no frames that a reader understands; the server sees every byte as it came
 *
 * A read is answered here only when nothing of the connection is with the server: so replies leave
 * in the order of the requests, and a client sees its own writes.
 */
import { int32At, joinBytes } from "../../base/bytes.ts";
import { ProtocolError } from "../../base/errors.ts";
import { FrameCutter } from "../../jute/frames.ts";
import { JuteWriter } from "../../jute/writer.ts";
import type { Reads } from "../../peer/io.ts";
import { LENGTH_BYTES } from "../../peer/output.ts";
import { Xid } from "../../records/constants.ts";
import type { Wire } from "../wire.ts";
import type { LocalReads } from "./local-reads.ts";
import type { Events, OrderSink } from "./messages.ts";

/** In the frame of a ConnectResponse, behind the protocol's version: 0 where it was refused. */
const TIMEOUT_AT = LENGTH_BYTES + 4;
/** Output of a chunk that leaves at once, in bytes. */
const OUTPUT_BYTES_MAX = 256 * 1024;

/** What the connections of a reader share. */
export type ReaderParts = {
  readonly events: Events;
  /** Replies of the chunk that is being read. */
  readonly to: JuteWriter;
  readonly reads: LocalReads;
  readonly frameBytesMax: number;
  /** Takes the messages that have been posted. */
  readonly takeMessages: () => void;
  /** Something is in `events`. */
  readonly told: () => void;
  /** The connection has reads to tell of. */
  readonly hasServed: (connection: ReaderConnection) => void;
};

type Phase = "new" | "joining" | "open" | "passing" | "closed";

export class ReaderConnection {
  private readonly number: number;
  private readonly wire: Wire;
  private readonly parts: ReaderParts;
  private readonly cutter: FrameCutter;
  private phase: Phase = "new";
  /** Bytes that are too few to tell what comes. */
  private head: Uint8Array = new Uint8Array(0);
  /** Frames that are with the server and not answered. */
  private withServer = 0;
  /** Bytes that are to be sent on, in `chunk`; none where they are equal. */
  private chunk: Uint8Array = this.head;
  private from = 0;
  private until = 0;
  private held = false;
  private drainAsked = false;
  private count = 0;
  private bytes = 0;
  private replyBytes = 0;
  private xid = 0;
  private code = 0;

  constructor(number: number, wire: Wire, parts: ReaderParts) {
    this.number = number;
    this.wire = wire;
    this.parts = parts;
    this.cutter = new FrameCutter(parts.frameBytesMax);
  }

  received(bytes: Uint8Array): void {
    if (this.phase === "closed") return;
    const known = this.phase === "new" ? this.firstBytes(bytes) : bytes;
    if (known === undefined) return;
    if (this.phase === "passing") return this.passOn(known);
    try {
      this.cutter.push(known, (...frame) => this.frame(...frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.sendOn();
      // The server finds the same fault, and says so.
      this.phase = "passing";
      const length = new JuteWriter();
      length.int(Number(error.details["length"]));
      this.passOn(length.taken());
    }
    this.sendOn();
    this.flush();
  }

  /** All output has left. */
  drained(): void {
    if (!this.held) this.wire.resume();
    if (this.drainAsked) this.tellDrained();
  }

  closed(): void {
    this.phase = "closed";
    this.tellServed();
    this.parts.events.closed(this.number);
    this.parts.told();
  }

  // ---- orders of the server ----

  write(bytes: Uint8Array): void {
    if (this.phase === "closed") return;
    if (this.phase !== "passing") this.countReplies(bytes);
    this.put(bytes);
  }

  order(order: Parameters<OrderSink["order"]>[1]): void {
    switch (order) {
      case "pause":
        this.held = true;
        return this.wire.pause();
      case "resume":
        this.held = false;
        return this.wire.isFull ? undefined : this.wire.resume();
      case "finish":
        this.phase = "closed";
        return this.wire.finish();
      case "destroy":
        this.phase = "closed";
        return this.wire.destroy();
      case "askDrain":
        if (this.wire.isFull) this.drainAsked = true;
        else this.tellDrained();
    }
  }

  // ---- reads ----

  get to(): JuteWriter {
    return this.parts.to;
  }

  /** For `LocalReads`: replies that are ready leave before what messages bring. */
  takeMessages(): boolean {
    this.flush();
    this.parts.takeMessages();
    return this.mayRead;
  }

  /** Tells the server of the reads since it was told last. */
  tellServed(): void {
    if (this.count === 0) return;
    const { count, bytes, replyBytes, xid, code } = this;
    const reads: Reads = { count, bytes, replyBytes, xid, code };
    this.parts.events.served(this.number, reads);
    this.parts.told();
    this.count = this.bytes = this.replyBytes = 0;
  }

  /** Enough to tell a frame from a four-letter word, or undefined. */
  private firstBytes(bytes: Uint8Array): Uint8Array | undefined {
    this.head = this.head.length === 0 ? bytes : joinBytes([this.head, bytes]);
    if (this.head.length < LENGTH_BYTES) return undefined;
    const length = int32At(this.head, 0);
    this.phase = length >= 0 && length <= this.parts.frameBytesMax ? "joining" : "passing";
    return this.head;
  }

  private frame(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.mayRead && this.parts.reads.answer(this, bytes, start, end)) {
      this.answered(bytes, start, end);
      return true;
    }
    if (this.isClosed) return false;
    if (this.chunk !== bytes || this.until !== start - LENGTH_BYTES) {
      this.sendOn();
      this.chunk = bytes;
      this.from = start - LENGTH_BYTES;
    }
    this.until = end;
    this.withServer++;
    return true;
  }

  /** A message that was taken meanwhile may have closed it. */
  private get isClosed(): boolean {
    return this.phase === "closed";
  }

  private get mayRead(): boolean {
    return this.phase === "open" && this.withServer === 0 && !this.wire.isFull;
  }

  private answered(bytes: Uint8Array, start: number, end: number): void {
    if (this.count === 0) this.parts.hasServed(this);
    this.count++;
    this.bytes += end - start + LENGTH_BYTES;
    this.xid = int32At(bytes, start);
    this.code = int32At(bytes, start + 4);
    if (this.to.at > OUTPUT_BYTES_MAX) this.flush();
  }

  private flush(): void {
    const { to } = this;
    if (to.at === 0) return;
    this.replyBytes += to.at;
    if (this.phase !== "closed") this.put(to.written());
    to.clear();
  }

  private put(bytes: Uint8Array): void {
    if (!this.wire.write(bytes)) this.wire.pause();
  }

  private sendOn(): void {
    if (this.until > this.from) this.passOn(this.chunk.subarray(this.from, this.until));
    this.from = this.until = 0;
  }

  private passOn(bytes: Uint8Array): void {
    this.parts.events.received(this.number, bytes);
    this.parts.told();
  }

  /** Every frame that was sent on is answered with one; watch events come unasked. */
  private countReplies(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += LENGTH_BYTES + int32At(bytes, at)) {
      if (this.phase === "joining") {
        if (int32At(bytes, at + TIMEOUT_AT) > 0) this.phase = "open";
        this.withServer--;
      } else if (int32At(bytes, at + LENGTH_BYTES) !== Xid.event) this.withServer--;
    }
  }

  private tellDrained(): void {
    this.drainAsked = false;
    this.parts.events.drained(this.number);
    this.parts.told();
  }
}
