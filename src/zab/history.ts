/** What a leader can send of the past: the interface to the state, memory and disk that keep it. */
import type { Zxid } from "../base/ids.ts";
import type { CommittedLog } from "./committed-log.ts";
import type { Proposal } from "./io.ts";

export interface History {
  /**
   * The last transaction applied: what a snapshot taken now holds, all of it and nothing beyond.
   */
  readonly lastApplied: Zxid;
  /** The last committed transactions, without a hole. */
  readonly committed: CommittedLog;
  /**
   * The transactions of the log on disk, oldest first, from the last one that is not after `from`
   * on; undefined after each slice of work. Undefined instead of an iterator where the log holds
   * none that is not after `from`, has a hole behind it, or is so long that a snapshot is the
   * better way. Throws nothing: damage ends it early.
   */
  fromDisk(from: Zxid): Iterator<Proposal | undefined> | undefined;
}
