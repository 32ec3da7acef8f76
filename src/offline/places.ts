/**
 * Which files an argument means. A folder is a `dataDir`, a `dataLogDir` or the `version-2` in one;
 * of a file any name will do, so that copies and pieces can be looked at.
 *
 * Nothing here writes, and a running server's folder may be read: its last file ends then where
 * the server had come to.
 */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { RealDisk } from "../server/disk.ts";
import { type FileRef, logFile, snapFile } from "../txnlog/disk-ops.ts";
import { logsAmong, type SnapshotName, snapshotsAmong } from "../txnlog/file-names.ts";
import { CommandRefused } from "./output.ts";

/** A file and what reads it. `path` is as the user would write it. */
export type Found = { readonly disk: RealDisk; readonly file: FileRef; readonly path: string };
export type FoundSnapshot = Found & { readonly snapshot: SnapshotName };

type Place = { readonly kind: "file" | "folder"; readonly path: string };

/** The log files that `args` mean; those of one folder beside each other, oldest first. */
export function findLogs(args: readonly string[]): readonly Found[] {
  const all = args.flatMap(logsAt);
  const folders = [...new Set(all.map(({ path }) => dirname(path)))];
  return folders.flatMap((folder) =>
    all.filter(({ path }) => dirname(path) === folder).toSorted(byFirst),
  );
}

/** Shells sort names as text: log.100000001 before log.41. */
function byFirst(a: Found, b: Found): number {
  const [first, second] = [firstOf(a), firstOf(b)];
  return first === second ? 0 : first < second ? -1 : 1;
}

/** The zxid in a log's name; of other files nothing is known. */
const firstOf = ({ file }: Found): bigint => logsAmong([file.name])[0]?.zxid ?? 0n;

function logsAt(arg: string): readonly Found[] {
  const place = placeOf(arg);
  if (place.kind === "file") return [fileAt(place.path, logFile)];
  const disk = diskAt(place.path);
  const logs = logsAmong(disk.list("log"));
  if (logs.length === 0) throw new CommandRefused(`${place.path} holds no log`);
  return logs.map(({ name }) => found(disk, place.path, logFile(name)));
}

/** The snapshots that `arg` means, oldest first. */
export function findSnapshots(arg: string): readonly FoundSnapshot[] {
  const place = placeOf(arg);
  if (place.kind === "file") {
    const one = fileAt(place.path, snapFile);
    return [{ ...one, snapshot: nameOf(one.file.name) }];
  }
  const disk = diskAt(place.path);
  const snapshots = snapshotsAmong(disk.list("snap"));
  if (snapshots.length === 0) throw new CommandRefused(`${place.path} holds no snapshot`);
  return snapshots.map((snapshot) => ({
    ...found(disk, place.path, snapFile(snapshot.name)),
    snapshot,
  }));
}

/** A file of another name is taken for what its extension says, of an unknown zxid. */
function nameOf(name: string): SnapshotName {
  const [known] = snapshotsAmong([name]);
  if (known !== undefined) return known;
  const [guessed] = snapshotsAmong([`snapshot.0${/\.(gz|snappy)$/.exec(name)?.[0] ?? ""}`]);
  return { ...guessed!, name };
}

function placeOf(arg: string): Place {
  const path = resolve(arg);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CommandRefused(`${arg} does not exist`);
  if (!stats.isDirectory()) return { kind: "file", path };
  const inside = join(path, "version-2");
  return { kind: "folder", path: existsSync(inside) ? inside : path };
}

const diskAt = (path: string): RealDisk => new RealDisk({ log: path, snap: path }, () => {});

function fileAt(path: string, ref: (name: string) => FileRef): Found {
  return found(diskAt(dirname(path)), dirname(path), ref(basename(path)));
}

const found = (disk: RealDisk, folder: string, file: FileRef): Found => ({
  disk,
  file,
  path: join(folder, file.name),
});
