/**
 * Walks through log files as far as they can be read, and tells what is wrong on the way instead of
 * stopping at it: recovery (txnlog/log-reader.ts) must refuse where this goes on to the next file.
 *
 * Memory: a record is borrowed until the walk goes on; what is decoded from it, too.
 */
import { dirname } from "node:path";
import { ProtocolError } from "../base/errors.ts";
import { describeId, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { OpCode } from "../records/op-codes.ts";
import { readEntry, type TxnEntry } from "../records/txn.ts";
import { DiskRefused } from "../txnlog/errors.ts";
import { followsOn } from "../txnlog/log-reader.ts";
import { judgeRemains } from "../txnlog/log-remains.ts";
import { LogScan } from "../txnlog/log-scan.ts";
import type { Found } from "./places.ts";

/**
 * `torn`: the end of a write is missing, as after a crash. `damaged`: a record cannot be read and
 * no crash explains it. `gap`: transactions are missing. `order`: a zxid does not come after the
 * one before it. `unreadable`: the record is whole, and no transaction. `empty`: no transaction was
 * ever written to the file. `foreign`: it is no log of a known version.
 */
export type FindingKind = "torn" | "damaged" | "gap" | "order" | "unreadable" | "empty" | "foreign";

export type Finding = {
  readonly kind: FindingKind;
  readonly at: Found;
  /** Where in the file, in bytes. */
  readonly offset: number;
  /** The last transaction before it; 0 when there is none. */
  readonly after: Zxid;
  readonly text: string;
};

export type Walked =
  | {
      readonly kind: "entry";
      readonly at: Found;
      readonly offset: number;
      /** Of the whole record, in bytes. */
      readonly length: number;
      readonly entry: TxnEntry;
    }
  | { readonly kind: "finding"; readonly finding: Finding };

/** A crash leaves it so, and a server starts from it. */
export const isHarmless = ({ kind }: Finding): boolean => kind === "empty";

/** The transactions in `logs`, and what is wrong with them, in the order of the files. */
export function* walkLogs(logs: readonly Found[]): Generator<Walked, void> {
  let last = ZXID_ZERO;
  let folder: string | undefined;
  for (const at of logs) {
    // Each folder has a history of its own.
    if (dirname(at.path) !== folder) last = ZXID_ZERO;
    folder = dirname(at.path);
    last = yield* walkLog(at, last);
  }
}

/** One file; answers the last transaction so far. */
function* walkLog(at: Found, before: Zxid): Generator<Walked, Zxid> {
  let last = before;
  let offset = 0;
  const wrong = (kind: FindingKind, text: string): Walked => ({
    kind: "finding",
    finding: { kind, at, offset, after: last, text },
  });
  try {
    const scan = new LogScan(at.disk, at.file);
    if (!scan.hasHeader()) {
      yield headerless(at, wrong);
      return last;
    }
    while (scan.next()) {
      offset = scan.offset;
      const odd = oddity(last, scan.zxid, scan.type);
      if (odd !== undefined) yield wrong(odd.kind, odd.text);
      last = scan.zxid;
      yield decoded(at, scan, wrong);
    }
    offset = scan.offset;
    const verdict = toEnd(judgeRemains(at.disk, at.file, offset, last));
    if (verdict.kind === "torn") yield wrong("torn", tornText(verdict.behind));
    if (verdict.kind === "damaged") yield wrong("damaged", verdict.reason);
  } catch (error) {
    if (!(error instanceof DiskRefused)) throw error;
    yield wrong("foreign", error.message);
  }
  return last;
}

type Wrong = (kind: FindingKind, text: string) => Walked;

function headerless(at: Found, wrong: Wrong): Walked {
  const verdict = toEnd(judgeRemains(at.disk, at.file, 0, ZXID_ZERO));
  if (verdict.kind === "damaged") return wrong("foreign", "this is no transaction log");
  return wrong("empty", "no transaction was written to it");
}

function decoded(at: Found, scan: LogScan, wrong: Wrong): Walked {
  const { bytes, start, end, offset } = scan;
  try {
    const entry = readEntry(new JuteReader(bytes, start, end));
    return { kind: "entry", at, offset, length: scan.nextOffset - offset, entry };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return wrong("unreadable", `transaction ${describeId(scan.zxid)}: ${error.message}`);
  }
}

/** What is odd about `next` standing behind `last`. */
function oddity(
  last: Zxid,
  next: Zxid,
  type: number,
): { readonly kind: "gap" | "order"; readonly text: string } | undefined {
  if (last === ZXID_ZERO || followsOn(last, next)) return undefined;
  const does = `${describeId(next)} does not follow ${describeId(last)}`;
  if (next > last) return { kind: "gap", text: `${does}: transactions are missing` };
  // The reference may write an error transaction twice (4575).
  if (next === last && type === OpCode.error) return undefined;
  return { kind: "order", text: `${does}: the order is wrong` };
}

const tornText = (behind: Zxid | null): string =>
  "the last write is not whole" +
  (behind === null ? "" : `; ${describeId(behind)} behind the hole can be read`);

/** Work that is cut into slices for a server, at once. */
function toEnd<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
