/**
 * The bytes of large requests that are in the server at a time. One that does not fit ends its
 * connection, at its length already: its bytes are not waited for.
 *
 * A request counts from when it is whole until it was done, or its connection is gone.
 * From: reference `ZooKeeperServer.checkRequestSize*`, 3.8.0.
 */
import { ProtocolError } from "../base/errors.ts";
import type { Counter } from "../base/metrics.ts";
import type { Connection } from "./connection.ts";

export type LargeRequestSettings = {
  /** A longer frame is large, in bytes. -1: none is. */
  readonly thresholdBytes: number;
  /** Bytes of all large requests at a time. */
  readonly bytesMax: number;
};

export class LargeRequests {
  private readonly settings: LargeRequestSettings;
  private readonly rejected: Counter;
  private bytes = 0;

  constructor(settings: LargeRequestSettings, rejected: Counter) {
    this.settings = settings;
    this.rejected = rejected;
  }

  /** Bytes that are counted now. */
  get held(): number {
    return this.bytes;
  }

  /** Throws `ProtocolError` where a frame of that length does not fit. */
  check(length: number): void {
    const { bytesMax: limit } = this.settings;
    if (!this.isLarge(length) || this.bytes + length <= limit) return;
    this.rejected.add();
    throw new ProtocolError("LARGE_REQUESTS_FULL", { length, inServer: this.bytes, limit });
  }

  /** Counts a frame that is whole; throws as `check` does. */
  take(conn: Connection, length: number): void {
    if (!this.isLarge(length)) return;
    this.check(length);
    this.bytes += length;
    conn.largeBytes += length;
  }

  /** A request with a frame of that length is done. Those of a gone connection are given already. */
  give(conn: Connection, length: number): void {
    if (conn.largeBytes === 0 || !this.isLarge(length)) return;
    this.bytes -= length;
    conn.largeBytes -= length;
  }

  /** The connection is gone. */
  giveAll(conn: Connection): void {
    this.bytes -= conn.largeBytes;
    conn.largeBytes = 0;
  }

  private isLarge(length: number): boolean {
    return this.settings.thresholdBytes !== -1 && length > this.settings.thresholdBytes;
  }
}
