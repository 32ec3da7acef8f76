/**
 * The znodes' records: where each field of a znode stands, and how it is read without making
 * garbage.
 *
 *   bytes 0-67   Stat in the order of the wire, big-endian, but with the stored cversion and owner;
 *                what clients see instead is put in while copying (specification 2.7)
 *   word 17      parent              word 21   ACL slot << 2 | flags
 *   word 18      first child         word 22   name: length (1 byte; 255: then 4 more), bytes
 *   word 19      next sibling        word 23   data; NULL_DATA and EMPTY_DATA have no item
 *   word 20      previous sibling    word 24   CRC-32 of path and data, carried on for the digest
 *                                    word 25   what the node adds to the digest
 *
 * Why the stored numbers and not the client's: digest and snapshots take them as they stand, and
 * the two that differ cost a few bytes at each read. The path's hash is kept in the index alone
 * (ref-index.ts).
 * Leaves to others: lookup by path, digest, counters, who owns what (znodes.ts).
 * Size: one layout, known to this file alone.
 */
import { textOf } from "../base/bytes.ts";
import { JuteReader } from "../jute/reader.ts";
import { STAT_BYTES, Stat, StatPersisted } from "../records/data.ts";
import {
  type Arena,
  copyBytes,
  copyWords,
  NO_REF,
  type Page,
  sharesClass,
  UNIT_MASK,
} from "./arena.ts";
import { Names } from "./names.ts";
import type { NodeSource } from "./node-source.ts";

/** A small integer that names a znode for as long as it lives. */
export type NodeId = number;
export const NO_NODE: NodeId = NO_REF;

/** Size of a StatPersisted, in bytes. */
export const STAT_PERSISTED_BYTES = 60;

/** Byte offsets in a record. */
export const At = {
  czxid: 0,
  mzxid: 8,
  ctime: 16,
  mtime: 24,
  version: 32,
  cversion: 36,
  aversion: 40,
  owner: 44,
  dataLength: 52,
  numChildren: 56,
  pzxid: 60,
} as const;
/** In a StatPersisted the pzxid follows the owner. */
const PERSISTED_PZXID = At.dataLength;

const PARENT = 17;
const FIRST_CHILD = 18;
const NEXT = 19;
const PREVIOUS = 20;
const ACL = 21;
const NAME = 22;
const DATA = 23;
const PREFIX_CRC = 24;
const DIGEST = 25;
const RECORD_WORDS = 26;

const FLAG_BITS = 2;
/** Below `/zookeeper/`: not counted in the digest. */
export const OUTSIDE_DIGEST = 1;
/** A container or TTL node: clients see owner 0. */
export const HIDDEN_OWNER = 2;

const NULL_DATA = -1;
const EMPTY_DATA = -2;
const SLASH = 0x2f;

export class NodeRecords {
  private readonly arena: Arena;
  private readonly names: Names;
  private readonly statBytes = new Uint8Array(STAT_BYTES);

  constructor(arena: Arena) {
    this.arena = arena;
    this.names = new Names(arena);
  }

  get memoryBytes(): number {
    return this.arena.memoryBytes;
  }

  clear(): void {
    this.arena.clear();
  }

  /**
   * A znode named `bytes[start, end)`, first among its parent's children; numbers 0, data null. The
   * very first record after `clear` has id 0.
   */
  create(parent: NodeId, bytes: Uint8Array, start: number, end: number): NodeId {
    const node = this.arena.allocate(RECORD_WORDS * 4);
    const page = this.arena.page(node);
    const at = node & UNIT_MASK;
    for (let word = at; word < at + RECORD_WORDS; word++) page.words[word] = 0;
    page.words[at + FIRST_CHILD] = NO_NODE;
    page.words[at + NEXT] = NO_NODE;
    page.words[at + PREVIOUS] = NO_NODE;
    page.words[at + DATA] = NULL_DATA;
    page.words[at + NAME] = this.names.add(bytes, start, end);
    page.words[at + PARENT] = parent;
    if (parent !== NO_NODE) this.link(parent, node);
    return node;
  }

