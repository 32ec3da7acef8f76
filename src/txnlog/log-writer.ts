/**
 * Appends transactions to the log: gathers records while the disk works, then hands over all of
 * them as one write and one sync. There is no timer in it: the batch is what came in during the
 * syncs before it.
 *
 *   append append append --nextBatch--> [write, sync] --done--> durable up to a zxid
 *
 * Two batches may be in flight: a disk that syncs for both at once takes less than twice the time,
 * and it need not wait until it was heard that the first is done. They may be done in any order;
 * what is durable is told in the order of the log.
 *
 * Promises: records are handed over in the order of `append`; an older file is durable before a
 * newer one is begun; `done` names only what syncs were reported for, without a gap. A failed batch
 * ends the writer: after a failed sync nobody knows what is on disk, and a second one would tell
 * nothing.
 * Memory: entries are copied. A batch's bytes are the writer's own again after `done`.
 * From: specification 5.2; DESIGN.md section 5.
 * Size: what is gathered, what flies and which file it goes to change together.
 */
import { assert } from "../base/assert.ts";
import type { Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import { JuteWriter } from "../jute/writer.ts";
import { type TxnEntry, writeEntry } from "../records/txn.ts";
import { type DiskOp, type FileRef, logFile } from "./disk-ops.ts";
import { logName } from "./file-names.ts";
import {
  beginRecord,
  endRecord,
  LOG_HEADER_BYTES,
  paddedSize,
  RECORD_FRAME_BYTES,
  writeLogHeader,
  writeRecord,
} from "./log-format.ts";
import { type SnapshotLimits, SnapshotTrigger } from "./snapshot-trigger.ts";

/** A batch buffer that grew beyond this many bytes is given back. */
const BUFFER_BYTES_KEPT = 4 << 20;
const BUFFER_BYTES_AT_START = 64 << 10;

export type LogWriterOptions = {
  /**
   * False leaves all syncs out (`forceSync=no`): a crash of the machine may then lose acknowledged
   * writes.
   */
  readonly forceSync: boolean;
  /** Bytes by which a file grows ahead (`preAllocSize`); 0: never. */
  readonly preAllocBytes: number;
  /**
   * Begin a new file when one is larger than this (`txnLogSizeLimitInKb`), in bytes; 0: no limit.
   */
  readonly fileBytesMax: number;
  /**
   * So many records share a sync at most (`maxBatchSize`): what comes while the disk works then
   * waits in several batches, and the first of them is answered while the next is written.
   */
  readonly batchRecordsMax: number;
  readonly snapshots: SnapshotLimits;
  /** Chance for the first snapshot's trigger, 0 to below 1. */
  readonly chance: number;
  /** The last transaction in the files that are there already; 0 for none. */
  readonly lastZxid: Zxid;
};

/**
 * Real zeros are written so far ahead of the records, once fewer than ZEROS_LEFT_MIN are left. A
 * sync into blocks that are already there costs half of one that must also record new blocks.
 */
const ZEROS = new Uint8Array(128 << 10);
const ZEROS_LEFT_MIN = 32 << 10;

/** A file begins in a batch's bytes: at `at`, with the transaction `zxid`. */
type Opening = { readonly at: number; readonly zxid: Zxid };

/** How many batches may be in flight. */
const FLIGHTS_MAX = 2;
/** One with more bytes keeps the disk busy alone; no other is written beside it. */
export const SHARED_FLIGHT_BYTES_MAX = 128 << 10;

/**
 * Operations that are to be done in their order, those in front of the first sync before any of a
 * later batch; `number` is for `done`.
 */
export type LogBatch = {
  readonly number: number;
  readonly records: number;
  readonly ops: readonly DiskOp[];
};

/** It begins a file, or takes the disk long. */
const isLarge = ({ openings, bytes }: Batch): boolean =>
  openings.length > 0 || bytes.at > SHARED_FLIGHT_BYTES_MAX;

/** Records that share a sync. */
class Batch {
  /** Once in flight. */
  number = 0;
  isDone = false;
  bytes = new JuteWriter(BUFFER_BYTES_AT_START);
  openings: Opening[] = [];
  records = 0;
  lastZxid: Zxid;

  constructor(lastZxid: Zxid) {
    this.lastZxid = lastZxid;
  }

  clear(): void {
    if (this.bytes.bytes.length > BUFFER_BYTES_KEPT)
      this.bytes = new JuteWriter(BUFFER_BYTES_AT_START);
    this.bytes.clear();
    this.openings = [];
    this.records = 0;
    this.isDone = false;
  }
}

export class LogWriter {
  private readonly options: LogWriterOptions;
  private readonly trigger: SnapshotTrigger;
  /** The batch that records are added to; full ones, oldest first; those in flight. */
  private gathered: Batch;
  private readonly full = new Queue<Batch>();
  private readonly flying: Batch[] = [];
  private lastNumber = 0;
  /** No other may be written beside the batch that flies. */
  private fliesAlone = false;
  /** Batches to use again. */
  private readonly spare: Batch[] = [];
  private isFailed = false;
  /** The file being written, as of the last batch handed over; null before the first. */
  private file: FileRef | null = null;
  private position = 0;
  private size = 0;
  /** Up to here the file's blocks have been written, with records or zeros. */
  private zeroedTo = 0;
  private rollAsked = true;
  /** Some record has been given a file. */
  private hasFile = false;
  private lastAppended: Zxid;
  private durableUpTo: Zxid;

  constructor(options: LogWriterOptions) {
    this.options = options;
    this.trigger = new SnapshotTrigger(options.snapshots, options.chance);
    this.lastAppended = this.durableUpTo = options.lastZxid;
    this.gathered = new Batch(options.lastZxid);
  }

  /** Adds one transaction, encoded as in `writeEntry`, with its zxid. */
  append(entry: Uint8Array, zxid: Zxid): void {
    if (this.repeats(zxid)) return;
    const to = this.beginRecord(zxid);
    writeRecord(to, entry);
    this.trigger.count(entry.length + RECORD_FRAME_BYTES);
  }

  /** The same for one that is not encoded yet: it is written where it is to stand. */
  appendEntry(entry: TxnEntry): void {
    const { zxid } = entry.header;
    if (this.repeats(zxid)) return;
    const to = this.beginRecord(zxid);
    const start = beginRecord(to);
    writeEntry(to, entry);
    this.trigger.count(endRecord(to, start) + RECORD_FRAME_BYTES);
  }

  /**
   * An error transaction of the reference may repeat a zxid (4575): a file must not begin with it,
   * because its name could be that of the file before. It has no effect, so it may be left out.
   */
  private repeats(zxid: Zxid): boolean {
    return zxid === this.lastAppended && this.rollAsked && !this.hasFile;
  }

  /** Where the record of `zxid` is written. */
  private beginRecord(zxid: Zxid): JuteWriter {
    assert(!this.isFailed, "nothing is appended to a failed log");
    assert(zxid >= this.lastAppended, "zxids of the log do not fall");
    if (this.gathered.records === this.options.batchRecordsMax) {
      this.full.push(this.gathered);
      this.gathered = this.spare.pop() ?? new Batch(zxid);
    }
    const { gathered } = this;
    if (this.rollAsked && zxid > this.lastAppended) {
      gathered.openings.push({ at: gathered.bytes.at, zxid });
      writeLogHeader(gathered.bytes);
      this.rollAsked = false;
      this.hasFile = true;
    }
    gathered.records++;
    this.lastAppended = gathered.lastZxid = zxid;
    return gathered.bytes;
  }

  /** Records that wait for a batch to begin. */
  get gatheredRecords(): number {
    return this.full.length * this.options.batchRecordsMax + this.gathered.records;
  }

  /** The next transaction begins a new file. */
  roll(): void {
    this.rollAsked = true;
  }

  /** It is time for a snapshot. */
  get snapshotDue(): boolean {
    return this.trigger.due;
  }

  /** A snapshot begins now: the next transaction begins a new file. `chance` is 0 to below 1. */
  snapshotBegins(chance: number): void {
    this.trigger.restart(chance);
    this.roll();
  }

  /** Transactions are gathered or in flight. */
  get busy(): boolean {
    return this.flying.length > 0 || this.hasGathered;
  }

  /** Transactions are gathered, and a batch may be asked for. */
  get ready(): boolean {
    return this.hasGathered && this.mayFly(this.full.peek() ?? this.gathered);
  }

  /** The oldest batch; undefined while nothing is gathered, or until `done` of one in flight. */
  nextBatch(): LogBatch | undefined {
    if (!this.ready) return undefined;
    const batch = this.full.shift() ?? this.takeGathered();
    this.fliesAlone = isLarge(batch);
    const ops: DiskOp[] = [];
    let start = 0;
    for (const opening of batch.openings) {
      this.writeRange(batch, start, opening.at, ops);
      this.open(opening.zxid, ops);
      start = opening.at;
    }
    this.writeRange(batch, start, batch.bytes.at, ops);
    const { fileBytesMax } = this.options;
    if (fileBytesMax > 0 && this.position > fileBytesMax) this.rollAsked = true;
    this.flying.push(batch);
    batch.number = ++this.lastNumber;
    return { number: batch.number, records: batch.records, ops };
  }

  /** A batch in flight is done, the oldest unless told: up to the returned zxid all is durable. */
  done(number = this.flying[0]?.number): Zxid {
    const batch = this.flying.find((each) => each.number === number && !each.isDone);
    assert(batch !== undefined && !this.isFailed, "the batch is in flight");
    batch.isDone = true;
    while (this.flying[0]?.isDone === true) {
      const first = this.flying.shift()!;
      this.durableUpTo = first.lastZxid;
      first.clear();
      this.spare.push(first);
    }
    return this.durableUpTo;
  }

  /** A batch in flight failed. The owner stops serving; nothing is written any more. */
  failed(): void {
    assert(this.flying.length > 0, "a batch is in flight");
    this.isFailed = true;
  }

  private get hasGathered(): boolean {
    return this.gathered.records > 0 || this.full.length > 0;
  }

  private mayFly(batch: Batch): boolean {
    const { flying, fliesAlone, isFailed } = this;
    if (isFailed) return false;
    if (flying.length === 0) return true;
    return flying.length < FLIGHTS_MAX && !fliesAlone && !isLarge(batch);
  }

  private takeGathered(): Batch {
    const batch = this.gathered;
    this.gathered = this.spare.pop() ?? new Batch(this.lastAppended);
    return batch;
  }

  private open(zxid: Zxid, ops: DiskOp[]): void {
    if (this.file !== null) ops.push({ kind: "close", file: this.file });
    this.file = logFile(logName(zxid));
    this.position = this.zeroedTo = 0;
    // The reference counts the header into a new file's size before it extends it.
    this.size = LOG_HEADER_BYTES;
    ops.push({ kind: "create", file: this.file });
  }

  /** Writes and syncs the bytes from `start` to `end`, all of them for the open file. */
  private writeRange(batch: Batch, start: number, end: number, ops: DiskOp[]): void {
    if (start === end) return;
    assert(this.file !== null, "a file is open");
    const { file, position } = this;
    const after = position + end - start;
    const size = paddedSize(this.size, after, this.options.preAllocBytes);
    if (size > this.size) ops.push({ kind: "extend", file, size });
    const bytes = batch.bytes.bytes.subarray(start, end);
    ops.push({ kind: "write", file, offset: position, bytes });
    if (this.options.forceSync) {
      this.zeroAhead(file, after, size, ops);
      ops.push({ kind: "sync", file });
      if (position === 0) ops.push({ kind: "syncFolder", folder: file.folder });
    }
    this.position = after;
    this.size = Math.max(size, after);
  }

  /** Within the size that the file was extended to; without preallocation there is nothing to do. */
  private zeroAhead(file: FileRef, after: number, size: number, ops: DiskOp[]): void {
    if (after + ZEROS_LEFT_MIN <= this.zeroedTo || this.zeroedTo >= size) return;
    const offset = Math.max(after, this.zeroedTo);
    const end = Math.min(after + ZEROS.length, size);
    if (end <= offset) return;
    // What comes next goes where the zeros go.
    this.fliesAlone = true;
    ops.push({ kind: "write", file, offset, bytes: ZEROS.subarray(0, end - offset) });
    this.zeroedTo = end;
  }
}
