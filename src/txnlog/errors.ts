/**
 * Why a server cannot start from what is on its disk. Each error says what an operator can do about
 * it.
 */
import { describeId, type Zxid } from "../base/ids.ts";
import { describeFile, type FileRef } from "./disk-ops.ts";

export type DiskRefusalCode =
  | "LOG_DAMAGED"
  | "SNAPSHOT_DAMAGED"
  | "NO_SNAPSHOT"
  | "FOLDERS_SWAPPED"
  | "UNKNOWN_VERSION"
  | "EPOCHS_DISAGREE"
  | "HISTORY_MISSING"
  | "INCOMPLETE";

/** What is on disk cannot be used as it is. `advice` is a sentence or two for the operator. */
export class DiskRefused extends Error {
  override readonly name: string = "DiskRefused";
  readonly code: DiskRefusalCode;
  readonly advice: string;
  /** What had been tried before it came to this, as lines for the operator. */
  notes: readonly string[] = [];

  constructor(code: DiskRefusalCode, reason: string, advice: string, options?: ErrorOptions) {
    super(reason, options);
    this.code = code;
    this.advice = advice;
  }
}

const LOG_ADVICE =
  "Nothing was changed on disk. Restore version-2 from a backup, or, if the other members of the " +
  "ensemble are intact, move version-2 away and start this server empty: it fetches everything " +
  "from them.";

/** The log cannot be read on, or a transaction is missing from it. */
export class LogDamaged extends DiskRefused {
  override readonly name = "LogDamaged";
  readonly file: FileRef;
  /** Where in the file, in bytes: the start of the record that is wrong. */
  readonly offset: number;
  /** The last transaction before the damage that was read; 0 when there is none. */
  readonly zxid: Zxid;
  readonly reason: string;

  constructor(
    where: { readonly file: FileRef; readonly offset: number; readonly zxid: Zxid },
    reason: string,
    options?: ErrorOptions,
  ) {
    const at = `${describeFile(where.file)} at byte ${where.offset}`;
    const after = describeId(where.zxid);
    super("LOG_DAMAGED", `transaction log ${at}, after ${after}: ${reason}`, LOG_ADVICE, options);
    this.file = where.file;
    this.offset = where.offset;
    this.zxid = where.zxid;
    this.reason = reason;
  }
}

/** A snapshot cannot be used. Recovery then tries the one before it. */
export class SnapshotDamaged extends DiskRefused {
  override readonly name = "SnapshotDamaged";
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super("SNAPSHOT_DAMAGED", reason, "An older snapshot with the log behind it may do.", options);
    this.reason = reason;
  }
}
