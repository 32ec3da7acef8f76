/**
 * Writes a snapshot in slices, while the tree goes on changing between them (a fuzzy snapshot):
 * each call of `next` encodes a few milliseconds' worth. The file gets its real name when it is
 * whole and durable.
 *
 * Memory: a slice's bytes are the writer's own again after `done`.
 * From: specification 5.4.
 */
import { ADLER32_START, adler32 } from "../base/adler32.ts";
import { assert } from "../base/assert.ts";
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import { vector } from "../jute/codec.ts";
import { JuteWriter } from "../jute/writer.ts";
import { Acl } from "../records/data.ts";
import { DIGEST_VERSION } from "../records/txn.ts";
import { type DiskOp, type FileRef, snapFile } from "./disk-ops.ts";
import { snapshotName, unfinishedName } from "./file-names.ts";
import { SLASH, writeSeal, writeSnapshotHeader } from "./snapshot-format.ts";

/**
 * What a snapshot is made of. Nodes may change between slices; sessions and ACLs are as at the
 * start.
 */
export interface SnapshotSource {
  readonly sessionCount: number;
  readonly sessions: Iterable<readonly [SessionId, Millis]>;
  readonly aclCount: number;
  /** Every ACL that a node may refer to when it is written, open ACL (-1) excepted. */
  readonly acls: Iterable<readonly [number, readonly Acl[]]>;
  /**
   * Appends about `bytesMax` (at least 1) bytes of node rows, parents first; false when all nodes
   * are written. Makes progress at every call.
   */
  writeNodes(to: JuteWriter, bytesMax: number): boolean;
  /**
   * Asked after the last node: the zxid processed by then and the tree's digest; undefined: digests
   * off.
   */
  digest(): { readonly zxid: Zxid; readonly tree: bigint } | undefined;
}

/** A stream codec from outside. What `push` and `finish` return belongs to the caller. */
export interface Compressor {
  /** `.gz` or `.snappy`. */
  readonly extension: string;
  push(bytes: Uint8Array): Uint8Array;
  finish(): Uint8Array;
}

export type SnapshotWriterOptions = {
  /** The last transaction that is wholly in the tree now: the file's name. */
  readonly zxid: Zxid;
  readonly source: SnapshotSource;
  readonly bytesPerSlice: number;
  /** Adds the section that 3.9 writes (`serializeLastProcessedZxid.enabled`). */
  readonly lastProcessedTrailer: boolean;
  readonly compress?: Compressor;
  /** When it is whole and durable it keeps its unfinished name until `publication` is done. */
  readonly unpublished?: true;
};

const AclList = vector(Acl);

/**
 * Appends a snapshot's body to `to`: what stands between the header and the seal of a file, and
 * what a leader sends after SNAP. Yields whenever `to` holds about `bytesPerSlice` bytes, to be
 * emptied.
 */
export function* encodeBody(
  to: JuteWriter,
  source: SnapshotSource,
  bytesPerSlice: number,
): Generator<void, void> {
  to.int(source.sessionCount);
  for (const [session, timeoutMs] of source.sessions) {
    to.long(session);
    to.int(timeoutMs);
    if (to.at >= bytesPerSlice) yield;
  }
  to.int(source.aclCount);
  for (const [id, acl] of source.acls) {
    to.long(BigInt(id));
    AclList.write(to, acl);
    if (to.at >= bytesPerSlice) yield;
  }
  while (source.writeNodes(to, Math.max(bytesPerSlice - to.at, 1))) yield;
  to.ustring(SLASH);
}

export class SnapshotWriter {
  /** The file that it becomes. */
  readonly file: FileRef;
  private readonly options: SnapshotWriterOptions;
  private readonly unfinished: FileRef;
  private readonly slice: JuteWriter;
  private readonly sections: Iterator<void>;
  private sum = ADLER32_START;
  /** How far into the slice the checksum has come. */
  private sealedTo = 0;
  /** Bytes of the file handed over so far. */
  private offset = 0;
  private state: "idle" | "flying" | "finished" = "idle";
  private lastOpsGiven = false;

