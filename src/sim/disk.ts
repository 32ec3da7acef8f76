/**
 * A disk in memory that forgets like a real one. What was written but not synced may be lost at a
 * crash: as a whole, from some byte on, or sector by sector in any order; names that were made,
 * changed or deleted may be as before until their folder is synced.
 *
 * A crash can be ordered at any operation. All chance comes from a seed.
 * Size: contents, names and what a crash leaves of both.
 */
import type { Prng } from "../base/prng.ts";
import type { DiskOp, FileRef, Folder, FolderName } from "../txnlog/disk-ops.ts";

const SECTOR_BYTES = 512;

/** The power went out: nothing works until `SimDisk.crash` says what is left. */
export class SimCrash extends Error {}

/**
 * What is left of what was not synced: `kill` all of it, as when only the process dies, and it
 * stays unsynced; `lose` nothing; `keep` all; `tear` what was written before a random byte;
 * `scatter` random sectors.
 */
export type Loss = "kill" | "lose" | "keep" | "tear" | "scatter";
export const LOSSES: readonly Loss[] = ["kill", "lose", "keep", "tear", "scatter"];

type Change =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "size"; readonly size: number };

/** A change that no sync has covered, and what undoes it. */
type Pending = {
  readonly change: Change;
  readonly size: number;
  /** The bytes that it overwrote or cut off, from `offset` on. */
  readonly offset: number;
  readonly old: Uint8Array;
};

/** Content of a file, apart from its name. */
class Inode {
  size = 0;
  /** Unsynced changes are in here too. Zero beyond `size`. */
  private buffer = new Uint8Array(0);
  private pending: Pending[] = [];
  /** The buffer belongs to a copy too: it is replaced before it is changed. */
  private isShared = false;

  read(start: number, end: number): Uint8Array {
    return this.buffer.slice(Math.min(start, this.size), Math.min(end, this.size));
  }

  change(change: Change): void {
    const { size } = this;
    const [offset, end] =
      change.kind === "write"
        ? [change.offset, change.offset + change.bytes.length]
        : [change.size, size];
    this.pending.push({ change, size, offset, old: this.read(offset, end) });
    this.apply(change);
  }

  sync(): void {
    this.pending = [];
  }

  copy(): Inode {
    const copy = new Inode();
    copy.buffer = this.buffer;
    copy.size = this.size;
    copy.pending = [...this.pending];
    copy.isShared = this.isShared = true;
    return copy;
  }

  /** Takes back what was not synced, and hands it out in its order. */
  takeUnsynced(): readonly Change[] {
    const { pending } = this;
    this.pending = [];
    for (const { size, offset, old } of pending.toReversed()) {
      if (size < this.size) this.resize(size);
      if (old.length > 0) this.write(offset, old);
      this.resize(size);
    }
    return pending.map(({ change }) => change);
  }

  apply(change: Change): void {
    if (change.kind === "size") this.resize(change.size);
    else this.write(change.offset, change.bytes);
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    this.own(Math.max(end, this.size));
    this.buffer.set(bytes, offset);
    this.size = Math.max(end, this.size);
  }

  private resize(size: number): void {
    this.own(size);
    if (size < this.size) this.buffer.fill(0, size, this.size);
    this.size = size;
  }

  private own(size: number): void {
    if (!this.isShared && size <= this.buffer.length) return;
    const { length } = this.buffer;
    const grown = new Uint8Array(size <= length ? length : Math.max(size, 2 * length));
    grown.set(this.buffer);
    this.buffer = grown;
    this.isShared = false;
  }
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
    return this.inode(file).size;
  }

  read(file: FileRef, offset: number, length: number): Uint8Array {
    return this.inode(file).read(offset, offset + length);
  }

  /** Puts a file there, durable. */
  put(file: FileRef, bytes: Uint8Array): void {
    const inode = new Inode();
    inode.change({ kind: "write", offset: 0, bytes });
    inode.sync();
    this.folders[file.folder].bind([[file.name, inode]]);
    this.folders[file.folder].sync();
  }

  /** A bit of a file at rest flips, in its first `length` bytes. The file is not empty. */
  rot(file: FileRef, prng: Prng, length = this.size(file)): void {
    const inode = this.inode(file);
    const at = prng.below(length);
    const byte = inode.read(at, at + 1);
    byte[0]! ^= 1 << prng.below(8);
    inode.write(at, byte);
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
  const changes = inode.takeUnsynced();
  if (loss === "lose") return;
  const kept =
    loss === "keep" ? changes.map((each) => [each]) : keptOfAll(changes, inode.size, loss, prng);
  // A sector is written as it is in memory, with all that was written to it before.
  const lastInSector = new Map<number, number>();
  for (const [at, pieces] of kept.entries()) {
    for (const piece of pieces) if (piece.kind === "write") lastInSector.set(sectorOf(piece), at);
  }
  for (const [at, change] of changes.entries()) {
    if (change.kind === "write") {
      for (const piece of piecesOf(change)) {
        if (at < (lastInSector.get(sectorOf(piece)) ?? 0)) inode.apply(piece);
      }
    }
    for (const piece of kept[at]!) inode.apply(piece);
  }
}

type Write = Extract<Change, { kind: "write" }>;

const sectorOf = ({ offset }: Write): number => Math.floor(offset / SECTOR_BYTES);

/** For each change what the disk has of it. `size`: of the file, before them. */
function keptOfAll(
  changes: readonly Change[],
  size: number,
  loss: "tear" | "scatter",
  prng: Prng,
): ReadonlyArray<readonly Change[]> {
  const torn = prng.below(changes.length + 1);
  let now = size;
  // What is written behind a cut goes to other blocks: the file has them with the cut, or not.
  let isCutLost = false;
  return changes.map((change, at) => {
    if (change.kind === "write") {
      now = Math.max(now, change.offset + change.bytes.length);
      if (isCutLost) return [];
      const pieces = piecesOf(change);
      if (loss === "scatter") return pieces.filter(() => prng.chance(0.5));
      return at < torn ? pieces : at > torn ? [] : beginningOf(change, prng);
    }
    const isKept = prng.chance(0.5);
    if (change.size < now && !isKept) isCutLost = true;
    now = change.size;
    return isKept && !isCutLost ? [change] : [];
  });
}

const beginningOf = (write: Write, prng: Prng): readonly Write[] =>
  piecesOf({ ...write, bytes: write.bytes.subarray(0, prng.below(write.bytes.length + 1)) });

/** The write, cut at the borders of sectors. */
function piecesOf(write: Write): readonly Write[] {
  const pieces: Write[] = [];
  for (let at = 0; at < write.bytes.length; ) {
    const offset = write.offset + at;
    const end = Math.min(at + SECTOR_BYTES - (offset % SECTOR_BYTES), write.bytes.length);
    pieces.push({ kind: "write", offset, bytes: write.bytes.subarray(at, end) });
    at = end;
  }
  return pieces;
}
