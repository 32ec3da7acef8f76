/**
 * One direction of a connection: chunks in order, each with the time at which it can arrive.
 *
 *   send -> under way (latency, bandwidth) -> parked while blocked or unread -> the other end
 */
import { joinBytes } from "../base/bytes.ts";
import type { Millis } from "../base/ids.ts";
import type { Connection, End } from "./connection.ts";

type Chunk = { readonly bytes: Uint8Array; readonly at: Millis };

/** So much waits in the systems of both hosts, in bytes, and not in the process that sent it. */
const SYSTEM_BYTES = 64 << 10;

/** On slow ways, so much arrives at once. */
const PIECE_BYTES = 4096;

export class Pipe {
  private readonly connection: Connection;
  private readonly end: End;
  private chunks: Chunk[] = [];
  private bytes = 0;
  private lastAt: Millis = 0;
  private isScheduled = false;
  private reads = true;
  private farewell: string | undefined;
  private whenFinished: (() => void) | undefined;
  private whenDrained: (() => void) | undefined;
  private isOver = false;

  constructor(connection: Connection, end: End) {
    this.connection = connection;
    this.end = end;
  }

  send(bytes: Uint8Array): void {
    if (this.isOver || this.farewell !== undefined) return;
    this.put(bytes);
  }

  /** Behind what was sent: the farewell. `dropsRest`: some of what was sent is lost. */
  finish(why: string, dropsRest: boolean, finished?: () => void): void {
    if (this.isOver || this.farewell !== undefined) return;
    const { prng } = this.connection.network;
    if (dropsRest) this.chunks.length = prng.below(this.chunks.length + 1);
    this.farewell = why;
    this.whenFinished = finished;
    this.put(new Uint8Array(0));
  }

  /** The sender's machine is gone: what has not left it never does. */
  cutOff(): void {
    const { prng } = this.connection.network;
    if (this.farewell !== undefined) return;
    this.chunks.length = prng.below(this.chunks.length + 1);
    this.whenDrained = undefined;
  }

  /** Nobody reads this any more. What comes later is answered as what comes to nobody. */
  discard(): void {
    this.reads = true;
  }

  setReading(reads: boolean): void {
    this.reads = reads;
    if (reads) this.schedule();
  }

  awaitDrain(drained: () => void): void {
    this.whenDrained = drained;
    this.checkDrain();
  }

  private put(bytes: Uint8Array): void {
    const { connection } = this;
    const { scheduler, prng, habits } = connection.network;
    const path = connection.path(this.end);
    const onWire =
      path.bytesPerMs === Number.POSITIVE_INFINITY ? 0 : bytes.length / path.bytesPerMs;
    const latency = path.latency(path.jitterMs === 0 ? 0 : prng.below(1000));
    const linger = habits.lingerMs === 0 ? 0 : (habits.lingerMs * prng.below(1000)) / 1000;
    const at = Math.max(scheduler.now + latency + linger, this.lastAt) + onWire;
    this.lastAt = at;
    this.bytes += bytes.length;
    if (onWire === 0 || bytes.length <= PIECE_BYTES) this.chunks.push({ bytes, at });
    else this.putInPieces(bytes, at - onWire, path.bytesPerMs);
    this.schedule();
  }

  /** What is long for its way comes in pieces, and the way may end between two of them. */
  private putInPieces(bytes: Uint8Array, from: Millis, bytesPerMs: number): void {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      const piece = bytes.subarray(start, start + PIECE_BYTES);
      this.chunks.push({ bytes: piece, at: from + (start + piece.length) / bytesPerMs });
    }
  }

  private schedule(): void {
    if (this.isScheduled || this.chunks.length === 0) return;
    this.isScheduled = true;
    const { scheduler } = this.connection.network;
    scheduler.after(Math.max(this.chunks[0]!.at - scheduler.now, 0), () => this.arrive());
  }

  private arrive(): void {
    this.isScheduled = false;
    if (this.chunks.length === 0) return;
    const path = this.connection.path(this.end);
    if (path.blocked) {
      this.isScheduled = true;
      path.waiting.push(() => this.arrive());
      return;
    }
    if (!this.reads) return;
    const come = this.takeArrived();
    this.bytes -= come.length;
    if (come.length > 0) this.connection.deliver(this.end === 0 ? 1 : 0, come);
    this.checkDrain();
    if (this.chunks.length > 0) this.schedule();
    else if (this.farewell !== undefined) this.bidFarewell(this.farewell);
  }

  /** All that is there by now; sometimes only a part of it. */
  private takeArrived(): Uint8Array {
    const { scheduler, prng, habits } = this.connection.network;
    const { now } = scheduler;
    let count = 0;
    while (count < this.chunks.length && this.chunks[count]!.at <= now) count++;
    const taken = this.chunks.splice(0, count);
    const come = taken.length === 1 ? taken[0]!.bytes : joinBytes(taken.map(({ bytes }) => bytes));
    if (come.length < 2 || !prng.chance(habits.cutChance)) return come;
    const cut = 1 + prng.below(come.length - 1);
    this.chunks.unshift({ bytes: come.subarray(cut), at: now + prng.below(1000) / 1000 });
    return come.slice(0, cut);
  }

  private bidFarewell(why: string): void {
    this.isOver = true;
    this.connection.told(this.end === 0 ? 1 : 0, why);
    this.whenFinished?.();
  }

  private checkDrain(): void {
    const { whenDrained } = this;
    if (whenDrained === undefined || this.bytes > SYSTEM_BYTES) return;
    this.whenDrained = undefined;
    this.connection.network.scheduler.after(0, whenDrained);
  }
}
