/**
 * Refuses folders that this server must not write to: snapshots and logs the wrong way round, or a
 * layout of another version. From: specification 5.1.
 */
import { DiskRefused } from "./errors.ts";
import { logsAmong, snapshotsAmong } from "./file-names.ts";

/** What the shell sees around the two folders. */
export type Surroundings = {
  /** Log and snapshot folder are the same. */
  readonly sameFolder: boolean;
  /** Names in dataLogDir and dataDir, beside `version-2`. */
  readonly beside: readonly string[];
  /** The file `initialize` stands in dataLogDir: an empty database may be trusted, once. */
  readonly initialize: boolean;
};

const VERSION_NAME = /^version-(\d+)$/;
const VERSION = 2;

/** Throws when there is a data layout beside `version-2` that this server does not know. */
export function refuseUnknownVersions({ beside }: Surroundings): void {
  for (const name of beside) {
    const version = VERSION_NAME.exec(name)?.[1];
    if (version === undefined || Number(version) === VERSION) continue;
    throw new DiskRefused(
      "UNKNOWN_VERSION",
      `the data folder holds ${name}, a layout that this server does not know`,
      `Was dataDir used by another release? Move ${name} away if nothing in it is needed.`,
    );
  }
}

/**
 * Throws when the log folder holds snapshots or the snapshot folder logs, although the two differ.
 */
export function refuseSwappedFolders(inLog: readonly string[], inSnap: readonly string[]): void {
  const snapshot = snapshotsAmong(inLog)[0];
  if (snapshot !== undefined) throw swapped("dataLogDir", "snapshot", snapshot.name);
  const log = logsAmong(inSnap)[0];
  if (log !== undefined) throw swapped("dataDir", "log", log.name);
}

const swapped = (key: string, what: string, name: string): DiskRefused =>
  new DiskRefused(
    "FOLDERS_SWAPPED",
    `${key} holds a ${what} file, version-2/${name}`,
    "Are dataDir and dataLogDir the right way round in the configuration? If dataLogDir is new, " +
      "move the log.* files there and leave the snapshot.* files in dataDir.",
  );
