/**
 * What a member of an ensemble starts with: the state of its disk, or nothing, where the disk is
 * damaged and the others are enough to give the state back.
 *
 *   disk whole ------------------------------------------------> whole
 *   damage found --(files set aside)--------------------------.
 *   mark of an incomplete state --(what was fetched goes)-----+> incomplete: empty, may not vote
 *   empty, and not to be trusted --(marked)-------------------'
 *
 * A server without its history may have acknowledged what it does not know any more. How it comes
 * to count again: completion.ts. From: specification 5.3, 5.5 (the guard `initialize`).
 */
import { ZXID_ZERO } from "../base/ids.ts";
import type { DiskOp, Folder } from "../txnlog/disk-ops.ts";
import { type Epochs, epochIn, readEpochs } from "../txnlog/epoch-files.ts";
import { type DiskRefusalCode, DiskRefused } from "../txnlog/errors.ts";
import {
  type Recovered,
  type RecoveryOptions,
  type RecoverySink,
  recover,
} from "../txnlog/recovery.ts";
import {
  planAnew,
  planIncomplete,
  planSetAside,
  type SetAside,
  standingOf,
} from "../txnlog/set-aside.ts";

export type MemberRecoveryOptions = RecoveryOptions & {
  /** The other voting members can be a quorum without this one. */
  readonly othersSuffice: boolean;
  /** Part of the names of files that are set aside. */
  readonly time: string;
};

export type RecoveredMember = {
  readonly recovered: Recovered;
  readonly epochs: Epochs;
  /** Done before anything else is written. */
  readonly ops: readonly DiskOp[];
  /** It does not hold what it may have acknowledged. */
  readonly incomplete: boolean;
};

/** What a leader can make good. The other refusals are an operator's mistakes. */
const HEALABLE: readonly DiskRefusalCode[] = [
  "LOG_DAMAGED",
  "NO_SNAPSHOT",
  "EPOCHS_DISAGREE",
  "HISTORY_MISSING",
];

/** Recovers into `sink`, yielding between slices of work. Throws `DiskRefused`. */
export function* recoverMember(
  folder: Folder,
  sink: RecoverySink,
  options: MemberRecoveryOptions,
): Generator<void, RecoveredMember> {
  const { time, othersSuffice } = options;
  switch (standingOf(folder)) {
    case "incomplete":
      return empty(sink, planAnew(folder, time), [
        "the state on this disk is not complete: it is fetched from a leader anew",
      ]);
    case "setting aside":
      return setAside(folder, sink, time, "a start that set damaged files aside did not end", []);
    case "whole":
      break;
  }
  try {
    return yield* fromDisk(folder, sink, options);
  } catch (error) {
    const isHealable = error instanceof DiskRefused && HEALABLE.includes(error.code);
    if (!isHealable || !othersSuffice) throw error;
    return setAside(folder, sink, time, error.message, error.notes);
  }
}

function* fromDisk(
  folder: Folder,
  sink: RecoverySink,
  options: MemberRecoveryOptions,
): Generator<void, RecoveredMember> {
  const recovered = yield* recover(folder, sink, options);
  const { lastZxid, snapshotNeeded, txnsReplayed, initializeUsed } = recovered;
  if (lastZxid < 0n) {
    return empty(sink, planIncomplete(folder, options.time, UNTRUSTED), [UNTRUSTED]);
  }
  const current = epochIn(folder, "currentEpoch");
  if (snapshotNeeded && txnsReplayed === 0 && !initializeUsed && (current ?? 0) > 0) {
    throw historyMissing(current!);
  }
  const { epochs, ops } = readEpochs(folder, lastZxid);
  return { recovered, epochs, ops: [...recovered.ops, ...ops], incomplete: false };
}

const UNTRUSTED =
  "the data folder is empty and there is no file `initialize`: this server does not vote before " +
  "it has a leader's state";

function setAside(
  folder: Folder,
  sink: RecoverySink,
  time: string,
  why: string,
  tried: readonly string[],
): RecoveredMember {
  const plan = planSetAside(folder, time, why);
  return empty(sink, plan, [
    ...tried,
    why,
    `${plan.movedCount} files of version-2 are kept as ${plan.prefix}*; this server does not ` +
      "vote and serves nobody until it has taken the whole state from a leader whom the others " +
      "follow",
  ]);
}

function empty(sink: RecoverySink, plan: SetAside, notes: readonly string[]): RecoveredMember {
  sink.reset();
  sink.snapshotLoaded(ZXID_ZERO, undefined);
  const recovered: Recovered = {
    ...{ lastZxid: ZXID_ZERO, snapshot: undefined, digest: undefined, txnsReplayed: 0 },
    ...{ snapshotNeeded: true, initializeUsed: false, ops: [], notes },
  };
  return { recovered, epochs: plan.epochs, ops: plan.ops, incomplete: true };
}

const historyMissing = (epoch: number): DiskRefused =>
  new DiskRefused(
    "HISTORY_MISSING",
    `there is neither snapshot nor log, but currentEpoch says that there was an epoch ${epoch}`,
    "Restore version-2 from a backup. If the ensemble is to begin without this server's history, " +
      "delete currentEpoch and acceptedEpoch too.",
  );
