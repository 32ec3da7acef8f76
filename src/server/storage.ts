/**
 * Where a server keeps its data: in the folders of its configuration, or in this process alone,
 * for a server that is thrown away.
 */
import { type PasswordOf, passwordOf } from "../session/password.ts";
import type { Surroundings } from "../txnlog/folder-checks.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { openFolders, removeInitialize } from "./data-folders.ts";
import { type Disk, RealDisk, type SyncWatch } from "./disk.ts";
import { NoDisk } from "./no-disk.ts";
import { sessionPasswords } from "./session-passwords.ts";

export type Storage = {
  readonly disk: Disk;
  readonly surroundings: Surroundings;
  /** Recovery has used the marker `initialize`: it counts once. */
  forgetInitialize(): void;
  /** To be asked for when the data is recovered: it may write a secret beside them. */
  passwords(): PasswordOf;
};

/** The folders of `config`. Throws `FolderError`. */
export function openStorage(config: ServerConfig, onSync: SyncWatch): Storage {
  const { folders, surroundings } = openFolders(config, config.datadirAutocreate);
  return {
    disk: new RealDisk(folders, onSync),
    surroundings,
    forgetInitialize: () => removeInitialize(config.dataLogDir),
    passwords: () => sessionPasswords(config),
  };
}

/** The tree is all there is. Nobody gains by guessing sessions that end with this process. */
export const storageInMemory = (): Storage => ({
  disk: new NoDisk(),
  surroundings: { sameFolder: true, beside: [], initialize: false },
  forgetInitialize() {},
  passwords: () => passwordOf,
});
