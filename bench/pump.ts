/**
 * Keeps a number of requests unanswered on one connection, for as long as there are some to send,
 * and times each.
 */
import { joinBytes } from "../src/base/bytes.ts";
import type { Histogram } from "./histogram.ts";
import type { LoadConnection } from "./load-connection.ts";

/** Where a connection's requests come from. */
export interface Supply {
  /** How many of `wanted` requests there are to send now. */
  left(wanted: number): number;
  /** The next `count` requests, no more than are left. The bytes are not changed afterwards. */
  take(count: number): Uint8Array;
}

/** The latencies of a load, and whether it is time to take them down. */
export type Meter = { readonly histogram: Histogram; recording: boolean };

/** The same frames again and again. Nothing is copied: what is taken is a part of one buffer. */
export class Repeated implements Supply {
  private readonly batch: Uint8Array;
  /** Where each frame of the batch starts, and the end. */
  private readonly starts: readonly number[];
  private readonly period: number;
  private at = 0;

  constructor(frames: readonly Uint8Array[], atOnceMax: number) {
    this.period = frames.length;
    const all = Array.from(
      { length: atOnceMax + this.period },
      (_, at) => frames[at % this.period]!,
    );
    this.batch = joinBytes(all);
    const starts = [0];
    for (const frame of all) starts.push(starts.at(-1)! + frame.length);
    this.starts = starts;
  }

  left(wanted: number): number {
    return wanted;
  }

  take(count: number): Uint8Array {
    const { at } = this;
    this.at = (at + count) % this.period;
    return this.batch.subarray(this.starts[at]!, this.starts[at + count]!);
  }
}

export class Pump {
  private readonly connection: LoadConnection;
  private readonly meter: Meter;
  /** When each unanswered request was sent, in ms; a ring. */
  private readonly sentAt: Float64Array;
  private supply: Supply | undefined;
  private oldest = 0;
  private unanswered = 0;
  private drained: () => void = () => {};

  constructor(connection: LoadConnection, inFlight: number, meter: Meter) {
    this.connection = connection;
    this.meter = meter;
    this.sentAt = new Float64Array(inFlight);
    connection.start(this);
  }

  /** Sends what `supply` has; resolves when it has nothing left and all is answered. */
  run(supply: Supply): Promise<void> {
    this.supply = supply;
    return new Promise((resolve) => {
      this.drained = resolve;
      this.send(performance.now());
    });
  }

  replies(count: number): void {
    const now = performance.now();
    const { meter, sentAt } = this;
    for (let reply = 0; reply < count; reply++) {
      if (meter.recording) meter.histogram.record((now - sentAt[this.oldest]!) * 1_000);
      this.oldest = this.oldest + 1 === sentAt.length ? 0 : this.oldest + 1;
    }
    this.unanswered -= count;
    this.send(now);
  }

  private send(now: number): void {
    const { supply, sentAt } = this;
    const count = supply === undefined ? 0 : supply.left(sentAt.length - this.unanswered);
    if (count > 0) {
      let at = (this.oldest + this.unanswered) % sentAt.length;
      for (let sent = 0; sent < count; sent++) {
        sentAt[at] = now;
        at = at + 1 === sentAt.length ? 0 : at + 1;
      }
      this.unanswered += count;
      this.connection.socket.write(supply!.take(count));
    } else if (this.unanswered === 0) this.drained();
  }
}
