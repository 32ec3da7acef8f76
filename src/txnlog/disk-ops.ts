/**
 * What this room asks of the disk, as data. Lists of operations are executed in order by whoever
 * owns the disk (real or simulated) and reported when all are done; nothing in this room waits.
 *
 * The two folders are `<dataLogDir>/version-2` and `<dataDir>/version-2`. They may be one and the
 * same.
 */

/** `log` is the folder of the transaction log, `snap` that of snapshots and epoch files. */
export type FolderName = "log" | "snap";
export type FileRef = { readonly folder: FolderName; readonly name: string };

export type DiskOp =
  /** A new empty file; an existing one of that name is emptied. */
  | { readonly kind: "create"; readonly file: FileRef }
  /** `bytes` belong to the operation until the list it stands in is reported done. */
  | {
      readonly kind: "write";
      readonly file: FileRef;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** Makes the file `size` bytes long with zeros, by one zero byte at its new end. */
  | { readonly kind: "extend"; readonly file: FileRef; readonly size: number }
  /** The file's content and size are durable when this is done. */
  | { readonly kind: "sync"; readonly file: FileRef }
  /** Names made, changed and deleted in the folder so far are durable when this is done. */
  | { readonly kind: "syncFolder"; readonly folder: FolderName }
  /** Atomic; replaces `to` where it exists. */
  | {
      readonly kind: "rename";
      readonly folder: FolderName;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: "delete"; readonly file: FileRef }
  | { readonly kind: "truncate"; readonly file: FileRef; readonly size: number }
  /** The file will not be written any more. */
  | { readonly kind: "close"; readonly file: FileRef };

/**
 * Synchronous reading: for recovery, for cutting, and for sending old transactions to a learner.
 */
export interface Folder {
  /** Names of the files in the folder, in any order. */
  list(folder: FolderName): readonly string[];
  /** Size in bytes. The file exists. */
  size(file: FileRef): number;
  /**
   * The bytes from `offset` on, at most `length`; fewer only at the end of the file. Caller's own.
   * `into`, `length` bytes or more, may serve as memory: who reads much in pieces spares the system
   * new memory for each.
   */
  read(file: FileRef, offset: number, length: number, into?: Uint8Array): Uint8Array;
}

export const logFile = (name: string): FileRef => ({ folder: "log", name });
export const snapFile = (name: string): FileRef => ({ folder: "snap", name });
export const describeFile = (file: FileRef): string => `version-2/${file.name}`;
