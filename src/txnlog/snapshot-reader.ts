/**
 * Reads snapshot files: pieces of the file, decompressed where needed, go through the checksum and
 * into a sink. A snapshot counts only when its end is reached and all seals are right; until then
 * the sink holds something that may have to be thrown away.
 *
 * From: specification 5.4.
 */
import { ADLER32_START, adler32 } from "../base/adler32.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { toZxid, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { DIGEST_VERSION } from "../records/txn.ts";
import { type FileRef, type Folder, snapFile } from "./disk-ops.ts";
import { SnapshotDamaged } from "./errors.ts";
import type { Compression, SnapshotName } from "./file-names.ts";
import {
  LAST_SECTION_BYTES,
  SEAL_BYTES,
  SLASH,
  SLASH_BYTES,
  SNAPSHOT_HEADER_BYTES,
  SNAPSHOT_MAGIC,
  SNAPSHOT_VERSION,
} from "./snapshot-format.ts";
import { SnapshotRows, type SnapshotSink } from "./snapshot-rows.ts";

/**
 * A stream codec from outside. What it returns belongs to the caller. Throws at bytes that are not
 * its own.
 */
export interface Decompressor {
  push(bytes: Uint8Array): Uint8Array;
  finish(): Uint8Array;
}
export type Decompress = (compression: Exclude<Compression, "none">) => Decompressor;

/** The tree's digest when the last node was written; zxid is that of the last transaction then. */
export type SnapshotDigest = {
  readonly zxid: Zxid;
  /** As computed by version 2; undefined in snapshots whose digest is of an older version. */
  readonly tree: bigint | undefined;
};

export type SnapshotInfo = {
  readonly nodeCount: number;
  /** Undefined where the snapshot has none: digests were off, or nothing had been applied. */
  readonly digest: SnapshotDigest | undefined;
  /** The section of 3.9. */
  readonly lastProcessed: Zxid | undefined;
  /**
   * No transaction after this one can show in the nodes; undefined where the file does not tell.
   */
  readonly contentUpTo: Zxid | undefined;
};

/**
 * How much is read from the file and put through the sink in one slice, in bytes: what is read is
 * still in the processor's cache when it is used.
 */
const PIECE_BYTES = 256 << 10;
/** Digest, last and their seals take 54 bytes; a digest of version 1 a few more. */
const TRAILER_BYTES_MAX = 1024;
/** The reference takes no plain file for a snapshot that is shorter. */
const FILE_BYTES_MIN = 10;

/**
 * Loads a snapshot into `sink`, yielding between slices of work. Throws `SnapshotDamaged`, and the
 * sink's content is then of no use.
 */
export function* loadSnapshot(
  folder: Folder,
  snapshot: SnapshotName,
  sink: SnapshotSink,
  decompress: Decompress,
): Generator<void, SnapshotInfo> {
  const parser = new SnapshotParser(sink);
  try {
    const pieces = new Pieces(folder, snapshot, decompress);
    for (let count = 0; ; ) {
      count = pieces.next(parser.room());
      if (count === 0) break;
      yield* parser.filled(count);
      yield;
    }
    return parser.finish(snapshot.zxid);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new SnapshotDamaged(`a row that cannot be read (${error.message})`, { cause: error });
  }
}

const NOWHERE: SnapshotSink = { session() {}, acl() {}, node() {} };

/**
 * Reads a snapshot to its end and keeps nothing: whether it is whole, and what it tells about
 * itself. Undefined when it is damaged. Yields between slices of work.
 */
export function* verifySnapshot(
  folder: Folder,
  snapshot: SnapshotName,
  decompress: Decompress,
): Generator<void, SnapshotInfo | undefined> {
  try {
    return yield* loadSnapshot(folder, snapshot, NOWHERE, decompress);
  } catch (error) {
    if (error instanceof SnapshotDamaged) return undefined;
    throw error;
  }
}

/** The uncompressed content of the file, in order. */
class Pieces {
  private readonly folder: Folder;
  private readonly file: FileRef;
  private readonly size: number;
  private readonly compression: Compression;
  private codec: Decompressor | undefined;
  private at = 0;
  /** What the codec has made and nobody has taken yet. */
  private decoded: Uint8Array = EMPTY_BYTES;

  constructor(folder: Folder, { name, compression }: SnapshotName, decompress: Decompress) {
    this.folder = folder;
    this.file = snapFile(name);
    this.size = folder.size(this.file);
    this.compression = compression;
    if (this.size < FILE_BYTES_MIN) throw new SnapshotDamaged(`only ${this.size} bytes long`);
    if (compression === "none") refuseUnended(folder, this.file, this.size);
    else this.codec = decompress(compression);
  }

  /** Puts the next bytes into `room`, as many as fit or fewer; answers how many, 0 at the end. */
  next(room: Uint8Array): number {
    if (this.compression === "none") return this.read(room);
    while (this.decoded.length === 0 && this.codec !== undefined) this.decode(this.codec);
    const bytes = this.decoded.subarray(0, room.length);
    room.set(bytes);
    this.decoded = this.decoded.subarray(bytes.length);
    return bytes.length;
  }

  private read(room: Uint8Array): number {
    const bytes = this.folder.read(this.file, this.at, room.length, room);
    if (bytes.buffer !== room.buffer) room.set(bytes);
    this.at += bytes.length;
    return bytes.length;
  }

