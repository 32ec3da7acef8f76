/**
 * `quoll purge LOGDIR [SNAPDIR] -n COUNT`: deletes old snapshots, and the logs that only those
 * need. Each snapshot that stays has been read whole before. What bin/zkCleanup.sh calls.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { RealDisk } from "../server/disk.ts";
import { ExitCode } from "../server/exit-codes.ts";
import { Purging } from "../server/purging.ts";
import { SNAPSHOTS_KEPT_MIN } from "../txnlog/purge.ts";

const USAGE = `Usage: quoll purge LOGDIR [SNAPDIR] -n COUNT
  LOGDIR   the dataLogDir, or the dataDir where there is no other
  SNAPDIR  the dataDir
  COUNT    how many snapshots stay, at least ${SNAPSHOTS_KEPT_MIN}
`;

type Asked = { readonly log: string; readonly snap: string; readonly keep: number };

/** Answers the exit code. `argv` is what follows `purge`. */
export async function runPurge(argv: readonly string[]): Promise<number> {
  if (argv[0] === "--help") {
    process.stdout.write(USAGE);
    return ExitCode.finished;
  }
  const asked = parse(argv);
  if (typeof asked === "string") {
    process.stderr.write(`${asked}\n${USAGE}`);
    return ExitCode.invalidInvocation;
  }
  const folders = { log: versionFolder(asked.log), snap: versionFolder(asked.snap) };
  const missing = Object.values(folders).find((folder) => !existsSync(folder));
  if (missing !== undefined) {
    process.stderr.write(`${missing} does not exist\n`);
    return ExitCode.unableToAccessDatadir;
  }
  const disk = new RealDisk(folders, () => {});
  try {
    const { deleted, damaged } = await new Purging(disk, asked.keep).purge();
    for (const { name, reason } of damaged) {
      process.stderr.write(`${name} is not whole and does not count: ${reason}\n`);
    }
    for (const name of deleted) process.stdout.write(`Removed ${name}\n`);
    return ExitCode.finished;
  } catch (error) {
    process.stderr.write(`purging failed: ${error instanceof Error ? error.message : error}\n`);
    return ExitCode.unexpectedError;
  } finally {
    disk.close();
  }
}

const versionFolder = (folder: string): string => join(resolve(folder), "version-2");

/** The wish, or what is wrong with it. */
function parse(argv: readonly string[]): Asked | string {
  const [log, ...rest] = argv;
  const count = rest.pop();
  const flag = rest.pop();
  const [snap = log, ...more] = rest;
  if (log === undefined || snap === undefined || flag !== "-n" || more.length > 0) {
    return "purge wants one folder or two, and -n COUNT";
  }
  const keep = Number(count);
  if (!Number.isSafeInteger(keep) || keep < SNAPSHOTS_KEPT_MIN) {
    return `-n ${count} is not a number from ${SNAPSHOTS_KEPT_MIN} on`;
  }
  return { log, snap, keep };
}
