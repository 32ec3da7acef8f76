/**
 * The transactions that make up most of a log (create, setData, delete), applied as they stand in
 * it: no text, list or record is made of an entry. What is rare or needs more is left to apply.ts:
 * other kinds, ACLs other than the open one, paths that are not ASCII, quotas, nodes that are there
 * already, whatever is malformed.
 *
 * Promises: what is applied here has the effect that apply.ts gives it (a test compares them); what
 * is not has none.
 * From: specification 1.4, 2.10.
 */
import { bytesOfHex } from "../base/bytes.ts";
import type { Zxid } from "../base/ids.ts";
import { OpCode } from "../records/op-codes.ts";
import { OPEN_ACL_ID } from "./acl-table.ts";
import { At, NO_NODE, type NodeId } from "./node-records.ts";
import { NodeSource } from "./node-source.ts";
import { PathBytes } from "./path-bytes.ts";
import type { Quotas } from "./quotas.ts";
import { isSystemPath, type Znodes } from "./znodes.ts";

/** Places in the header: clientId, cxid, zxid, time, type. */
const ZXID_AT = 12;
const TIME_AT = 20;
const TYPE_AT = 28;
const HEADER_BYTES = 32;
/** The high half of a time that is exact as a number. */
const TIME_HIGH_MAX = 0x1f_ffff;
/** One entry: all permissions for world:anyone. */
const OPEN_ACL_BYTES = bytesOfHex("00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65");
const ASCII_MAX = 0x7f;

/** Nothing was done. */
export const NOT_PLAIN = -1;

export class PlainTxns {
  private readonly znodes: Znodes;
  private readonly quotas: Quotas;
  private readonly source = new NodeSource();
  private readonly path = new PathBytes();

  constructor(znodes: Znodes, quotas: Quotas) {
    this.znodes = znodes;
    this.quotas = quotas;
  }

  /**
   * Applies the entry `bytes[start, end)` of transaction `zxid`; answers where its body ends, or
   * NOT_PLAIN.
   */
  apply(zxid: Zxid, bytes: Uint8Array, start: number, end: number): number {
    if (end - start < HEADER_BYTES || !this.quotas.none) return NOT_PLAIN;
    const { source } = this;
    source.from(bytes);
    switch (source.view.getInt32(start + TYPE_AT)) {
      case OpCode.create:
      case OpCode.create2:
        return this.create(zxid, start, end);
      case OpCode.setData:
        return this.setData(zxid, start, end);
      case OpCode.delete:
        return this.remove(zxid, start, end);
      default:
        return NOT_PLAIN;
    }
  }

  private create(zxid: Zxid, start: number, end: number): number {
    const { znodes, source } = this;
    const aclAt = this.takeData(this.takePath(start + HEADER_BYTES, end), end);
    const flagAt = this.behindOpenAcl(aclAt, end);
    const bodyEnd = flagAt + 1 + 4;
    const { view } = source;
    if (flagAt < 0 || bodyEnd > end) return NOT_PLAIN;
    if (view.getUint32(start + TIME_AT) > TIME_HIGH_MAX) return NOT_PLAIN;
    const parent = znodes.parentOf(source);
    if (parent === NO_NODE) return bodyEnd;
    const node = znodes.insertFrom(parent, source);
    if (node === NO_NODE) return NOT_PLAIN;
    znodes.raiseForCreate(parent, view.getInt32(flagAt + 1), zxid);
    znodes.records.setAclSlot(node, znodes.acls.acquireId(OPEN_ACL_ID));
    this.stamp(node, start, source.bytes[flagAt] !== 0);
    znodes.enter(node);
    return bodyEnd;
  }

  /** The numbers of a new node are those of the header. */
  private stamp(node: NodeId, start: number, isEphemeral: boolean): void {
    const { records } = this.znodes;
    const { view } = this.source;
    records.copyInt64(node, At.czxid, view, start + ZXID_AT);
    records.copyInt64(node, At.mzxid, view, start + ZXID_AT);
    records.copyInt64(node, At.pzxid, view, start + ZXID_AT);
    records.copyInt64(node, At.ctime, view, start + TIME_AT);
    records.copyInt64(node, At.mtime, view, start + TIME_AT);
    if (isEphemeral) records.copyInt64(node, At.owner, view, start);
  }

  private setData(zxid: Zxid, start: number, end: number): number {
    const { znodes, source, path } = this;
    const versionAt = this.takeData(this.takePath(start + HEADER_BYTES, end), end);
    const { bytes, view, pathStart, pathEnd, dataStart, dataEnd } = source;
    if (versionAt < 0 || versionAt + 4 > end) return NOT_PLAIN;
    const mtime = Number(view.getBigInt64(start + TIME_AT));
    const node = znodes.find(bytes, pathStart, pathEnd);
    if (node === NO_NODE) return versionAt + 4;
    const stamp = { mzxid: zxid, mtime, version: view.getInt32(versionAt) };
    const data = { bytes, start: dataStart, end: dataEnd };
    znodes.setData(node, path.borrow(bytes, pathStart, pathEnd), data, stamp);
    return versionAt + 4;
  }

  private remove(zxid: Zxid, start: number, end: number): number {
    const { znodes, source, path } = this;
    const bodyEnd = this.takePath(start + HEADER_BYTES, end);
    if (bodyEnd < 0) return NOT_PLAIN;
    const { bytes, pathStart, pathEnd } = source;
    const parent = znodes.parentOf(source);
    if (parent === NO_NODE) return bodyEnd;
    const node = znodes.find(bytes, pathStart, pathEnd);
    if (node !== NO_NODE && znodes.records.firstChildOf(node) !== NO_NODE) return NOT_PLAIN;
    znodes.raiseForDelete(parent, zxid);
    if (node !== NO_NODE) znodes.remove(node, path.borrow(bytes, pathStart, pathEnd));
    return bodyEnd;
  }

  /** Takes the path at `at`; answers where it ends, or NOT_PLAIN when it is unusual. */
  private takePath(at: number, end: number): number {
    const { source } = this;
    const { bytes, view } = source;
    if (at + 4 > end) return NOT_PLAIN;
    const from = at + 4;
    const to = from + view.getInt32(at);
    if (to <= from || to > end) return NOT_PLAIN;
    for (let index = from; index < to; index++) if (bytes[index]! > ASCII_MAX) return NOT_PLAIN;
    source.setPath(from, to);
    const hasName = source.nameStart > from && source.nameStart < to;
    return hasName && !isSystemPath(bytes, from, to) ? to : NOT_PLAIN;
  }

  /** Takes the data at `at`; answers where they end, or NOT_PLAIN. */
  private takeData(at: number, end: number): number {
    if (at < 0 || at + 4 > end) return NOT_PLAIN;
    const length = this.source.view.getInt32(at);
    const from = at + 4;
    const to = from + Math.max(length, 0);
    if (length < -1 || to > end) return NOT_PLAIN;
    this.source.setData(from, length < 0 ? -1 : to);
    return to;
  }

  private behindOpenAcl(at: number, end: number): number {
    const { bytes } = this.source;
    const { length } = OPEN_ACL_BYTES;
    if (at < 0 || at + length > end) return NOT_PLAIN;
    for (let index = 0; index < length; index++) {
      if (bytes[at + index] !== OPEN_ACL_BYTES[index]) return NOT_PLAIN;
    }
    return at + length;
  }
}
