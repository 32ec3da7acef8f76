/**
 * A disk in memory that forgets like a real one. What was written but not synced may be lost at a
 * crash: as a whole, from some byte on, or sector by sector in any order; names that were made,
 * changed or deleted may be as before until their folder is synced.
 *
 * A crash can be ordered at any operation. All chance comes from a seed.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { DiskOp, FileRef, Folder, FolderName } from "../../src/txnlog/disk-ops.ts";

const SECTOR_BYTES = 512;

/** The power went out: nothing works until `SimDisk.crash` says what is left. */
export class SimCrash extends Error {}

/**
 * What is left of what was not synced: `kill` all of it, as when only the process dies, and it
 * stays unsynced; `lose` nothing; `keep` all; `tear` writes from a random byte on; `scatter` random
 * sectors.
 */
export type Loss = "kill" | "lose" | "keep" | "tear" | "scatter";
export const LOSSES: readonly Loss[] = ["kill", "lose", "keep", "tear", "scatter"];

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "size"; readonly size: number };

/** Content of a file, apart from its name. */
class Inode {
  durable = new Uint8Array(0);
  visible = new Uint8Array(0);
  pending: Change[] = [];

  change(change: Change): void {
    this.visible = changed(this.visible, change);
    this.pending.push(change);
  }

  sync(): void {
    this.durable = this.visible.slice();
    this.pending = [];
  }

  /** Contents are replaced, never changed in place, so they may be shared. */
  copy(): Inode {
    const copy = new Inode();
    copy.durable = this.durable;
    copy.visible = this.visible;
    copy.pending = [...this.pending];
    return copy;
  }
}

function changed(content: Uint8Array<ArrayBuffer>, change: Change): Uint8Array<ArrayBuffer> {
  if (change.kind === "size") return resized(content, change.size);
  const end = change.offset + change.bytes.length;
  const grown = end > content.length ? resized(content, end) : content.slice();
  grown.set(change.bytes, change.offset);
  return grown;
}

function resized(content: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(size);
  copy.set(content.subarray(0, size));
  return copy;
}

/** One change of a folder: names bound to content, or (null) unbound, atomically. */
type Binding = ReadonlyArray<readonly [name: string, inode: Inode | null]>;

class Names {
  durable = new Map<string, Inode>();
  visible = new Map<string, Inode>();
  pending: Binding[] = [];

  bind(binding: Binding): void {
    apply(this.visible, binding);
    this.pending.push(binding);
  }

  sync(): void {
    this.durable = new Map(this.visible);
    this.pending = [];
  }

  copy(): Names {
    const inodes = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const known = inodes.get(inode) ?? inode.copy();
      inodes.set(inode, known);
      return known;
    };
    const copy = new Names();
    copy.durable = new Map([...this.durable].map(([name, inode]) => [name, copyOf(inode)]));
    copy.visible = new Map([...this.visible].map(([name, inode]) => [name, copyOf(inode)]));
    copy.pending = this.pending.map((binding) =>
      binding.map(([name, inode]) => [name, inode && copyOf(inode)] as const),
    );
    return copy;
  }
}

function apply(names: Map<string, Inode>, binding: Binding): void {
  for (const [name, inode] of binding) {
    if (inode === null) names.delete(name);
    else names.set(name, inode);
  }
}

export class SimDisk implements Folder {
  private folders: Readonly<Record<FolderName, Names>>;
  /** Operations until the power goes out; the last of them may be half done. */
  opsUntilCrash = Number.POSITIVE_INFINITY;
  opsDone = 0;

  constructor(sameFolder: boolean) {
    const log = new Names();
    this.folders = { log, snap: sameFolder ? log : new Names() };
  }

  /** A disk with the same content, from here on apart from this one. */
  copy(): SimDisk {
    const { sameFolder } = this;
    const copy = new SimDisk(sameFolder);
    const log = this.folders.log.copy();
    copy.folders = { log, snap: sameFolder ? log : this.folders.snap.copy() };
    return copy;
  }

  get sameFolder(): boolean {
    return this.folders.log === this.folders.snap;
  }

  list(folder: FolderName): readonly string[] {
    return [...this.folders[folder].visible.keys()];
  }

  size(file: FileRef): number {
    return this.inode(file).visible.length;
  }

