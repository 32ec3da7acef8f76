/**
 * Reads the body of a snapshot piece by piece and hands its rows to a sink. The body stands in
 * snapshot files and, without header and seals, in the stream that a leader sends after SNAP.
 *
 * Millions of nodes pass through: no object is made per node. Rows cut off at the end of a piece
 * are not consumed; the caller brings them again with what follows.
 * From: specification 4.4, 5.4.
 */
import { type Millis, type SessionId, toSessionId } from "../base/ids.ts";
import { vector } from "../jute/codec.ts";
import { JuteReader } from "../jute/reader.ts";
import { Acl } from "../records/data.ts";
import { SnapshotDamaged } from "./errors.ts";
import { SLASH_BYTES, STAT_PERSISTED_BYTES } from "./snapshot-format.ts";

/**
 * Receives a snapshot. Throws `ProtocolError` at a row that cannot be right; the snapshot is then
 * rejected.
 */
export interface SnapshotSink {
  session(id: SessionId, timeoutMs: Millis): void;
  acl(id: number, list: readonly Acl[]): void;
  /**
   * One node, parents first; the root's path is empty. Path, data (`dataEnd` -1: null) and 60 bytes
   * of StatPersisted are ranges of `bytes`, borrowed until the call returns.
   */
  node(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    dataStart: number,
    dataEnd: number,
    aclId: number,
    statStart: number,
  ): void;
}

/** Largest path or data in a row, in bytes: beyond it a length is damage, not data. */
const FIELD_BYTES_MAX = 0xfff_ffff;
const SESSION_BYTES = 12;
const ACL_ID_BYTES = 8;
/** Rows handed out before the caller may pause. */
const ROWS_PER_CALL = 4096;
const SLASH_CODE = 0x2f;
const AclList = vector(Acl);

export class SnapshotRows {
  private readonly sink: SnapshotSink;
  private phase: "sessionCount" | "sessions" | "aclCount" | "acls" | "nodes" | "done" =
    "sessionCount";
  private rowsLeft = 0;
  /** How many bytes from the returned index on `read` needs to get further. */
  wanted = 4;
  nodeCount = 0;

  constructor(sink: SnapshotSink) {
    this.sink = sink;
  }

  /** The mark behind the last node was read. */
  get done(): boolean {
    return this.phase === "done";
  }

  /**
   * Reads rows from `bytes[at, end)`, a few thousand at most; returns the index behind the last one
   * read. Without progress: bring `wanted` bytes.
   */
  read(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    for (let rows = 0; rows < ROWS_PER_CALL && !this.done; rows++) {
      const next = this.row(bytes, view, at, end);
      if (next < 0) return at;
      at = next;
    }
    return at;
  }

  /** The index behind the row at `at`; -1 when it is not there whole. */
  private row(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    switch (this.phase) {
      case "nodes":
        return this.node(bytes, view, at, end);
      case "sessionCount":
      case "aclCount":
        return this.count(view, at, end);
      case "sessions":
        return this.session(view, at, end);
      case "acls":
        return this.acl(bytes, view, at, end);
      case "done":
        return -1;
    }
  }

  private count(view: DataView, at: number, end: number): number {
    if (this.lacks(4, end - at)) return -1;
    this.rowsLeft = Math.max(view.getInt32(at), 0);
    this.phase = this.phase === "sessionCount" ? "sessions" : "acls";
    this.rowDone(0);
    return at + 4;
  }

  /** Counts down the rows of a map; goes on to the next part behind the last. */
  private rowDone(rows: number): void {
    this.rowsLeft -= rows;
    if (this.rowsLeft > 0) return;
    this.phase = this.phase === "sessions" ? "aclCount" : "nodes";
  }

  private session(view: DataView, at: number, end: number): number {
    if (this.lacks(SESSION_BYTES, end - at)) return -1;
    this.sink.session(toSessionId(view.getBigInt64(at)), view.getInt32(at + 8));
    this.rowDone(1);
    return at + SESSION_BYTES;
  }

  private acl(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    const rowEnd = this.aclRowEnd(view, at, end);
    if (rowEnd < 0) return -1;
    const list = AclList.read(new JuteReader(bytes, at + ACL_ID_BYTES, rowEnd));
    this.sink.acl(Number(view.getBigInt64(at)), list);
    this.rowDone(1);
    return rowEnd;
  }

  private aclRowEnd(view: DataView, at: number, end: number): number {
    let length = ACL_ID_BYTES + 4;
    if (this.lacks(length, end - at)) return -1;
    const count = view.getInt32(at + ACL_ID_BYTES);
    for (let entry = 0; entry < count; entry++) {
      length += 4;
      for (let field = 0; field < 2; field++) {
        if (this.lacks(length + 4, end - at)) return -1;
        length += 4 + Math.max(fieldLength(view, at + length), 0);
      }
    }
    return this.lacks(length, end - at) ? -1 : at + length;
  }

  private node(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    if (this.lacks(SLASH_BYTES, end - at)) return -1;
    const pathLength = view.getInt32(at);
    if (pathLength === 1 && bytes[at + 4] === SLASH_CODE) {
      this.phase = "done";
      return at + SLASH_BYTES;
    }
    if (pathLength < 0 || pathLength > FIELD_BYTES_MAX) throw badLength(pathLength);
    const pathStart = at + 4;
    const pathEnd = pathStart + pathLength;
    if (this.lacks(pathEnd + 4 - at, end - at)) return -1;
    const dataLength = fieldLength(view, pathEnd);
    const dataStart = pathEnd + 4;
    const dataEnd = dataStart + Math.max(dataLength, 0);
    const statStart = dataEnd + ACL_ID_BYTES;
    const rowEnd = statStart + STAT_PERSISTED_BYTES;
    if (this.lacks(rowEnd - at, end - at)) return -1;
    // An ACL id is a long that counts up from 1, or -1: exact as a number, and no bigint is made.
    const aclId = view.getInt32(dataEnd) * 0x1_0000_0000 + view.getUint32(dataEnd + 4);
    const dataEndOrNull = dataLength < 0 ? -1 : dataEnd;
    this.sink.node(bytes, pathStart, pathEnd, dataStart, dataEndOrNull, aclId, statStart);
    this.nodeCount++;
    return rowEnd;
  }

  private lacks(wanted: number, there: number): boolean {
    if (wanted <= there) return false;
    this.wanted = wanted;
    return true;
  }
}

/** A length at `at` that may be -1 for null. */
function fieldLength(view: DataView, at: number): number {
  const length = view.getInt32(at);
  if (length < -1 || length > FIELD_BYTES_MAX) throw badLength(length);
  return length;
}

const badLength = (length: number): SnapshotDamaged =>
  new SnapshotDamaged(`a length of ${length} in it`);
