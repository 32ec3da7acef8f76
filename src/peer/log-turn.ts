/**
 * The log's part of a turn. What one round of the event loop reads from all connections shares a
 * sync: unless it is much, it is written in the turn behind them, not in that of the first.
 */
import type { LogWriter } from "../txnlog/log-writer.ts";
import type { Instruments } from "./instruments.ts";
import type { PeerEffect } from "./io.ts";
import type { MemberInput } from "./links.ts";

/** So many records are worth a sync of their own: the disk works while the rest is read. */
const ENOUGH_RECORDS = 256;
/** Inputs that others of the same round are likely to follow. */
const READ: ReadonlySet<MemberInput["kind"]> = new Set(["received", "linkReceived"]);

/** True: there is something to write in a turn of its own. */
export function writeLog(
  log: LogWriter,
  { batchSize }: Instruments,
  input: MemberInput["kind"],
  out: PeerEffect[],
): boolean {
  if (READ.has(input) && log.gatheredRecords < ENOUGH_RECORDS) return log.ready;
  for (let batch = log.nextBatch(); batch !== undefined; batch = log.nextBatch()) {
    const { number, records, ops } = batch;
    batchSize.record(records);
    out.push({ kind: "log", batch: number, records, ops });
  }
  return false;
}
