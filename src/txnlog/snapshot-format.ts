/**
 * The snapshot's bytes.
 *
 *   file    = header, body, seal, [digest, seal], [last, seal]
 *   header  = int "ZKSN", int version 2, long dbid -1
 *   body    = int count, (long session, int timeout)*, int count, (long aclId, vector<ACL>)*,
 *             node*, "/"
 *   node    = ustring path, buffer data, long aclId, StatPersisted     parents first; root is ""
 *   seal    = long Adler-32 of everything so far, ustring "/"
 *   digest  = long zxid, int version 2, long tree        3.6+; version < 2: ustring for the tree
 *   last    = long lastProcessedZxid                      3.9+
 *
 * From: specification 5.4; golden snapshots of the reference.
 */
import type { JuteWriter } from "../jute/writer.ts";

/** "ZKSN". */
export const SNAPSHOT_MAGIC = 0x5a4b534e;
export const SNAPSHOT_VERSION = 2;
export const SNAPSHOT_HEADER_BYTES = 16;
export const SEAL_BYTES = 13;
export const LAST_SECTION_BYTES = 8;
/** A StatPersisted. */
export const STAT_PERSISTED_BYTES = 60;

/** "/" as a ustring: the end of the nodes, and of every seal. */
export const SLASH = "/";
export const SLASH_BYTES = 5;

export function writeSnapshotHeader(to: JuteWriter): void {
  to.int(SNAPSHOT_MAGIC);
  to.int(SNAPSHOT_VERSION);
  to.long(-1n);
}

/** `sum` is the Adler-32 of everything before the seal. */
export function writeSeal(to: JuteWriter, sum: number): void {
  to.int(0);
  to.int(sum);
  to.ustring(SLASH);
}