  /** A znode with the name and the data of `source`; numbers 0. */
  createFrom(parent: NodeId, source: NodeSource): NodeId {
    const { bytes, view, nameStart, pathEnd, dataStart, dataEnd, dataLength } = source;
    const node = this.create(parent, bytes, nameStart, pathEnd);
    this.setInt32(node, At.dataLength, dataLength);
    if (dataLength === 0) {
      this.setWord(node, DATA, noItem(dataStart, dataEnd));
      return node;
    }
    const ref = this.arena.allocate(dataLength);
    this.setWord(node, DATA, ref);
    copyWords(view, dataStart, dataLength, this.arena.page(ref), (ref & UNIT_MASK) << 2);
    return node;
  }

  /** Ends a znode without children: unlinks it and gives its memory back. */
  destroy(node: NodeId): void {
    this.unlink(node);
    this.releaseData(node);
    this.names.release(this.word(node, NAME));
    this.arena.release(node);
  }

  // ---- links ----

  parentOf(node: NodeId): NodeId {
    return this.word(node, PARENT);
  }

  firstChildOf(node: NodeId): NodeId {
    return this.word(node, FIRST_CHILD);
  }

  nextSiblingOf(node: NodeId): NodeId {
    return this.word(node, NEXT);
  }

  // ---- numbers ----

  int32(node: NodeId, field: number): number {
    return this.arena.page(node).view.getInt32(((node & UNIT_MASK) << 2) + field);
  }

  setInt32(node: NodeId, field: number, value: number): void {
    this.arena.page(node).view.setInt32(((node & UNIT_MASK) << 2) + field, value);
  }

  int64(node: NodeId, field: number): bigint {
    return this.arena.page(node).view.getBigInt64(((node & UNIT_MASK) << 2) + field);
  }

  setInt64(node: NodeId, field: number, value: bigint): void {
    this.arena.page(node).view.setBigInt64(((node & UNIT_MASK) << 2) + field, value);
  }

  /** Sets a 64-bit field to the eight bytes at `at`. */
  copyInt64(node: NodeId, field: number, source: DataView<ArrayBufferLike>, at: number): void {
    this.setInt32(node, field, source.getInt32(at));
    this.setInt32(node, field + 4, source.getInt32(at + 4));
  }

  /** Spares a bigint for each of the many nodes without. */
  hasOwner(node: NodeId): boolean {
    return (this.int32(node, At.owner) | this.int32(node, At.owner + 4)) !== 0;
  }

  /** Sets a 64-bit field to a time, a whole number of ms. */
  setMillis(node: NodeId, field: number, value: number): void {
    this.setInt32(node, field, Math.floor(value / 0x1_0000_0000));
    this.setInt32(node, field + 4, value);
  }

  aclSlotOf(node: NodeId): number {
    return this.word(node, ACL) >>> FLAG_BITS;
  }

  setAclSlot(node: NodeId, slot: number): void {
    this.setWord(node, ACL, (slot << FLAG_BITS) | this.flagsOf(node));
  }

  flagsOf(node: NodeId): number {
    return this.word(node, ACL) & ((1 << FLAG_BITS) - 1);
  }

  addFlag(node: NodeId, flag: number): void {
    this.setWord(node, ACL, this.word(node, ACL) | flag);
  }

  /** Unsigned. */
  prefixCrcOf(node: NodeId): number {
    return this.word(node, PREFIX_CRC) >>> 0;
  }

  setPrefixCrc(node: NodeId, crc: number): void {
    this.setWord(node, PREFIX_CRC, crc);
  }

  /** As `setDigest` left it. Unsigned. */
  digestOf(node: NodeId): number {
    return this.word(node, DIGEST) >>> 0;
  }

  setDigest(node: NodeId, digest: number): void {
    this.setWord(node, DIGEST, digest);
  }