  constructor(options: SnapshotWriterOptions) {
    const name = snapshotName(options.zxid, options.compress?.extension);
    this.options = options;
    this.file = snapFile(name);
    this.unfinished = snapFile(unfinishedName(name));
    this.slice = new JuteWriter(options.bytesPerSlice * 2);
    this.sections = this.encode();
  }

  /** The snapshot has its name and is durable. */
  get finished(): boolean {
    return this.state === "finished";
  }

  /** No slice is in flight, and there is more to write. */
  get resting(): boolean {
    return this.state === "idle";
  }

  /** The next operations; undefined while some are in flight, and when all are done. */
  next(): readonly DiskOp[] | undefined {
    if (this.state !== "idle") return undefined;
    const ops: DiskOp[] = [];
    const isFirst = this.offset === 0 && this.sum === ADLER32_START;
    if (isFirst) ops.push({ kind: "create", file: this.unfinished });
    this.slice.clear();
    const ended = this.sections.next().done === true;
    this.seal();
    this.write(ended, ops);
    if (ended) this.publish(ops);
    this.state = "flying";
    return ops;
  }

  /** The operations in flight are done. */
  done(): void {
    assert(this.state === "flying", "a slice is in flight");
    this.state = this.lastOpsGiven ? "finished" : "idle";
  }

  /** Gives the whole file its name. */
  publication(): readonly DiskOp[] {
    const { folder, name } = this.unfinished;
    return [
      { kind: "rename", folder, from: name, to: this.file.name },
      { kind: "syncFolder", folder },
    ];
  }

  /** Gives up: removes what was written. Not while a slice is in flight. */
  abandon(): readonly DiskOp[] {
    assert(this.state === "idle", "only an unfinished snapshot at rest is given up");
    this.state = "finished";
    if (this.sum === ADLER32_START) return [];
    return [
      { kind: "close", file: this.unfinished },
      { kind: "delete", file: this.unfinished },
    ];
  }

  /** Adds what the slice holds to the checksum; the checksum is then that of everything before. */
  private seal(): number {
    this.sum = adler32(this.slice.bytes, this.sum, this.sealedTo, this.slice.at);
    this.sealedTo = this.slice.at;
    return this.sum;
  }

  private write(ended: boolean, ops: DiskOp[]): void {
    const plain = this.slice.written();
    this.sealedTo = 0;
    this.put(this.options.compress?.push(plain) ?? plain, ops);
    if (ended && this.options.compress !== undefined) this.put(this.options.compress.finish(), ops);
  }

  private put(bytes: Uint8Array, ops: DiskOp[]): void {
    if (bytes.length === 0) return;
    ops.push({ kind: "write", file: this.unfinished, offset: this.offset, bytes });
    this.offset += bytes.length;
  }

  private publish(ops: DiskOp[]): void {
    ops.push({ kind: "sync", file: this.unfinished });
    ops.push({ kind: "close", file: this.unfinished });
    if (this.options.unpublished !== true) ops.push(...this.publication());
    this.lastOpsGiven = true;
  }

  /** Encodes the file into the slice; yields whenever the slice is full. */
  private *encode(): Generator<void, void> {
    const { source, bytesPerSlice, zxid, lastProcessedTrailer } = this.options;
    const to = this.slice;
    writeSnapshotHeader(to);
    yield* encodeBody(to, source, bytesPerSlice);
    writeSeal(to, this.seal());
    const digest = source.digest();
    if (digest !== undefined) {
      to.long(digest.zxid);
      to.int(DIGEST_VERSION);
      to.long(digest.tree);
      writeSeal(to, this.seal());
    }
    if (lastProcessedTrailer) {
      to.long(digest?.zxid ?? zxid);
      writeSeal(to, this.seal());
    }
  }
}
