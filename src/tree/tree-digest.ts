/**
 * The digest of the data tree, version 2 (specification 6): the sum over its nodes of a CRC-32 of
 * path, data and stored numbers. Path and data come first, so their CRC is kept with the node, and
 * a change of numbers costs the CRC of 60 bytes.
 */
import { crc32 } from "../base/crc32.ts";
import { copyBytes } from "./arena.ts";
import { At, type NodeId, type NodeRecords, OUTSIDE_DIGEST } from "./node-records.ts";

/** Writes the node's stored numbers, 60 bytes, in the order in which the digest reads them. */
export function copyDigestStat(records: NodeRecords, node: NodeId, target: Uint8Array): void {
  const { bytes } = records.pageOf(node);
  const start = records.byteAt(node);
  copyBytes(bytes, start + At.czxid, 16, target, 0);
  copyBytes(bytes, start + At.pzxid, 8, target, 16);
  copyBytes(bytes, start + At.ctime, At.dataLength - At.ctime, target, 24);
}

/** What a node adds to the sum. */
export function nodeDigest(records: NodeRecords, node: NodeId): number {
  if ((records.flagsOf(node) & OUTSIDE_DIGEST) !== 0) return 0;
  const { bytes } = records.pageOf(node);
  const start = records.byteAt(node);
  let crc = crc32(bytes, records.prefixCrcOf(node), start + At.czxid, start + At.ctime);
  crc = crc32(bytes, crc, start + At.pzxid, start + At.pzxid + 8);
  return crc32(bytes, crc, start + At.ctime, start + At.dataLength);
}

const TWO_32 = 0x1_0000_0000;
const WORDS = new DataView(new ArrayBuffer(8));

/**
 * A sum of 32-bit numbers modulo 2^64, in two halves: a bigint for each step would be garbage, and
 * one double would lose bits from two million nodes on.
 */
export class DigestSum {
  private high = 0;
  private low = 0;

  /** Signed. */
  get value(): bigint {
    WORDS.setUint32(0, this.high);
    WORDS.setUint32(4, this.low);
    return WORDS.getBigInt64(0);
  }

  set value(sum: bigint) {
    WORDS.setBigInt64(0, sum);
    this.high = WORDS.getUint32(0);
    this.low = WORDS.getUint32(4);
  }

  /** Whether the sum has these halves, as it stands in the log: the high one signed. */
  is(high: number, low: number): boolean {
    return this.low === low && (this.high | 0) === high;
  }

  add(digest: number): void {
    this.low += digest;
    if (this.low < TWO_32) return;
    this.low -= TWO_32;
    this.high = (this.high + 1) >>> 0;
  }

  subtract(digest: number): void {
    this.low -= digest;
    if (this.low >= 0) return;
    this.low += TWO_32;
    this.high = (this.high - 1) >>> 0;
  }

  clear(): void {
    this.high = 0;
    this.low = 0;
  }
}
