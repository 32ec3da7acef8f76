/**
 * Reads what Apache ZooKeeper wrote about a data tree: log records, snapshots, and what a client
 * saw. It decodes files by itself, so that tests of the tree do not rest on the room that handles
 * files.
 */
import { readFileSync } from "node:fs";
import { toSessionId, toZxid, type Zxid } from "../../src/base/ids.ts";
import { vector } from "../../src/jute/codec.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { Acl } from "../../src/records/data.ts";
import { readEntry, type TxnEntry } from "../../src/records/txn.ts";
import type { DataTree } from "../../src/tree/data-tree.ts";

const GOLDEN = new URL("../../../test/golden/apache-3.8.0/", import.meta.url);
const FILE_HEADER_BYTES = 16;
const STAT_PERSISTED_BYTES = 60;

export const goldenBytes = (name: string): Uint8Array => readFileSync(new URL(name, GOLDEN));
export const goldenJson = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, GOLDEN), "utf8"));

/** The entries of a log file, up to its padding. */
export function* logEntries(bytes: Uint8Array): IterableIterator<TxnEntry> {
  const from = new JuteReader(bytes);
  from.at = FILE_HEADER_BYTES;
  while (from.remaining > 0) {
    from.long();
    const entry = from.buffer();
    if (entry === null || entry.length === 0) return;
    yield readEntry(new JuteReader(entry));
    from.byte();
  }
}

type LoadedSnapshot = { readonly digestZxid: Zxid; readonly digest: bigint };

/** Loads a snapshot whose name says `asOf` into `tree`; returns its digest section. */
export function loadSnapshot(tree: DataTree, bytes: Uint8Array, asOf: bigint): LoadedSnapshot {
  const from = new JuteReader(bytes);
  from.at = FILE_HEADER_BYTES;
  for (let left = from.int(); left > 0; left--) {
    toSessionId(from.long());
    from.int();
  }
  tree.startLoad();
  for (let left = from.int(); left > 0; left--) {
    const id = Number(from.long());
    tree.acls.load(id, vector(Acl).read(from));
  }
  loadRows(tree, from);
  tree.finishLoad(toZxid(asOf));
  from.long();
  from.ustring();
  const digestZxid = toZxid(from.long());
  from.int();
  return { digestZxid, digest: from.long() };
}

/** Loads node rows up to the end mark, or to the end of the bytes. */
export function loadRows(tree: DataTree, from: JuteReader): void {
  while (from.remaining > 0) {
    const pathLength = from.int();
    const path = from.at;
    from.at += pathLength;
    if (pathLength === 1 && from.bytes[path] === 0x2f) return;
    const dataLength = from.int();
    const data = from.at;
    from.at += Math.max(dataLength, 0);
    const aclId = Number(from.long());
    const dataEnd = dataLength < 0 ? -1 : data + dataLength;
    tree.loadNode(from.bytes, path, path + pathLength, data, dataEnd, aclId, from.at);
    from.at += STAT_PERSISTED_BYTES;
  }
}
