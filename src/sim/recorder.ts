/**
 * Writes down what happens in a world, for those who judge it (history.ts), for a reader (trace),
 * and as one number that tells whether two runs were the same.
 */
import type { Millis, ServerId, Zxid } from "../base/ids.ts";
import { describeRecord } from "./describe.ts";
import type { CallId, ClientId, HistoryRecord } from "./history.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * One line of a trace: when, in true ms; whose column; what.
 * @example const line: TraceLine = { at: 107.899, who: "s2", text: "note: following" };
 */
export type TraceLine = { readonly at: Millis; readonly who: string; readonly text: string };

type Unstamped<R> = R extends HistoryRecord ? Omit<R, "at"> : never;

export class Recorder {
  readonly records: HistoryRecord[] = [];
  /** Undefined where nobody asked for a trace. */
  readonly trace: TraceLine[] | undefined;
  private readonly scheduler: Pick<Scheduler, "now">;
  /** Who asked, for the trace. */
  private readonly callers = new Map<CallId, ClientId>();
  private sum = 0x811c9dc5;
  private calls = 0;

  constructor(scheduler: Pick<Scheduler, "now">, traces: boolean) {
    this.scheduler = scheduler;
    this.trace = traces ? [] : undefined;
  }

  /** Of everything mixed in so far: equal runs have equal ones. */
  get fingerprint(): number {
    return this.sum >>> 0;
  }

  /** Keeps the record itself, with its time. */
  add(record: Unstamped<HistoryRecord>): void {
    const stamped = record as HistoryRecord;
    (stamped as { at: Millis }).at = this.scheduler.now;
    this.mix(this.scheduler.now * 1000);
    this.mix(record.kind.length);
    this.records.push(stamped);
    if (this.trace === undefined) return;
    if (stamped.kind === "call") this.callers.set(stamped.id, stamped.client);
    this.tell(this.columnOf(stamped), describeRecord(stamped));
  }

  /**
   * An ensemble of one has lost its proposals beyond `zxid`, and gives their numbers to others:
   * they have never been. Whoever was told of one holds the proof that it should not have been
   * lost.
   */
  forgetProposals(zxid: Zxid): void {
    const kept = this.records.filter((each) => each.kind !== "transaction" || each.zxid <= zxid);
    if (kept.length === this.records.length) return;
    this.records.length = 0;
    for (const record of kept) this.records.push(record);
  }

  nextCall(): CallId {
    return ++this.calls;
  }

  /** Folds a number into the fingerprint. */
  mix(value: number): void {
    this.sum = Math.imul(this.sum ^ (value | 0), 0x01000193);
  }

  private columnOf(record: HistoryRecord): string {
    if ("client" in record) return `c${record.client}`;
    if (record.kind === "reply" || record.kind === "lost") return `c${this.callers.get(record.id)}`;
    return "server" in record && record.server !== undefined ? hostOf(record.server) : "";
  }

  /** A line, where there is a trace. Callers on hot ways ask `trace` first. */
  tell(who: string, text: string): void {
    this.trace?.push({ at: this.scheduler.now, who, text });
  }
}

/** The name of a server's host, which is its column in a trace. */
export const hostOf = (server: ServerId): string => `s${server}`;
