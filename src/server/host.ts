/**
 * The host: one loop that feeds a server machine and performs what it asks for, with real sockets,
 * files and timers. It decides nothing of the protocol.
 *
 * Every input becomes one step, and its effects are performed before the next input: inputs have a
 * single order. A failed disk operation stops the server at once.
 */

import { unreachable } from "../base/assert.ts";
import type { Millis } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { Note } from "../peer/io.ts";
import type { MemberEffect, MemberInput } from "../peer/links.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import type { Disk } from "./disk.ts";
import type { Links } from "./links.ts";
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

/**
 * So many writes came alone, one after the other, each with nothing else to do meanwhile: then the
 * next is synced in place. That spares two changes of the thread, which cost half of a quick sync.
 */
const LONE_WRITES_MIN = 8;
/** A write and a sync: no new file, no zeros ahead. */
const LONE_OPS = 2;
/** A disk that takes longer than this is waited for on another thread, for so many lone writes. */
const SYNC_IN_PLACE_MS_MAX = 1;
const SLOW_DISK_WRITES = 256;

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
  private readonly machine: HostedMachine;
  private readonly disk: Disk;
  private readonly sockets: Sockets;
  private readonly links: Links;
  private readonly events: HostEvents;
  private readonly out: MemberEffect[] = [];
  private readonly running = new Set<Promise<void>>();
  private loneWrites = 0;
  private logsRunning = 0;
  /** Inputs from clients since the log was last written. */
  private asked = 0;
  /** To be written in place when the turn's effects are performed. */
  private inPlace: LogEffect | undefined;
  private timer: NodeJS.Timeout | undefined;
  private alarm: NodeJS.Timeout | undefined;
  private ended = false;
  /** A turn that was asked for has not come yet. One is enough, however often it is asked for. */
  private continuing = false;

  constructor(machine: HostedMachine, world: HostWorld, events: HostEvents) {
    const { disk, sockets, links } = world;
    this.machine = machine;
    this.disk = disk;
    this.sockets = sockets;
    this.links = links;
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
    if (input.kind === "received") this.asked++;
    try {
      this.machine.step(input, this.out);
      for (const effect of this.out) this.perform(effect);
    } catch (error) {
      this.fail(error, `taking the input "${input.kind}"`);
    } finally {
      this.out.length = 0;
    }
    if (this.inPlace !== undefined) this.writeInPlace(this.inPlace);
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
        return this.continueSoon();
      case "note":
        return this.events.note(effect.note);
      default:
        return unreachable(effect);
    }
  }

  private continueSoon(): void {
    if (this.continuing) return;
    this.continuing = true;
    setImmediate(() => {
      this.continuing = false;
      this.input({ kind: "continue", now: performance.now() });
    });
  }

  private wake(at: Millis): void {
    clearTimeout(this.alarm);
    if (at === Number.POSITIVE_INFINITY) return;
    // Timers come up to a millisecond early, and then nothing would be due yet.
    const inMs = Math.max(0, Math.ceil(at - performance.now()));
    this.alarm = setTimeout(() => this.tick(), inMs);
  }

  private log(effect: LogEffect): void {
    const { ops, batch } = effect;
    const isLone = effect.records === 1 && this.asked <= 1;
    this.asked = 0;
    this.loneWrites = isLone ? this.loneWrites + 1 : Math.min(this.loneWrites, 0);
    if (this.loneWrites > LONE_WRITES_MIN && this.logsRunning === 0 && ops.length <= LONE_OPS) {
      this.inPlace = effect;
      return;
    }
    this.logsRunning++;
    const task = this.write(ops, { kind: "logged", now: 0, batch });
    void task.finally(() => this.logsRunning--);
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
    if (now - began > SYNC_IN_PLACE_MS_MAX) this.loneWrites = -SLOW_DISK_WRITES;
    this.input({ kind: "logged", now, batch });
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