  /**
   * The page of the record, and where in its bytes it begins: the digest reads the numbers in
   * place.
   */
  pageOf(node: NodeId): Page {
    return this.arena.page(node);
  }

  byteAt(node: NodeId): number {
    return (node & UNIT_MASK) << 2;
  }

  // ---- Stat ----

  /** Writes the 68 bytes that a client sees. */
  copyStat(node: NodeId, target: Uint8Array, at: number): void {
    const page = this.arena.page(node);
    const start = (node & UNIT_MASK) << 2;
    for (let index = 0; index < STAT_BYTES; index++)
      target[at + index] = page.bytes[start + index]!;
    const cversion =
      2 * page.view.getInt32(start + At.cversion) - page.view.getInt32(start + At.numChildren);
    target[at + At.cversion] = cversion >>> 24;
    target[at + At.cversion + 1] = cversion >>> 16;
    target[at + At.cversion + 2] = cversion >>> 8;
    target[at + At.cversion + 3] = cversion;
    if ((page.words[(node & UNIT_MASK) + ACL]! & HIDDEN_OWNER) !== 0) {
      target.fill(0, at + At.owner, at + At.owner + 8);
    }
  }

  statOf(node: NodeId): Stat {
    this.copyStat(node, this.statBytes, 0);
    return Stat.read(new JuteReader(this.statBytes));
  }

  /** Writes the 60 bytes that stand in snapshots. */
  copyPersistedStat(node: NodeId, target: Uint8Array, at: number): void {
    const { bytes } = this.arena.page(node);
    const start = this.byteAt(node);
    for (let index = 0; index < PERSISTED_PZXID; index++)
      target[at + index] = bytes[start + index]!;
    for (let index = 0; index < 8; index++) {
      target[at + PERSISTED_PZXID + index] = bytes[start + At.pzxid + index]!;
    }
  }

  /** Takes over what `copyPersistedStat` writes. Data length and number of children stay. */
  setPersistedStat(node: NodeId, source: Uint8Array, at: number): void {
    const { bytes } = this.arena.page(node);
    const start = this.byteAt(node);
    for (let index = 0; index < PERSISTED_PZXID; index++)
      bytes[start + index] = source[at + index]!;
    for (let index = 0; index < 8; index++) {
      bytes[start + At.pzxid + index] = source[at + PERSISTED_PZXID + index]!;
    }
  }

  /** The same from a view of the source. */
  setPersistedStatFrom(node: NodeId, source: DataView<ArrayBufferLike>, at: number): void {
    const page = this.arena.page(node);
    const start = this.byteAt(node);
    copyWords(source, at, PERSISTED_PZXID, page, start);
    copyWords(source, at + PERSISTED_PZXID, 8, page, start + At.pzxid);
  }

  persistedStatOf(node: NodeId): StatPersisted {
    this.copyPersistedStat(node, this.statBytes, 0);
    return StatPersisted.read(new JuteReader(this.statBytes, 0, STAT_PERSISTED_BYTES));
  }

  // ---- data ----

  /** -1 for null. */
  dataLengthOf(node: NodeId): number {
    return this.word(node, DATA) === NULL_DATA ? -1 : this.int32(node, At.dataLength);
  }

  /** Copies the data, if any; room for `dataLengthOf` bytes is there. */
  copyData(node: NodeId, target: Uint8Array, at: number): void {
    const ref = this.word(node, DATA);
    if (ref < 0) return;
    const length = this.int32(node, At.dataLength);
    copyBytes(this.arena.page(ref).bytes, (ref & UNIT_MASK) << 2, length, target, at);
  }

  /** A copy. */
  dataOf(node: NodeId): Uint8Array | null {
    const length = this.dataLengthOf(node);
    if (length < 0) return null;
    const data = new Uint8Array(length);
    this.copyData(node, data, 0);
    return data;
  }