  read(file: FileRef, offset: number, length: number): Uint8Array {
    return this.inode(file).visible.slice(offset, offset + length);
  }

  /** Puts a file there, durable. */
  put(file: FileRef, bytes: Uint8Array): void {
    const inode = new Inode();
    inode.change({ kind: "write", offset: 0, bytes });
    inode.sync();
    this.folders[file.folder].bind([[file.name, inode]]);
    this.folders[file.folder].sync();
  }

  /** Executes one operation. Throws `SimCrash` when the power goes out before or during it. */
  do(op: DiskOp): void {
    if (this.opsUntilCrash <= 0) throw new SimCrash();
    this.opsUntilCrash--;
    this.opsDone++;
    this.perform(op);
    // The operation is not reported any more, but may have had its effect.
    if (this.opsUntilCrash <= 0 && op.kind !== "sync" && op.kind !== "syncFolder") {
      throw new SimCrash();
    }
  }

  doAll(ops: readonly DiskOp[]): void {
    for (const op of ops) this.do(op);
  }

  /** The machine, or for `kill` the process, starts again. */
  crash(loss: Loss, prng: Prng): void {
    this.opsUntilCrash = Number.POSITIVE_INFINITY;
    if (loss === "kill") return;
    for (const names of new Set(Object.values(this.folders))) {
      const inodes = new Set([...names.durable.values(), ...names.visible.values()]);
      for (const binding of names.pending)
        for (const [, inode] of binding) if (inode) inodes.add(inode);
      for (const inode of inodes) loseContent(inode, loss, prng);
      for (const binding of names.pending) {
        if (loss === "keep" || (loss !== "lose" && prng.chance(0.5))) apply(names.durable, binding);
      }
      names.visible = new Map(names.durable);
      names.pending = [];
    }
  }

  private perform(op: DiskOp): void {
    switch (op.kind) {
      case "create": {
        const names = this.folders[op.file.folder];
        const there = names.visible.get(op.file.name);
        if (there !== undefined) return there.change({ kind: "size", size: 0 });
        return names.bind([[op.file.name, new Inode()]]);
      }
      case "write":
        return this.inode(op.file).change({
          kind: "write",
          offset: op.offset,
          bytes: op.bytes.slice(),
        });
      case "extend":
      case "truncate":
        return this.inode(op.file).change({ kind: "size", size: op.size });
      case "sync":
        return this.inode(op.file).sync();
      case "syncFolder":
        return this.folders[op.folder].sync();
      case "rename": {
        const inode = this.inode({ folder: op.folder, name: op.from });
        return this.folders[op.folder].bind([
          [op.to, inode],
          [op.from, null],
        ]);
      }
      case "delete":
        this.inode(op.file);
        return this.folders[op.file.folder].bind([[op.file.name, null]]);
      case "close":
        return;
    }
  }

  private inode(file: FileRef): Inode {
    const inode = this.folders[file.folder].visible.get(file.name);
    if (inode === undefined) throw new Error(`no file ${file.folder}/${file.name}`);
    return inode;
  }
}

function loseContent(inode: Inode, loss: Exclude<Loss, "kill">, prng: Prng): void {
  let content = inode.durable.slice();
  for (const change of inode.pending) {
    if (loss === "lose") break;
    if (loss === "keep") content = changed(content, change);
    else if (change.kind === "size")
      content = prng.chance(0.5) ? changed(content, change) : content;
    else if (loss === "tear") content = torn(content, change, prng);
    else content = scattered(content, change, prng);
  }
  inode.visible = content;
  inode.durable = content.slice();
  inode.pending = [];
}

type Write = Extract<Change, { kind: "write" }>;

function torn(content: Uint8Array<ArrayBuffer>, { offset, bytes }: Write, prng: Prng) {
  const kept = bytes.subarray(0, prng.below(bytes.length + 1));
  return kept.length === 0 ? content : changed(content, { kind: "write", offset, bytes: kept });
}

function scattered(content: Uint8Array<ArrayBuffer>, { offset, bytes }: Write, prng: Prng) {
  let at = 0;
  while (at < bytes.length) {
    const end = at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES);
    if (prng.chance(0.5)) {
      const part = bytes.subarray(at, end);
      content = changed(content, { kind: "write", offset: offset + at, bytes: part });
    }
    at = end;
  }
  return content;
}
