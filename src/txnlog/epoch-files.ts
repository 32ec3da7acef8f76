/**
 * The files `acceptedEpoch` and `currentEpoch`: a decimal number as text, replaced atomically. They
 * stand beside the snapshots; only members of an ensemble use them.
 *
 * From: specification 5.6. When each is written: 4.2.
 */
import { textOf, utf8 } from "../base/bytes.ts";
import { epochOf, type Zxid } from "../base/ids.ts";
import { type DiskOp, type Folder, snapFile } from "./disk-ops.ts";
import { DiskRefused } from "./errors.ts";

export type EpochFile = "acceptedEpoch" | "currentEpoch";
export type Epochs = { readonly accepted: number; readonly current: number };

/** Longest text of an epoch file that is read, in bytes; an epoch has at most 11. */
const TEXT_BYTES_MAX = 64;
const EPOCH_MAX = 0x7fff_ffff;

/** Replaces the file by one that says `epoch`; a crash leaves the old content or the new. */
export function writeEpoch(name: EpochFile, epoch: number): readonly DiskOp[] {
  // The reference reads this name after a crash, so it must be the reference's own.
  const unfinished = snapFile(`${name}.tmp`);
  return [
    { kind: "create", file: unfinished },
    { kind: "write", file: unfinished, offset: 0, bytes: utf8(String(epoch)) },
    { kind: "sync", file: unfinished },
    { kind: "close", file: unfinished },
    { kind: "rename", folder: "snap", from: unfinished.name, to: name },
    { kind: "syncFolder", folder: "snap" },
  ];
}

/**
 * The epoch that a file's text says; undefined when it is none. Space around the number is allowed.
 */
export function parseEpoch(text: string): number | undefined {
  const line = text.trim();
  if (!/^\d{1,10}$/.test(line)) return undefined;
  const epoch = Number(line);
  return epoch <= EPOCH_MAX ? epoch : undefined;
}

export type EpochsFound = {
  readonly epochs: Epochs;
  /** Writes files that were missing or had not been renamed yet. */
  readonly ops: readonly DiskOp[];
};

/**
 * Reads both files after recovery up to `lastZxid`. A missing one begins at the epoch of
 * `lastZxid`. A log that is ahead of `currentEpoch` is what a crash leaves in the middle of a
 * synchronisation: the reference refuses to start then, but it is safe to start and vote with the
 * old epoch (specification 4.2). Throws `DiskRefused` when the files contradict each other.
 */
export function readEpochs(folder: Folder, lastZxid: Zxid): EpochsFound {
  const inLog = lastZxid < 0n ? 0 : epochOf(lastZxid);
  const names = folder.list("snap");
  const ops: DiskOp[] = [];
  let current = readEpoch(folder, names, "currentEpoch");
  if (current === undefined) ops.push(...writeEpoch("currentEpoch", (current = inLog)));
  if (inLog > current) {
    // Written but not yet renamed: all that goes before had been done, the epoch is agreed on. Else
    // a synchronisation was interrupted, and the server votes with what it was sure of.
    const unfinished = readEpoch(folder, names, "currentEpoch.tmp");
    if (unfinished !== undefined && unfinished >= inLog) {
      current = unfinished;
      ops.push(...writeEpoch("currentEpoch", current));
    }
  }
  let accepted = readEpoch(folder, names, "acceptedEpoch");
  if (accepted === undefined)
    ops.push(...writeEpoch("acceptedEpoch", (accepted = Math.max(inLog, current))));
  if (accepted < current) {
    throw disagree(`acceptedEpoch says ${accepted}, but currentEpoch says ${current}`);
  }
  return { epochs: { accepted, current }, ops };
}

/** What the file says; undefined where it is missing or says no epoch. */
export function epochIn(folder: Folder, name: EpochFile): number | undefined {
  if (!folder.list("snap").includes(name)) return undefined;
  return parseEpoch(textOf(folder.read(snapFile(name), 0, TEXT_BYTES_MAX)));
}

function readEpoch(folder: Folder, names: readonly string[], name: string): number | undefined {
  if (!names.includes(name)) return undefined;
  const text = textOf(folder.read(snapFile(name), 0, TEXT_BYTES_MAX));
  const epoch = parseEpoch(text);
  if (epoch === undefined && !name.endsWith(".tmp"))
    throw disagree(`${name} holds no epoch: "${text}"`);
  return epoch;
}

const disagree = (reason: string): DiskRefused =>
  new DiskRefused(
    "EPOCHS_DISAGREE",
    reason,
    "Do not edit epoch files by hand. If the other members of the ensemble are intact, move " +
      "version-2 away and start this server empty: it fetches everything from them.",
  );
