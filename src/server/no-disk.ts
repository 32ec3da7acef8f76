/**
 * A disk that keeps nothing, for servers that are thrown away: nobody will read what they write,
 * and a log in memory would only grow.
 */
import type { FileRef } from "../txnlog/disk-ops.ts";
import type { Disk } from "./disk.ts";

export class NoDisk implements Disk {
  /** Whatever it is, it is done. */
  async run(): Promise<void> {}

  runInPlace(): void {}

  list(): readonly string[] {
    return [];
  }

  size(file: FileRef): number {
    throw noFile(file);
  }

  read(file: FileRef): Uint8Array {
    throw noFile(file);
  }

  close(): void {}
}

const noFile = ({ name }: FileRef): Error => new Error(`${name}: this disk keeps no files`);
