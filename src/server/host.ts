/**
 * The host: one loop that feeds a server machine and performs what it asks for, with real sockets,
 * files and timers. It decides nothing of the protocol.
 *
 * Every input becomes one step, and its effects are performed before the next input: inputs have a
 * single order. A failed disk operation stops the server at once.
 * Size: what each effect becomes, and when a sync is waited for in place.
 */

import { unreachable } from "../base/assert.ts";
import type { Millis } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { Note } from "../peer/io.ts";
import type { MemberEffect, MemberInput } from "../peer/links.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import { SHARED_FLIGHT_BYTES_MAX } from "../txnlog/log-writer.ts";
import type { Disk } from "./disk.ts";
import type { Links } from "./links.ts";
import { Pacing } from "./pacing.ts";
import type { Readers } from "./readers.ts";
import type { Sockets } from "./sockets.ts";

/** What the host tells its owner. */
export interface HostEvents {
  note(note: Note): void;
  /** A snapshot has its name. */
  snapshotTaken(name: string, tookMs: Millis): void;
  /** The server must not go on: a disk operation failed, or the machine found itself wrong. */
  failed(error: unknown, while_: string): void;
}

/** Time goes by in steps of a part of a tick, within these bounds. */
const TICK_PARTS = 4;
const STEP_MS_MIN = 5;
const STEP_MS_MAX = 100;

/** So many writes came alone, one after the other: then the next is not waited with for others. */
const LONE_WRITES_MIN = 8;
/** A disk that takes longer than this on average is waited for on another thread, so many times. */
const SYNC_IN_PLACE_MS_MAX = 1;
const SLOW_DISK_BATCHES = 256;
/** The last sync's share in the average. */
const SYNC_WEIGHT = 1 / 8;

/** What is under way until the input says so. */
const WRITING = {
  logged: "writing the log",
  snapshotted: "writing a snapshot",
  filesDone: "writing files beside the log",
} as const;

type LogEffect = Extract<MemberEffect, { kind: "log" }>;

/** What the host performs effects with. */
export type HostWorld = {
  readonly disk: Disk;
  readonly sockets: Sockets;
  readonly links: Links;
  readonly readers?: Pick<Readers, "stepEnded"> | undefined;
};

export interface HostedMachine extends Machine<MemberInput, MemberEffect> {
  /** The server stops: whoever waits for it is to be told. Nothing is asked of it after that. */
  leave?(out: MemberEffect[]): void;
}

/** The machine asks for the end of the process. */
class FatalError extends Error {
  override readonly name = "FatalError";
  readonly code = "FATAL";
}

export class Host {
  private readonly pacing: Pacing;
  private readonly machine: HostedMachine;
  private readonly disk: Disk;
  private readonly sockets: Sockets;
  private readonly links: Links;
  private readonly readers: HostWorld["readers"];
  private readonly events: HostEvents;
  private readonly out: MemberEffect[] = [];
  private readonly running = new Set<Promise<void>>();
  private loneWrites = 0;
  private logsRunning = 0;
  /** Inputs from clients since the log was last written. */
  private asked = 0;
  /** Since then: somebody was served who did not wait for the log, or another server spoke. */
  private hasOthers = false;
  /** Nothing has come in for some rounds of the event loop. */
  private isQuiet = false;
  private syncMs: Millis = 0;
  private slowBatches = 0;
  /** To be written in place when the turn's effects are performed. */
  private inPlace: LogEffect | undefined;
  private timer: NodeJS.Timeout | undefined;
  private alarm: NodeJS.Timeout | undefined;
  private ended = false;

  /** `pollMs`: see pacing.ts. */
  constructor(machine: HostedMachine, world: HostWorld, events: HostEvents, pollMs: Millis) {
    this.pacing = new Pacing(this, pollMs);
    const { disk, sockets, links, readers } = world;
    this.machine = machine;
    this.disk = disk;
    this.sockets = sockets;
    this.links = links;
    this.readers = readers;
    this.events = events;
    sockets.serve((input) => this.input(input));
    links.serve((input) => this.input(input));
  }

  /** Lets time go by for the machine. */
  start(tickTimeMs: Millis): void {
    const every = Math.min(Math.max(tickTimeMs / TICK_PARTS, STEP_MS_MIN), STEP_MS_MAX);
    this.timer = setInterval(() => this.tick(), every);
    this.tick();
  }

  input(input: MemberInput): void {
    if (this.ended) return;
    const isAsked = input.kind === "received";
    if (isAsked) this.askedAt(input.now);
    try {
      this.machine.step(input, this.out);
      for (const effect of this.out) {
        this.perform(effect);
        if (isAsked && effect.kind === "send") this.hasOthers = true;
      }
    } catch (error) {
      this.fail(error, `taking the input "${input.kind}"`);
    } finally {
      this.out.length = 0;
    }
    this.readers?.stepEnded();
    if (this.inPlace !== undefined) this.writeInPlace(this.inPlace);
    if (input.kind === "linkReceived") this.hasOthers = true;
    else this.pacing.rests(performance.now());
  }

  /** The machine asked to. */
  goOn(isQuiet: boolean): void {
    this.isQuiet = isQuiet;
    this.input({ kind: "continue", now: performance.now() });
    this.isQuiet = false;
  }