  private decode(codec: Decompressor): void {
    const bytes = this.folder.read(this.file, this.at, PIECE_BYTES);
    this.at += bytes.length;
    if (bytes.length === 0) this.codec = undefined;
    this.decoded = decoded(
      () => (bytes.length === 0 ? codec.finish() : codec.push(bytes)),
      this.compression,
    );
  }
}

/** What the codec makes of bytes; that they are none of its own means that the file is damaged. */
function decoded(decode: () => Uint8Array, compression: Compression): Uint8Array {
  try {
    return decode();
  } catch (cause) {
    throw new SnapshotDamaged(`it is no whole ${compression} file`, { cause });
  }
}

/**
 * A snapshot that was not written to its end is told by its last bytes, before anything is loaded.
 */
function refuseUnended(folder: Folder, file: FileRef, size: number): void {
  const last = folder.read(file, size - SLASH_BYTES, SLASH_BYTES);
  if (new JuteReader(last).ustring() !== SLASH) throw new SnapshotDamaged("its end is missing");
}

class SnapshotParser {
  private readonly rows: SnapshotRows;
  private headerRead = false;
  /** Content that was not consumed yet stands in `window[0, count)`. */
  private window = new Uint8Array(PIECE_BYTES);
  private view = new DataView(this.window.buffer);
  private count = 0;
  /** Checksum of everything consumed. */
  private sum = ADLER32_START;
  /** How far into what stands behind the nodes the checksum has come. */
  private summedTo = 0;

  constructor(sink: SnapshotSink) {
    this.rows = new SnapshotRows(sink);
  }

  /**
   * Where the next bytes of the content belong: at least one. A row that does not fit makes it
   * double, so a wrong length never takes more memory than there is content.
   */
  room(): Uint8Array {
    if (this.count === this.window.length) {
      const larger = new Uint8Array(2 * this.count);
      larger.set(this.window);
      this.window = larger;
      this.view = new DataView(larger.buffer);
    }
    return this.window.subarray(this.count);
  }

  /** So many bytes of the content stand in the room now. */
  *filled(count: number): Generator<void, void> {
    this.count += count;
    if (this.rows.done) return this.refuseLongTrailer();
    const wanted = this.headerRead ? this.rows.wanted : SNAPSHOT_HEADER_BYTES;
    if (this.count < wanted) return;
    const { window, view, count: end } = this;
    let at = this.headerRead ? 0 : this.header(window);
    for (;;) {
      const next = this.rows.read(window, view, at, end);
      if (next === at) break;
      at = next;
      if (this.rows.done) break;
      yield;
    }
    this.sum = adler32(window, this.sum, 0, at);
    window.copyWithin(0, at, end);
    this.count = end - at;
  }

  /** The content is complete: reads what stands behind the nodes. */
  finish(name: Zxid): SnapshotInfo {
    if (!this.rows.done) throw new SnapshotDamaged("it ends before its last node");
    const from = new JuteReader(this.window, 0, this.count);
    this.seal(from, "of the nodes");
    const digest = from.remaining > LAST_SECTION_BYTES + SEAL_BYTES ? this.digest(from) : undefined;
    const lastProcessed = from.remaining > 0 ? toZxid(from.long()) : undefined;
    if (lastProcessed !== undefined) this.seal(from, "of the last zxid");
    if (from.remaining > 0) throw new SnapshotDamaged(`${from.remaining} bytes behind its end`);
    const seen = digest?.zxid ?? lastProcessed;
    const contentUpTo = seen === undefined || seen > name ? seen : name;
    const nodeCount = this.rows.nodeCount;
    // A digest of zxid 0 says that nothing had been applied since the start, and holds no value.
    const valid = digest !== undefined && digest.zxid !== ZXID_ZERO ? digest : undefined;
    return { nodeCount, digest: valid, lastProcessed, contentUpTo };
  }

  private header(bytes: Uint8Array): number {
    const from = new JuteReader(bytes);
    if (from.int() !== SNAPSHOT_MAGIC) throw new SnapshotDamaged("it does not begin as a snapshot");
    const version = from.int();
    if (version !== SNAPSHOT_VERSION) throw new SnapshotDamaged(`format version ${version}`);
    from.long();
    this.headerRead = true;
    return from.at;
  }

  private digest(from: JuteReader): SnapshotDigest {
    const zxid = toZxid(from.long());
    const version = from.int();
    if (version < DIGEST_VERSION) from.ustring();
    const tree = version < DIGEST_VERSION ? undefined : from.long();
    this.seal(from, "of the digest");
    return { zxid, tree: version === DIGEST_VERSION ? tree : undefined };
  }

  /** Each checksum runs over everything before it, earlier seals included. */
  private seal(from: JuteReader, what: string): void {
    this.sum = adler32(from.bytes, this.sum, this.summedTo, from.at);
    this.summedTo = from.at;
    if (from.long() !== BigInt(this.sum)) throw new SnapshotDamaged(`wrong checksum ${what}`);
    if (from.ustring() !== SLASH) throw new SnapshotDamaged(`no end mark ${what}`);
  }

  private refuseLongTrailer(): void {
    if (this.count <= TRAILER_BYTES_MAX) return;
    throw new SnapshotDamaged("too much behind its last node");
  }
}
