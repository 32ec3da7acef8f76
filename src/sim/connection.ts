/**
 * One connection of the simulated network: two ends, and a pipe from each to the other.
 *
 * Promises: an end that was told "closed" or has closed hears nothing more. An end may take a
 * connection for open that the other has left: it learns so when the news arrives, or, where news
 * are lost, by an answer to what it writes.
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { NetworkHabits, Path } from "./path.ts";
import { Pipe } from "./pipe.ts";
import type { Probes } from "./probes.ts";
import type { Scheduler } from "./scheduler.ts";

/** What one end is told. `bytes` are its own. */
export type Handlers = {
  readonly opened?: () => void;
  readonly received: (bytes: Uint8Array) => void;
  readonly closed: (why: string) => void;
  readonly drained?: () => void;
};

/** What a connection needs to know of its network. */
export interface Carrier {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly habits: NetworkHabits;
  readonly probes: Probes;
  path(from: string, to: string): Path;
  isDark(host: string): boolean;
  forget(connection: Connection): void;
}

/** An end that has closed gives the other this long to take the rest. */
const REST_MS_MAX: Millis = 5000;

/** 0 dialed, 1 accepted. */
export type End = 0 | 1;
const other = (end: End): End => (end === 0 ? 1 : 0);

export class Connection {
  readonly from: string;
  readonly to: string;
  readonly door: number;
  readonly network: Carrier;
  private readonly handlers: [Handlers, Handlers | undefined];
  /** Whether the end takes it for open. */
  private readonly open: [boolean, boolean] = [true, false];
  private isUp = false;
  private pipes: readonly [Pipe, Pipe];
  private readonly paths: [Path | undefined, Path | undefined] = [undefined, undefined];

  constructor(network: Carrier, from: string, to: string, door: number, handlers: Handlers) {
    this.network = network;
    this.from = from;
    this.to = to;
    this.door = door;
    this.handlers = [handlers, undefined];
    this.pipes = [new Pipe(this, 0), new Pipe(this, 1)];
  }

  /** The way out of this end. */
  path(end: End): Path {
    const known = this.paths[end];
    if (known !== undefined) return known;
    const { network, from, to } = this;
    const path = end === 0 ? network.path(from, to) : network.path(to, from);
    this.paths[end] = path;
    return path;
  }

  accept(handlers: Handlers): void {
    this.handlers[1] = handlers;
    this.open[1] = true;
  }

  opened(): void {
    if (!this.open[0]) return this.answerDead(0);
    this.isUp = true;
    this.handlers[0].opened?.();
  }

  /** A dial that did not come to an end does so now. */
  giveUp(why: string): void {
    if (!this.isUp) this.told(0, why);
  }

  /** Takes the bytes; they are copied. */
  send(end: End, bytes: Uint8Array): void {
    if (this.open[end] && bytes.length > 0) this.pipes[end].send(bytes.slice());
  }

  /** The end leaves. What it sent before still arrives, unless `dropsRest`, and its farewell. */
  close(end: End, dropsRest = false): void {
    if (!this.open[end]) return;
    this.open[end] = false;
    this.pipes[other(end)].discard();
    this.pipes[end].finish("the other side closed it", dropsRest);
    this.settle();
  }

  /** The end leaves when what it sent has arrived, and is told so. */
  closeAfterRest(end: End): void {
    if (!this.open[end]) return;
    const gone = (): void => this.told(end, "closed");
    this.pipes[end].finish("closed", false, gone);
    this.network.scheduler.after(REST_MS_MAX, gone);
  }

  /** The process of this end is gone; with its machine where it lost power, and then nobody hears. */
  die(end: End, silently: boolean): void {
    if (!this.open[end]) return;
    if (!silently) return this.close(end, this.network.prng.chance(0.5));
    this.open[end] = false;
    this.pipes[end].cutOff();
    this.pipes[other(end)].discard();
    if (this.open[other(end)]) this.network.probes.reach("a connection is half open");
    this.settle();
  }

  /** Something on the way ends it, for one end or both. What is under way may be lost. */
  reset(ends: readonly End[]): void {
    for (const end of ends) {
      this.pipes[other(end)].discard();
      this.told(end, "reset");
    }
    if (ends.length === 1) this.network.probes.reach("a connection is half open");
  }

  /** Bytes have come to `end`. Where nobody is there any more, its host says so. */
  deliver(end: End, bytes: Uint8Array): void {
    if (this.open[end]) this.handlers[end]?.received(bytes);
    else this.answerDead(other(end));
  }

  /** Tells an end once that the connection is gone. */
  told(end: End, why: string): void {
    if (!this.open[end]) return;
    this.open[end] = false;
    this.pipes[end].cutOff();
    this.settle();
    this.handlers[end]?.closed(why);
  }

  /** The other end's host says that there is no such connection, if it can. */
  private answerDead(end: End): void {
    const { network, from, to } = this;
    if (!this.open[end] || network.isDark(end === 0 ? to : from)) return;
    this.later(other(end), () => this.told(end, "reset by peer"));
  }

  /** Reads on, or not. */
  setReading(end: End, reads: boolean): void {
    this.pipes[other(end)].setReading(reads);
  }

  /** Says "drained" as soon as what was sent fits into what a system keeps for a process. */
  awaitDrain(end: End): void {
    this.pipes[end].awaitDrain(() => {
      if (this.open[end]) this.handlers[end]?.drained?.();
    });
  }

  /** Does it after the latency of the way from `end`, or when that is open again. */
  later(end: End, act: () => void): void {
    const { scheduler, prng } = this.network;
    const path = this.path(end);
    const arrive = (): void => {
      if (path.blocked) path.waiting.push(arrive);
      else act();
    };
    scheduler.after(path.latency(prng.below(1000)), arrive);
  }

  private settle(): void {
    if (!this.open[0] && !this.open[1]) this.network.forget(this);
  }
}