  /** While a thread waits for the disk, the processor may be needed there. */
  mayPoll(): boolean {
    return this.logsRunning === 0 && !this.ended;
  }

  private askedAt(now: Millis): void {
    this.asked++;
    this.pacing.input(now);
  }

  /** Takes no more input; resolves when the disk is at rest. */
  async stop(): Promise<void> {
    if (!this.ended) this.leave();
    this.end();
    await Promise.allSettled(this.running);
  }

  private leave(): void {
    this.machine.leave?.(this.out);
    for (const effect of this.out.splice(0)) this.perform(effect);
  }

  private end(): void {
    this.ended = true;
    clearInterval(this.timer);
    clearTimeout(this.alarm);
  }

  private tick(): void {
    this.input({ kind: "tick", now: performance.now(), wall: Date.now() });
  }

  private perform(effect: MemberEffect): void {
    switch (effect.kind) {
      case "send":
        return this.sockets.send(effect.conn, effect.bytes);
      case "close":
        return this.sockets.close(effect.conn);
      case "awaitDrain":
        return this.sockets.awaitDrain(effect.conn);
      case "pause":
        return this.sockets.pause(effect.conn);
      case "resume":
        return this.sockets.resume(effect.conn);
      case "word":
        return this.sockets.answerWord(effect.conn, effect.word, effect.argument);
      case "log":
        return this.log(effect);
      case "snapshot":
        return void this.write(effect.ops, { kind: "snapshotted", now: 0 });
      case "snapshotTaken":
        return this.events.snapshotTaken(effect.name, effect.tookMs);
      case "files":
        return void this.write(effect.ops, { kind: "filesDone", now: 0 });
      case "dial":
      case "sendLink":
      case "closeLink":
      case "awaitLinkDrain":
        return this.links.perform(effect);
      case "wake":
        return this.wake(effect.at);
      case "fatal":
        return this.fail(new FatalError(effect.why), "going on");
      case "again":
        return this.pacing.ask(effect.forLog && !this.hasOthers && !this.isLonely);
      case "note":
        return this.events.note(effect.note);
      default:
        return unreachable(effect);
    }
  }

  private wake(at: Millis): void {
    clearTimeout(this.alarm);
    if (at === Number.POSITIVE_INFINITY) return;
    // Timers come up to a millisecond early, and then nothing would be due yet.
    const inMs = Math.max(0, Math.ceil(at - performance.now()));
    this.alarm = setTimeout(() => this.tick(), inMs);
  }

  /** Writes come one by one: there is nobody to wait for. */
  private get isLonely(): boolean {
    return this.loneWrites >= LONE_WRITES_MIN && this.asked <= 1;
  }

  private log(effect: LogEffect): void {
    const { ops, batch } = effect;
    const mayWait = (this.isQuiet && !this.hasOthers) || (this.isLonely && effect.records === 1);
    this.loneWrites = effect.records === 1 && this.asked <= 1 ? this.loneWrites + 1 : 0;
    this.asked = 0;
    this.hasOthers = false;
    if (mayWait && this.isQuick(effect)) {
      this.inPlace = effect;
      return;
    }
    this.logsRunning++;
    const task = this.write(ops, { kind: "logged", now: 0, batch });
    void task.finally(() => this.logsRunning--);
  }

  /**
   * A sync in place spares two changes of the thread, which cost as much as a quick sync does: for
   * a small batch in a file that is there.
   */
  private isQuick({ ops }: LogEffect): boolean {
    if (this.logsRunning > 0) return false;
    if (this.slowBatches > 0) {
      this.slowBatches--;
      return false;
    }
    return ops.every(
      (op) =>
        op.kind === "sync" || (op.kind === "write" && op.bytes.length <= SHARED_FLIGHT_BYTES_MAX),
    );
  }

  private writeInPlace({ ops, batch }: LogEffect): void {
    this.inPlace = undefined;
    if (this.ended) return;
    // Others can work while this server waits for its disk.
    this.links.flush();
    const began = performance.now();
    try {
      this.disk.runInPlace(ops);
    } catch (error) {
      return this.fail(error, WRITING.logged);
    }
    const now = performance.now();
    this.tookInPlace(now - began);
    this.input({ kind: "logged", now, batch });
  }

  private tookInPlace(ms: Millis): void {
    this.syncMs += (ms - this.syncMs) * SYNC_WEIGHT;
    if (this.syncMs <= SYNC_IN_PLACE_MS_MAX) return;
    this.slowBatches = SLOW_DISK_BATCHES;
    this.syncMs = 0;
  }

  private write(
    ops: readonly DiskOp[],
    done: Extract<MemberInput, { kind: keyof typeof WRITING }>,
  ): Promise<void> {
    const task = this.disk.run(ops).then(
      () => this.input({ ...done, now: performance.now() }),
      (error: unknown) => this.fail(error, WRITING[done.kind]),
    );
    this.running.add(task);
    void task.finally(() => this.running.delete(task));
    return task;
  }

  private fail(error: unknown, while_: string): void {
    if (this.ended) return;
    this.end();
    this.events.failed(error, while_);
  }
}
