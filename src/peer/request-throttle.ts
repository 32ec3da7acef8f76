/**
 * The request throttle: at most so many requests are in process; the others wait for their turn in
 * one line, in the order in which they came.
 *
 * A request may grow stale in the line, when its connection is gone or, if asked for, when it is
 * older than its session's timeout. Dropping a stale one ends its connection, and what came behind
 * it on that connection is dropped too, so that no request is done without those before it.
 *
 * Leaves to others: doing the requests (intake.ts), counting those in process.
 * From: reference `RequestThrottler` and `Request.isStale`, 3.8.0. The reference sleeps for a stall
 * time and is woken when a request is done; here every turn looks whether there is room.
 */
import type { Millis } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import type { Id } from "../records/data.ts";
import type { Operation } from "../requests/operation.ts";
import type { Connection } from "./connection.ts";
import type { Instruments } from "./instruments.ts";

export type RequestThrottleSettings = {
  /** Requests in process at which further ones wait. 0: none waits. */
  readonly maxRequests: number;
  /** While a line stands still it is counted as waiting once in this time. */
  readonly stallTimeMs: Millis;
  /** Stale requests are dropped in the line, rather than done. */
  readonly dropStale: boolean;
  /** What makes a request stale: its age, its connection's end. */
  readonly staleLatencyCheck: boolean;
  readonly staleConnectionCheck: boolean;
  /** A request that stood longer in the line is answered -127. 0: however long it stood. */
  readonly lateAfterMs: Millis;
};

/** A request in the line. It owns its bytes. */
export type Queued = {
  readonly conn: Connection;
  readonly xid: number;
  readonly operation: Operation;
  readonly ids: readonly Id[];
  readonly since: Millis;
  /** Length of its frame. */
  readonly bytes: number;
  /** What follows the request header. */
  readonly body: Uint8Array;
};

export interface ThrottleOwner {
  /** Requests that are being done. */
  inProcess(): number;
  /** The request's turn has come. `late`: it is answered -127, and not done. */
  serve(request: Queued, late: boolean): void;
  /** The request is dropped: its connection ends. */
  drop(request: Queued): void;
}

export class RequestThrottle {
  private readonly settings: RequestThrottleSettings;
  private readonly instruments: Instruments;
  private readonly line = new Queue<Queued>();
  private stalledAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(settings: RequestThrottleSettings, instruments: Instruments) {
    this.settings = settings;
    this.instruments = instruments;
  }

  /** Requests in the line. */
  get length(): number {
    return this.line.length;
  }

  /** Whether a request that comes now is done at once. */
  isOpen(owner: ThrottleOwner): boolean {
    const { maxRequests } = this.settings;
    return maxRequests === 0 || (this.line.length === 0 && owner.inProcess() < maxRequests);
  }

  queue(request: Queued): void {
    request.conn.throttled++;
    this.line.push(request);
  }

  /** Hands out those whose turn has come. */
  release(owner: ThrottleOwner, now: Millis): void {
    for (let head = this.line.peek(); head !== undefined; head = this.line.peek()) {
      const stale = this.isStale(head, now);
      const dropped = head.conn.requestsDropped || (stale && this.settings.dropStale);
      if (!dropped && owner.inProcess() >= this.settings.maxRequests) return this.stall(now);
      this.line.shift();
      head.conn.throttled--;
      if (dropped) this.drop(owner, head);
      else this.serve(owner, head, stale, now);
    }
  }

  private serve(owner: ThrottleOwner, request: Queued, stale: boolean, now: Millis): void {
    const { lateAfterMs } = this.settings;
    const waited = now - request.since;
    if (stale) this.instruments.staleRequests.add();
    const late = lateAfterMs > 0 && waited > lateAfterMs && request.operation.neverLate !== true;
    if (late) this.instruments.throttledOps.add();
    owner.serve(request, late);
  }

  private drop(owner: ThrottleOwner, request: Queued): void {
    const { conn } = request;
    if (!conn.requestsDropped) this.instruments.staleRequestsDropped.add();
    conn.requestsDropped = true;
    owner.drop(request);
  }

  private stall(now: Millis): void {
    if (now - this.stalledAt < this.settings.stallTimeMs) return;
    this.stalledAt = now;
    this.instruments.requestThrottleWaits.add();
  }

  private isStale({ conn, operation, since }: Queued, now: Millis): boolean {
    const { staleConnectionCheck, staleLatencyCheck } = this.settings;
    // The end of a session must come through, so that nothing of it stays.
    if (operation.endsSession === true) return false;
    if (staleConnectionCheck && conn.phase === "closed") return true;
    const { timeoutMs } = conn.session!;
    return staleLatencyCheck && now - since > timeoutMs;
  }
}
