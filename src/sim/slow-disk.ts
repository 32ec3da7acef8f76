/**
 * A disk that takes its time: lists of operations of one process, in order within a list, beside
 * each other between lists. Only syncs take long; what is written goes to the system's memory.
 *
 * Promises: after `stop` nothing of what was under way is done. A list whose operation fails, or
 * during which the power goes out, is told once, and nothing of it is done after that.
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import { Queue } from "../base/queue.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import type { SimDisk } from "./disk.ts";
import type { Probes } from "./probes.ts";
import type { Scheduler } from "./scheduler.ts";

/** How the disk of one host is at the moment; faults change it. */
export class DiskMood {
  /** A sync takes so long, and up to twice that. */
  syncMs: Millis = 1;
  /** Nothing is done before this true time. */
  stalledUntil: Millis = 0;
  /** The next sync reports a failure. */
  failsNext = false;
  /** No file may grow. */
  isFull = false;
}

class DiskFailed extends Error {}

/** A list was not done: the disk failed, or (`SimCrash`) the power went out. */
export type OnFailure = (error: unknown) => void;

const WRITE_MS: Millis = 0.02;
const STALL_LOOK_MS: Millis = 200;

export class SlowDisk {
  private readonly disk: SimDisk;
  private readonly mood: DiskMood;
  private readonly scheduler: Scheduler;
  private readonly prng: Prng;
  private readonly probes: Probes;
  private readonly failed: OnFailure;
  private readonly waiting = new Queue<{
    readonly ops: readonly DiskOp[];
    readonly done: () => void;
  }>();
  private stopped = false;
  /** Lists under way. */
  running = 0;

  constructor(
    disk: SimDisk,
    mood: DiskMood,
    world: { readonly scheduler: Scheduler; readonly prng: Prng; readonly probes: Probes },
    failed: OnFailure,
  ) {
    this.disk = disk;
    this.mood = mood;
    this.scheduler = world.scheduler;
    this.prng = world.prng;
    this.probes = world.probes;
    this.failed = failed;
  }

  run(ops: readonly DiskOp[], done: () => void): void {
    this.running++;
    this.waiting.push({ ops, done });
    this.scheduler.after(WRITE_MS, () => this.begin());
  }

  stop(): void {
    this.stopped = true;
  }

  /** Lists begin in their order. */
  private begin(): void {
    if (this.isStalled(() => this.begin())) return;
    const { ops, done } = this.waiting.shift()!;
    this.goOn(ops, 0, done);
  }

  /** True: it will be looked again. */
  private isStalled(again: () => void): boolean {
    const wait = this.mood.stalledUntil - this.scheduler.now;
    if (wait <= 0) return false;
    this.probes.reach("a disk operation waited for a stalled disk");
    // It may be repaired before its time.
    this.scheduler.after(Math.min(wait, STALL_LOOK_MS), again);
    return true;
  }

  /** Does operations until one takes long, and that one when its time is over. */
  private goOn(ops: readonly DiskOp[], at: number, done: () => void): void {
    if (this.stopped || this.isStalled(() => this.goOn(ops, at, done))) return;
    try {
      for (; at < ops.length; at++) {
        const op = ops[at]!;
        if (op.kind === "sync" || op.kind === "syncFolder") return this.sync(ops, at, done);
        this.refuseGrowth(op);
        this.disk.do(op);
      }
    } catch (error) {
      return this.fail(error);
    }
    this.running--;
    done();
  }

  private sync(ops: readonly DiskOp[], at: number, done: () => void): void {
    const { syncMs } = this.mood;
    this.scheduler.after(syncMs + (syncMs * this.prng.below(1000)) / 1000, () => {
      if (this.stopped) return;
      try {
        if (this.mood.failsNext) {
          this.mood.failsNext = false;
          this.probes.reach("a sync failed");
          throw new DiskFailed("input/output error");
        }
        this.disk.do(ops[at]!);
      } catch (error) {
        return this.fail(error);
      }
      this.goOn(ops, at + 1, done);
    });
  }

  private refuseGrowth(op: DiskOp): void {
    if (!this.mood.isFull) return;
    if (op.kind !== "write" && op.kind !== "extend" && op.kind !== "create") return;
    this.probes.reach("a write met a full disk");
    throw new DiskFailed("no space left on device");
  }

  private fail(error: unknown): void {
    this.stopped = true;
    this.failed(error);
  }
}
