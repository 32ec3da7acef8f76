/**
 * What a znode is made of, as ranges of bytes that somebody else owns: a row of a snapshot, an
 * entry of the log. One object serves for all of them, so a million nodes make no million objects.
 */
import { EMPTY_BYTES } from "../base/bytes.ts";

const SLASH = 0x2f;

export class NodeSource {
  bytes: Uint8Array = EMPTY_BYTES;
  /** Of the same bytes. */
  view = new DataView(EMPTY_BYTES.buffer);
  /** The path is `bytes[pathStart, pathEnd)`, empty for the root. */
  pathStart = 0;
  pathEnd = 0;
  /** Behind the last slash; at the path's start where it has none. */
  nameStart = 0;
  /** The data is `bytes[dataStart, dataEnd)`, null when `dataEnd` is below `dataStart`. */
  dataStart = 0;
  dataEnd = 0;

  /** Looks at these bytes from now on, as long as the caller leaves them be. */
  from(bytes: Uint8Array): void {
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Takes a path; `/` is the root's as well. */
  setPath(start: number, end: number): void {
    const { bytes } = this;
    this.pathStart = start;
    this.pathEnd = end - start === 1 && bytes[start] === SLASH ? start : end;
    let at = this.pathEnd;
    while (at > start && bytes[at - 1] !== SLASH) at--;
    this.nameStart = at;
  }

  /** Takes data; an `end` below `start` says null. */
  setData(start: number, end: number): void {
    this.dataStart = start;
    this.dataEnd = end;
  }

  get isRoot(): boolean {
    return this.pathStart === this.pathEnd;
  }

  /** Where the parent's path ends; before the path's start when it has no slash. */
  get parentEnd(): number {
    return this.nameStart - 1;
  }

  get dataLength(): number {
    return Math.max(this.dataEnd - this.dataStart, 0);
  }
}
