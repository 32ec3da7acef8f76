/**
 * The parent under which the last node was made. Rows of snapshots and entries of logs mostly bring
 * siblings one after the other: comparing the bytes of a path is cheaper than finding its node
 * among a million, and what was computed from the parent's path serves again.
 */
import { CRC32_START, crc32 } from "../base/crc32.ts";
import { NO_NODE, type NodeId } from "./node-records.ts";
import type { NodeSource } from "./node-source.ts";
import { utf16Units } from "./path-bytes.ts";

/** A longer path is looked up each time. */
const PATH_BYTES_MAX = 1024;

export class KnownParent {
  node: NodeId = NO_NODE;
  /** Of its path's bytes. */
  crc = CRC32_START;
  /** Of its path in UTF-16. */
  units = 0;
  private readonly path = new Uint8Array(PATH_BYTES_MAX);
  private length = -1;

  /** Whether the parent of `source` is the one that is known. */
  isOf({ bytes, pathStart, parentEnd }: NodeSource): boolean {
    const { path, length } = this;
    if (length < 0 || parentEnd - pathStart !== length) return false;
    // From the end: paths of one length mostly differ there.
    for (let at = length - 1; at >= 0; at--) if (path[at] !== bytes[pathStart + at]) return false;
    return true;
  }

  /** `node` is the parent of `source`. */
  know(node: NodeId, { bytes, pathStart, parentEnd }: NodeSource): void {
    const length = parentEnd - pathStart;
    this.node = node;
    this.crc = crc32(bytes, CRC32_START, pathStart, parentEnd);
    this.units = utf16Units(bytes, pathStart, parentEnd);
    this.length = length <= PATH_BYTES_MAX ? length : -1;
    for (let at = 0; at < this.length; at++) this.path[at] = bytes[pathStart + at]!;
  }

  /** The node has gone, or all of them. */
  forget(): void {
    this.node = NO_NODE;
    this.length = -1;
  }
}
