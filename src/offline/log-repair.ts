/**
 * Cuts the torn end of a log, as the server does when it starts. Only that: a record that no crash
 * can have torn may have been acknowledged, and whoever cuts it away loses it.
 *
 * Promises: without `yes` nothing is written; with it the bytes that are cut off are in a file
 * beside the log before the log is cut.
 */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeId } from "../base/ids.ts";
import { logsAmong } from "../txnlog/file-names.ts";
import { type Finding, isHarmless, walkLogs } from "./log-walk.ts";
import { CommandRefused, Exit, type ExitCode, type Output } from "./output.ts";
import type { Found } from "./places.ts";

export type Repairing = { readonly yes: boolean; readonly out: Output };

export async function repairLogs(
  logs: readonly Found[],
  { yes, out }: Repairing,
): Promise<ExitCode> {
  const findings: Finding[] = [];
  for (const walked of walkLogs(logs)) {
    if (walked.kind === "finding") findings.push(walked.finding);
  }
  const wrong = findings.filter((finding) => !isHarmless(finding));
  const [torn] = wrong;
  if (torn === undefined) {
    out.line("nothing to repair: all is whole");
    await out.flush();
    return Exit.whole;
  }
  refuseOthers(wrong);
  const { at, offset, after } = torn;
  const size = at.disk.size(at.file);
  const kept = join(dirname(at.path), `torn.${at.file.name}.${offset}`);
  const cut = `${size - offset} bytes behind ${describeId(after)}, from byte ${offset} on`;
  const what = `${at.path}: ${cut}`;
  if (!yes) {
    out.line(`${what}, would be moved to ${kept}.`);
    out.line("Nothing was changed. Stop the server that uses it, then ask again with --yes.");
    await out.flush();
    return Exit.notWhole;
  }
  keep(kept, withoutZeros(at.disk.read(at.file, offset, size - offset)));
  await at.disk.run([
    { kind: "truncate", file: at.file, size: offset },
    { kind: "sync", file: at.file },
    { kind: "syncFolder", folder: at.file.folder },
  ]);
  at.disk.close();
  out.line(`${what}: moved to ${kept}`);
  await out.flush();
  return Exit.whole;
}

/** Exactly one torn end, of the last file, is what can be repaired without losing anything. */
function refuseOthers(wrong: readonly Finding[]): void {
  const other = wrong.find(({ kind, at }) => kind !== "torn" || !isNewest(at));
  if (other === undefined) return;
  const { kind, at, offset, text } = other;
  throw new CommandRefused(
    `${at.path} at byte ${offset}: ${kind}: ${text}. Only a torn end of the last file can be cut ` +
      "without losing what was acknowledged. Restore the folder from a backup or from another " +
      "member of the ensemble; zkTxnLogToolkit.sh -r can save what is left of one file",
  );
}

/** Nothing was written after it. A file of another name stands for itself. */
function isNewest({ disk, file }: Found): boolean {
  const logs = logsAmong(disk.list("log"));
  return logs.at(-1)?.name === file.name || !logs.some(({ name }) => name === file.name);
}

/** Without the zeros at the end: the room that was set aside for what was to come. */
const withoutZeros = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1);

/** The name begins with no `log.`, or servers would take it for one. */
function keep(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "wx", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
