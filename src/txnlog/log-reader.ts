/**
 * Reads the transactions after a zxid from the sequence of log files, and proves that none is
 * missing.
 *
 * The reference ends a file silently at the first record that it cannot read, and goes on with the
 * next file; a missing file it does not notice at all. Here both are errors (`LogDamaged`), by two
 * tests: the remains behind the last whole record must be a torn write or nothing, and zxids must
 * follow each other.
 *
 * Memory: a record's entry is a range of the reader's window, borrowed until the generator goes on.
 * From: specification 5.3; docs/divergences.md.
 */
import { counterOf, describeId, epochOf, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { OpCode } from "../records/op-codes.ts";
import { type FileRef, type Folder, logFile } from "./disk-ops.ts";
import { LogDamaged } from "./errors.ts";
import type { LogName } from "./file-names.ts";
import { judgeRemains } from "./log-remains.ts";
import { LogScan } from "./log-scan.ts";

/** A slice of work ends after this many bytes of log. */
const BYTES_PER_SLICE = 256 << 10;

/**
 * One record: its entry is `bytes[start, end)`. The reader uses the same object for every record.
 */
export interface LogRecord {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly file: FileRef;
  /** Where the record starts in its file, in bytes. */
  readonly offset: number;
  readonly zxid: Zxid;
  /** The operation code of the transaction. */
  readonly type: number;
}

/** A file whose last write was torn by a crash: whole records end at `offset`. */
export type TornFile = {
  readonly file: FileRef;
  readonly offset: number;
  readonly size: number;
  readonly behind: Zxid | null;
};

/**
 * What may follow `last`: the next of its epoch, or the first of a greater one.
 * An error transaction may also repeat it (4575 of the reference) and then has no effect.
 */
export function followsOn(last: Zxid, next: Zxid): boolean {
  if (epochOf(next) > epochOf(last)) return counterOf(next) === 1;
  return next === last + 1n;
}

export class LogReader {
  private readonly folder: Folder;
  private readonly files: readonly LogName[];
  /** The last transaction read, at first the one after which reading begins. */
  last: Zxid;
  /** The end of whole records in the last file that has any; null when no file has. */
  tail: { readonly file: FileRef; readonly offset: number } | null = null;
  readonly torn: TornFile[] = [];
  /** Files at the end of the sequence that hold no header yet: as good as absent. */
  readonly empty: FileRef[] = [];
  /** A transaction past the start was read. */
  private replaying = false;

  /** Reads `files`, oldest first; the transactions up to `after` are passed over. */
  constructor(folder: Folder, files: readonly LogName[], after: Zxid) {
    this.folder = folder;
    this.files = files;
    this.last = after;
  }

  /**
   * The transactions, each once and in order; undefined between slices of work.
   * Throws `LogDamaged`. `tail`, `torn` and `empty` are complete when it ends.
   */
  *records(): Generator<LogRecord | undefined, void> {
    for (const { name } of this.files) {
      const scan = new LogScan(this.folder, logFile(name));
      if (!scan.hasHeader()) {
        yield* this.judgeHeaderless(scan);
        continue;
      }
      this.refuseHoleBefore(scan);
      if (this.empty.length > 0) {
        throw this.damaged(
          scan,
          `${this.empty[0]!.name} before it is empty: transactions are missing`,
        );
      }
      const end = yield* this.recordsOf(scan);
      this.tail = { file: scan.file, offset: scan.offset };
      yield* this.judgeEnd(scan, end);
    }
  }

  /** Yields the records of one file; returns the zxid of its last one, 0 when there is none. */
  private *recordsOf(scan: LogScan): Generator<LogRecord | undefined, Zxid> {
    let end = ZXID_ZERO;
    let sliceEnd = BYTES_PER_SLICE;
    while (scan.next()) {
      end = scan.zxid;
      if (scan.zxid > this.last) {
        if (!followsOn(this.last, scan.zxid)) throw this.gap(scan);
        this.last = scan.zxid;
        this.replaying = true;
        yield scan;
      } else if (this.outOfOrder(scan)) throw this.gap(scan);
      if (scan.offset < sliceEnd) continue;
      sliceEnd = scan.offset + BYTES_PER_SLICE;
      yield undefined;
    }
    return end;
  }

  /** Once transactions are read that come after the start, none may come again. */
  private outOfOrder(scan: LogScan): boolean {
    if (!this.replaying) return false;
    return scan.zxid < this.last || scan.type !== OpCode.error;
  }

  private *judgeEnd(scan: LogScan, end: Zxid): Generator<undefined, void> {
    const verdict = yield* slices(judgeRemains(this.folder, scan.file, scan.offset, end));
    if (verdict.kind === "damaged") throw this.damaged(scan, verdict.reason);
    if (verdict.kind === "clean") return;
    const { file, offset, size } = scan;
    this.torn.push({ file, offset, size, behind: verdict.behind });
  }

  /** A file without a header may only be one that a crash kept from being written, at the end. */
  private *judgeHeaderless(scan: LogScan): Generator<undefined, void> {
    const verdict = yield* slices(judgeRemains(this.folder, scan.file, 0, this.last));
    if (verdict.kind === "damaged") throw this.damaged(scan, "this is no transaction log");
    this.empty.push(scan.file);
  }

  /**
   * The reference leaves a torn end where it is and begins a new file. Whole records behind a hole
   * are another matter when more was written later: they had been acknowledged, and so had what is
   * missing.
   */
  private refuseHoleBefore(scan: LogScan): void {
    const torn = this.torn.find(({ behind }) => behind !== null);
    if (torn === undefined) return;
    const reason = `records are missing here, and ${scan.file.name} was written later`;
    throw new LogDamaged({ file: torn.file, offset: torn.offset, zxid: this.last }, reason);
  }

  private gap(scan: LogScan): LogDamaged {
    const found = describeId(scan.zxid);
    return this.damaged(
      scan,
      `${found} does not follow ${describeId(this.last)}: transactions are missing`,
    );
  }

  private damaged(scan: LogScan, reason: string): LogDamaged {
    return new LogDamaged({ file: scan.file, offset: scan.offset, zxid: this.last }, reason);
  }
}

/** Passes the slices of `work` on as undefined. */
function* slices<T>(work: Generator<void, T>): Generator<undefined, T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    yield undefined;
  }
}
