/**
 * The folders of a server on the real disk: found, made where allowed, and looked at before
 * anything is read. From: specification 5.1; the reference's `datadir.autocreate`.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Surroundings } from "../txnlog/folder-checks.ts";
import type { Folders } from "./disk.ts";

const VERSION_FOLDER = "version-2";
/** Marks an empty log folder as meant to be a new database. */
const INITIALIZE = "initialize";

export class FolderError extends Error {
  override readonly name = "FolderError";
  readonly code = "FOLDER";
}

export type DataFolders = { readonly folders: Folders; readonly surroundings: Surroundings };

/** Makes missing folders when `create` allows; throws `FolderError` where they cannot be used. */
export function openFolders(
  config: { readonly dataDir: string; readonly dataLogDir: string },
  create: boolean,
): DataFolders {
  const snap = open("dataDir", config.dataDir, create);
  const log = open("dataLogDir", config.dataLogDir, create);
  const outside = [resolve(config.dataDir), resolve(config.dataLogDir)];
  return {
    folders: { log, snap },
    surroundings: {
      sameFolder: log === snap,
      beside: outside.flatMap((folder) => readdirSync(folder)),
      initialize: existsSync(join(resolve(config.dataLogDir), INITIALIZE)),
    },
  };
}

/** Removes the marker that recovery has used. */
export function removeInitialize(dataLogDir: string): void {
  rmSync(join(resolve(dataLogDir), INITIALIZE), { force: true });
}

/**
 * Makes a folder and those above it. `mkdirSync` with `recursive` never returns where /proc
 * refuses.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path);
  }
}

function open(key: string, folder: string, create: boolean): string {
  const path = join(resolve(folder), VERSION_FOLDER);
  try {
    if (!existsSync(path)) {
      if (!create) {
        throw new FolderError(
          `${key}: ${path} does not exist and zookeeper.datadir.autocreate is false. Make the ` +
            "folder, or correct the path in the configuration.",
        );
      }
      makeFolder(path);
    }
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return path;
  } catch (cause) {
    if (cause instanceof FolderError) throw cause;
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new FolderError(
      `${key}: ${path} cannot be used (${told}). The server needs a folder that it may read and ` +
        "write; check its owner, its permissions, and that the disk is there and not read-only.",
      { cause },
    );
  }
}