  /** Copies `bytes[start, end)` in as the data; an `end` below `start` says null. */
  setData(node: NodeId, bytes: Uint8Array, start: number, end: number): void {
    const length = Math.max(end - start, 0);
    const old = this.word(node, DATA);
    const keeps = old >= 0 && length > 0 && sharesClass(this.int32(node, At.dataLength), length);
    if (!keeps) {
      this.releaseData(node);
      this.setWord(node, DATA, length > 0 ? this.arena.allocate(length) : noItem(start, end));
    }
    this.setInt32(node, At.dataLength, length);
    if (length === 0) return;
    const ref = this.word(node, DATA);
    copyBytes(bytes, start, length, this.arena.page(ref).bytes, (ref & UNIT_MASK) << 2);
  }

  // ---- names and paths ----

  nameLengthOf(node: NodeId): number {
    return this.names.lengthOf(this.word(node, NAME));
  }

  copyName(node: NodeId, target: Uint8Array, at: number): void {
    this.names.copy(this.word(node, NAME), target, at);
  }

  nameOf(node: NodeId): string {
    return this.names.text(this.word(node, NAME));
  }

  /** Bytes of the path; 0 for the root. */
  pathLengthOf(node: NodeId): number {
    let length = 0;
    for (let at = node; this.parentOf(at) !== NO_NODE; at = this.parentOf(at)) {
      length += 1 + this.nameLengthOf(at);
    }
    return length;
  }

  /** Writes the path so that it ends before `end`. */
  copyPath(node: NodeId, target: Uint8Array, end: number): void {
    for (let at = node; this.parentOf(at) !== NO_NODE; at = this.parentOf(at)) {
      end -= this.nameLengthOf(at);
      this.copyName(at, target, end);
      target[--end] = SLASH;
    }
  }

  /** `/` for the root. */
  pathOf(node: NodeId): string {
    const length = this.pathLengthOf(node);
    if (length === 0) return "/";
    const bytes = new Uint8Array(length);
    this.copyPath(node, bytes, length);
    return textOf(bytes);
  }

  /** True when `bytes[start, end)` is the node's path; the root's is empty. */
  hasPath(node: NodeId, bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = node; ; ) {
      const { words } = this.arena.page(at);
      const parent = words[(at & UNIT_MASK) + PARENT]!;
      if (parent === NO_NODE) break;
      end = this.names.startOfTail(words[(at & UNIT_MASK) + NAME]!, bytes, start, end) - 1;
      if (end < start || bytes[end] !== SLASH) return false;
      at = parent;
    }
    return end === start;
  }

  // ---- inside ----

  private word(node: NodeId, field: number): number {
    return this.arena.page(node).words[(node & UNIT_MASK) + field]!;
  }

  private setWord(node: NodeId, field: number, value: number): void {
    this.arena.page(node).words[(node & UNIT_MASK) + field] = value;
  }

  /**
   * First, not last: a snapshot cursor that stands among the siblings need not see new ones, and no
   * tail pointer is needed. The order of children is free.
   */
  private link(parent: NodeId, node: NodeId): void {
    const first = this.word(parent, FIRST_CHILD);
    this.setWord(node, NEXT, first);
    if (first !== NO_NODE) this.setWord(first, PREVIOUS, node);
    this.setWord(parent, FIRST_CHILD, node);
    this.setInt32(parent, At.numChildren, this.int32(parent, At.numChildren) + 1);
  }

  private unlink(node: NodeId): void {
    const parent = this.word(node, PARENT);
    const next = this.word(node, NEXT);
    const previous = this.word(node, PREVIOUS);
    if (previous === NO_NODE) this.setWord(parent, FIRST_CHILD, next);
    else this.setWord(previous, NEXT, next);
    if (next !== NO_NODE) this.setWord(next, PREVIOUS, previous);
    this.setInt32(parent, At.numChildren, this.int32(parent, At.numChildren) - 1);
  }

  private releaseData(node: NodeId): void {
    const ref = this.word(node, DATA);
    if (ref >= 0) this.arena.release(ref);
  }
}

const noItem = (start: number, end: number): number => (end < start ? NULL_DATA : EMPTY_DATA);
